/**
 * User and connection tokens on the wire: what they may do, for which line, and until when. How user tokens are issued is
 * the server's business (Line 3); connection tokens are the reference's `pct_...` (Line 4.1).
 */
import { z } from "zod";
import type { LineId } from "../ids.ts";
import { name } from "./fields.ts";

/**
 * What a token may do. Each stands alone: none implies another, except `*`, which is all of them and the only one that
 * may make and delete tokens.
 *
 * - `tasks:read` looks at the project: tasks, lines, runners, output, repositories.
 * - `tasks:write` submits, cancels and describes tasks, and leaves artifacts.
 * - `runs:dispatch` lets jobs be made: without it a submitted task waits at its station until somebody who has it
 *   retries or moves the task.
 * - `gates:decide`, `lines:write` (also the project's repository), `runners:write`.
 */
export const scope = z.enum([
  "tasks:read",
  "tasks:write",
  "runs:dispatch",
  "gates:decide",
  "lines:write",
  "runners:write",
  "*",
]);
export type Scope = z.infer<typeof scope>;

/** POST .../tokens. `expiresAt` is ISO-8601 or Unix milliseconds. */
export const tokenInput = z.strictObject({
  name: z.string().trim().min(1).max(100),
  kind: z.enum(["user", "connection"]).default("user"),
  scopes: z.array(scope).min(1).max(20).transform((list) => [...new Set(list)]).optional(),
  lineId: name<LineId>().optional(),
  expiresAt: z.union([
    z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
    z.number().int().positive().max(8.64e15),
  ], { error: "expected an ISO-8601 time or Unix milliseconds" }).optional(),
});
export type TokenInput = z.infer<typeof tokenInput>;
