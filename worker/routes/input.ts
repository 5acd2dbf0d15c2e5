/** Reads what a request brings, through a schema, or says what is wrong with it. */
import type { Context } from "hono";
import type { z } from "zod";
import type { AppEnv } from "../app_env.ts";
import { invalidInput, refusal, refusalResponse } from "../errors.ts";
import { JSON_DEPTH_MAX } from "../limits.ts";
import { isName } from "../../protocol/ids.ts";
import { POLL_WAIT_MAX_MS } from "../../protocol/limits.ts";
import { err, ok, type Result } from "../../protocol/result.ts";

/**
 * The JSON body as the schema wants it; else the refusal to send. An empty body is `undefined` to the schema.
 *
 * @param quick Reads what it can to the same value as the schema, and says null to the rest.
 */
export async function readBody<T extends z.ZodType>(
  c: Context<AppEnv>,
  schema: T,
  quick?: (json: unknown) => z.infer<T> | null,
): Promise<Result<z.infer<T>, Response>> {
  const text = await c.req.text();
  let json: unknown;
  if (text.trim() !== "") {
    try {
      json = JSON.parse(text);
    } catch (cause) {
      const detail = cause instanceof SyntaxError ? positionOf(cause.message) : "";
      return err(
        refusalResponse(refusal(400, "invalid_json", `Cannot read the body: expected JSON${detail}`)),
      );
    }
  }
  const read = quick?.(json) ?? null;
  if (read !== null) return ok(read);
  if (isDeeperThan(json, JSON_DEPTH_MAX)) {
    const message = `Cannot use body: expected at most ${JSON_DEPTH_MAX} levels of lists and objects`;
    return err(refusalResponse(refusal(400, "invalid_input", message)));
  }
  const parsed = schema.safeParse(json);
  return parsed.success ? ok(parsed.data) : err(refusalResponse(invalidInput(parsed.error, "body", json)));
}

/** Looks level by level, as whoever calls itself for each level ends with the stack. */
export function isDeeperThan(json: unknown, levelsMax: number): boolean {
  let level: readonly object[] = isNested(json) ? [json] : [];
  for (let levels = 0; level.length > 0; levels++) {
    if (levels === levelsMax) return true;
    const next: object[] = [];
    for (const value of level) {
      for (const inner of Object.values(value)) if (isNested(inner)) next.push(inner);
    }
    level = next;
  }
  return false;
}

function isNested(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** The query as the schema wants it; else the refusal to send. */
export function readQuery<T extends z.ZodType>(c: Context<AppEnv>, schema: T): Result<z.infer<T>, Response> {
  const query = c.req.query();
  const parsed = schema.safeParse(query);
  return parsed.success ? ok(parsed.data) : err(refusalResponse(invalidInput(parsed.error, "query", query)));
}

/** Owner and project of the path; names that cannot exist are 404, like names that do not. */
export function projectOf(
  c: Context<AppEnv>,
): Result<{ readonly owner: string; readonly project: string }, Response> {
  const owner = c.req.param("owner") ?? "";
  const project = c.req.param("project") ?? "";
  if (isName(owner) && isName(project)) return ok({ owner, project });
  return err(
    refusalResponse(
      refusal(
        404,
        "project_not_found",
        "Cannot find project: expected owner and project to be names of letters, digits, '.', '_' and '-'",
      ),
    ),
  );
}

/** The control plane's address as people and runners reach it, without a trailing slash. */
export function baseUrlOf(c: Context<AppEnv>): string {
  return c.env.PUBLIC_URL ? c.env.PUBLIC_URL.replace(/\/+$/, "") : new URL(c.req.url).origin;
}

/** Where a JSON parser stopped; never the text around it, which may hold a secret. */
function positionOf(message: string): string {
  const match = /position (\d+)/.exec(message);
  return match === null ? "" : `, stopped at position ${match[1]}`;
}

/** How long a request asks to be held, in milliseconds: `Prefer: wait=N` in seconds (RFC 7240), bounded; else 0. */
export function preferredWaitMs(c: Context<AppEnv>): number {
  const match = /(?:^|[,;\s])wait=(\d{1,4})/.exec(c.req.header("prefer") ?? "");
  return match === null ? 0 : Math.min(Number(match[1]) * 1_000, POLL_WAIT_MAX_MS);
}

/** A text of a form as it was written: a form's line ends are two signs. Undefined for what is no text. */
export function plainLines(value: unknown): string | undefined {
  return typeof value === "string" ? value.replaceAll("\r\n", "\n") : undefined;
}
