/** Who is it, and may they? Looks a bearer up in the project's own tokens; the admin counts as a user (Line 3). */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { JobId, RunnerId, TaskId } from "../../protocol/ids.ts";
import type { Caller } from "./caller.ts";
import type { QueueError } from "./job_queue_api.ts";
import type { QueueState } from "./queue_state.ts";

export type Principal =
  | { readonly kind: "user"; readonly name: string }
  | { readonly kind: "runner"; readonly name: string; readonly runnerId: RunnerId }
  | { readonly kind: "job"; readonly name: string; readonly jobId: JobId; readonly taskId: TaskId }
  | { readonly kind: "repository"; readonly name: string; readonly jobId: JobId; readonly taskId: TaskId };

/** Recognises the caller among the tokens of this project. */
export function authenticate(
  state: Pick<QueueState, "tokens">,
  caller: Caller,
): Result<Principal, QueueError> {
  if (caller.kind === "nobody") return err({ reason: "unauthenticated" });
  if (caller.kind === "admin") return ok({ kind: "user", name: "admin" });
  const token = state.tokens.get(caller.hash);
  if (token === undefined) {
    return err({ reason: caller.isOtherProject ? "token_of_other_project" : "unauthenticated" });
  }
  if (token.kind === "user") return ok({ kind: "user", name: token.name });
  if (token.kind === "runner" && token.runnerId !== null) {
    return ok({ kind: "runner", name: token.name, runnerId: token.runnerId });
  }
  if (
    (token.kind === "job" || token.kind === "repository") && token.jobId !== null && token.taskId !== null
  ) {
    return ok({ kind: token.kind, name: token.name, jobId: token.jobId, taskId: token.taskId });
  }
  return err({ reason: "unauthenticated" });
}

/** Recognises the caller and demands one of the kinds. */
export function authorize<K extends Principal["kind"]>(
  state: Pick<QueueState, "tokens">,
  caller: Caller,
  ...kinds: readonly K[]
): Result<Extract<Principal, { kind: K }>, QueueError> {
  const found = authenticate(state, caller);
  if (!found.ok) return found;
  const principal = found.value;
  if (!kinds.some((kind) => kind === principal.kind)) {
    return err({ reason: "wrong_token_kind", needed: kinds, came: principal.kind });
  }
  return ok(principal as Extract<Principal, { kind: K }>);
}

/**
 * Lets people and runners of the project read it; a job's own token reads its own task alone, and the repository's token
 * nothing: what enters a sandbox is no wider than the job (S1).
 *
 * @param taskId The task that is read; null for what belongs to no task.
 */
export function authorizeReading(
  state: Pick<QueueState, "tokens">,
  caller: Caller,
  taskId: string | null,
): Result<Principal, QueueError> {
  const found = authenticate(state, caller);
  if (!found.ok) return found;
  const principal = found.value;
  const isOwnJob = principal.kind === "job" && principal.taskId === taskId;
  if (principal.kind === "user" || principal.kind === "runner" || isOwnJob) return found;
  return err({ reason: "wrong_token_kind", needed: ["user", "runner"], came: principal.kind });
}

/** How a principal is called in the audit. Never the token. */
export function actorLabel(principal: Principal): string {
  return `${principal.kind}:${principal.name}`;
}
