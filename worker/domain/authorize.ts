/**
 * Who is it, and may they? Looks a bearer up in the project's own tokens; the admin counts as a user (Line 3). A user's
 * scopes, lock and end are not looked at by {@link authenticate} and {@link authorize}: ask {@link authorizeUser}.
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { JobId, RunnerId, TaskId } from "../../protocol/ids.ts";
import type { Caller } from "./caller.ts";
import type { QueueError } from "./job_queue_api.ts";
import type { QueueState, TokenGrant } from "./queue_state.ts";
import { scopesOf } from "./role.ts";
import { checkGrant, type Demand } from "./scope.ts";

export type Principal =
  /** A person or a program: the admin, who signed in, a user token or a connection token. `grant` null: no limits. */
  | {
    readonly kind: "user";
    readonly name: string;
    readonly via: "user" | "connection" | "person";
    readonly grant: TokenGrant | null;
  }
  | { readonly kind: "runner"; readonly name: string; readonly runnerId: RunnerId }
  | { readonly kind: "job"; readonly name: string; readonly jobId: JobId; readonly taskId: TaskId }
  | { readonly kind: "repository"; readonly name: string; readonly jobId: JobId; readonly taskId: TaskId };

export type UserPrincipal = Extract<Principal, { kind: "user" }>;

/** Recognises the caller among the tokens of this project. */
export function authenticate(
  state: Pick<QueueState, "tokens" | "runs">,
  caller: Caller,
): Result<Principal, QueueError> {
  if (caller.kind === "nobody") return err({ reason: "unauthenticated" });
  if (caller.kind === "admin") return ok({ kind: "user", name: "admin", via: "user", grant: null });
  if (caller.kind === "person") {
    const grant = { scopes: scopesOf(caller.role), lineId: null, expiresAtMs: null };
    return ok({ kind: "user", name: caller.name, via: "person", grant });
  }
  if (caller.kind === "workload") {
    const { name, scopes, lineId, expiresAtMs } = caller;
    return ok({ kind: "user", name, via: "connection", grant: { scopes, lineId, expiresAtMs } });
  }
  if (caller.kind === "run_token") {
    const run = state.runs.get(caller.runId);
    // An active run is its job's current one: the token dies with it (S1).
    if (run?.state.kind !== "active") return err({ reason: "unauthenticated" });
    return ok({ kind: caller.token, name: run.jobId, jobId: run.jobId, taskId: run.taskId });
  }
  const token = state.tokens.get(caller.hash);
  if (token === undefined) {
    return err({ reason: caller.isOtherProject ? "token_of_other_project" : "unauthenticated" });
  }
  if (token.kind === "user" || token.kind === "connection") {
    return ok({ kind: "user", name: token.name, via: token.kind, grant: token.grant ?? null });
  }
  if (token.kind === "runner" && token.runnerId !== null) {
    return ok({ kind: "runner", name: token.name, runnerId: token.runnerId });
  }
  return err({ reason: "unauthenticated" });
}

/** Recognises the caller and demands one of the kinds. */
export function authorize<K extends Principal["kind"]>(
  state: Pick<QueueState, "tokens" | "runs">,
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

/** Recognises a person or program and demands what the call needs of its token. */
export function authorizeUser(
  state: Pick<QueueState, "tokens" | "runs" | "tasks">,
  caller: Caller,
  demand: Demand,
  nowMs: number,
): Result<UserPrincipal, QueueError> {
  const user = authorize(state, caller, "user");
  if (!user.ok) return user;
  const allowed = checkGrant(state, user.value.grant, demand, nowMs);
  return allowed.ok ? user : allowed;
}

/**
 * Lets people and runners of the project read it; a job's own token reads its own task alone, and the repository's token
 * nothing: what enters a sandbox is no wider than the job (S1).
 *
 * @param taskId The task that is read, which must be in memory; null for what belongs to no task.
 */
export function authorizeReading(
  state: Pick<QueueState, "tokens" | "runs" | "tasks">,
  caller: Caller,
  taskId: string | null,
  nowMs: number,
): Result<Principal, QueueError> {
  const found = authenticate(state, caller);
  if (!found.ok) return found;
  const principal = found.value;
  if (principal.kind === "user") {
    const demand: Demand = { scope: "tasks:read", ...(taskId === null ? {} : { taskId }) };
    const allowed = checkGrant(state, principal.grant, demand, nowMs);
    return allowed.ok ? found : allowed;
  }
  const isOwnJob = principal.kind === "job" && principal.taskId === taskId;
  if (principal.kind === "runner" || isOwnJob) return found;
  return err({ reason: "wrong_token_kind", needed: ["user", "runner"], came: principal.kind });
}

/** Refuses a user whose token is locked to another line; all others see every line. */
export function checkLine(principal: Principal, lineId: string): Result<null, QueueError> {
  const lock = principal.kind === "user" ? principal.grant?.lineId ?? null : null;
  return lock === null || lock === lineId ? ok(null) : err({ reason: "token_locked_to_line", lineId: lock });
}

/** How a principal is called in the audit. Never the token. A person who signed in is called by their identity. */
export function actorLabel(principal: Principal): string {
  if (principal.kind === "user" && principal.via === "person") return principal.name;
  return `${principal.kind === "user" ? principal.via : principal.kind}:${principal.name}`;
}
