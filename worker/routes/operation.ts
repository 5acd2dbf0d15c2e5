/** One operation of the API, as its route file declares it beside the handler; `openapi_document.ts` makes the rest. */
import type { z } from "zod";
import type { Scope } from "../../protocol/line/token.ts";

/** Whose token an operation takes. `user` is also the admin and a connection; `link` the holder of a gate's link. */
export type TokenKind = "user" | "runner" | "job" | "repository" | "link" | "admin";

/** A body that is no JSON. */
export interface Media {
  readonly contentType: string;
  readonly description: string;
}

export interface Operation {
  readonly method: "get" | "post" | "put" | "patch" | "delete";
  /** As the app has them registered; several are spellings of one. */
  readonly paths: readonly string[];
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** Empty: everybody. */
  readonly tokens: readonly TokenKind[];
  /** What a user's token needs. */
  readonly scope?: Scope;
  /** Takes an `Idempotency-Key` although it is no POST. */
  readonly takesKey?: boolean;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType | Media;
  readonly isBodyOptional?: boolean;
  /** Status -> what comes with it; null: nothing. */
  readonly answers: Readonly<Record<number, z.ZodType | Media | null>>;
  /** Beyond those that follow from tokens, scope, query and body: `"409 task_held"`. */
  readonly refusals?: readonly string[];
}

/** Everything of a project is below this. */
export const PROJECT_PATH = "/api/owners/:owner/projects/:project";

/** Is it a body without a schema? */
export function isMedia(body: z.ZodType | Media): body is Media {
  return "contentType" in body;
}
