/** Reads a request as strictly as the real providers: what is missing, unknown or of another type is refused. */

import type { z } from "zod";
import { err, type Result } from "../../../protocol/result.ts";

/** The request, or a sentence that says what is wrong with it. */
export function readRequest<T extends z.ZodType>(schema: T, text: string): Result<z.output<T>, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return err("the body must be JSON");
  }
  const read = schema.safeParse(value);
  if (read.success) return { ok: true, value: read.data };
  const [issue] = read.error.issues;
  return err(issue === undefined ? "invalid request" : `${issue.path.join(".")}: ${issue.message}`);
}

/** The first id that is in one list and not in the other, or null. */
export function missingFrom(ids: Iterable<string>, there: ReadonlySet<string>): string | null {
  for (const id of ids) if (!there.has(id)) return id;
  return null;
}
