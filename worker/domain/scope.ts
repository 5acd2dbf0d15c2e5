/** What a user's token may do: its scopes, the line that it is locked to, and its end. */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { TaskId } from "../../protocol/ids.ts";
import type { Scope } from "../../protocol/line/token.ts";
import type { QueueError } from "./job_queue_api.ts";
import type { QueueState, TokenGrant } from "./queue_state.ts";

/** What a call demands of a user's token. */
export interface Demand {
  readonly scope: Scope;
  /** The line that the call is about; null: the whole project. Absent, with `taskId` or without: that of the task, or none. */
  readonly lineId?: string | null;
  readonly taskId?: string;
}

/**
 * May a token with this grant do it? A null grant is that of the admin and of tokens without limits.
 *
 * A call that is about no line in particular (a list, which shows what the token may see) passes a lock; one about the
 * whole project does not.
 */
export function checkGrant(
  state: Pick<QueueState, "tasks">,
  grant: TokenGrant | null,
  demand: Demand,
  nowMs: number,
): Result<null, QueueError> {
  if (grant === null) return ok(null);
  if (grant.expiresAtMs !== null && nowMs >= grant.expiresAtMs) return err({ reason: "token_expired" });
  if (!grant.scopes.includes("*") && !grant.scopes.includes(demand.scope)) {
    return err({ reason: "missing_scope", scope: demand.scope });
  }
  const lineId = demand.lineId === undefined && demand.taskId !== undefined
    ? state.tasks.get(demand.taskId as TaskId)?.lineId
    : demand.lineId;
  if (grant.lineId !== null && lineId !== undefined && lineId !== grant.lineId) {
    return err({ reason: "token_locked_to_line", lineId: grant.lineId });
  }
  return ok(null);
}

/** Does the grant hold a scope? For what a call may leave out rather than be refused. */
export function hasScope(grant: TokenGrant | null, scope: Scope): boolean {
  return grant === null || grant.scopes.includes("*") || grant.scopes.includes(scope);
}
