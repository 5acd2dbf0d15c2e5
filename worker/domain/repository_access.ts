/**
 * Who may do what in a task's repository (Line 9). People look. The agent writes anything but the work branches,
 * with the token of its job; the runner that holds the task's job writes the work branches, with its own token.
 * Once the task has ended nobody writes.
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import { authenticate, type Principal } from "./authorize.ts";
import type { Caller } from "./caller.ts";
import { findTask } from "./find_task.ts";
import type { QueueError } from "./job_queue_api.ts";
import type { QueueState, Task } from "./queue_state.ts";
import { heldJobs } from "./runner_registry.ts";
import { checkGrant } from "./scope.ts";
import type { RepositoryAccess } from "./task_repository_api.ts";
import { hasEnded } from "./task_status.ts";

const ALL_REFS = "refs/";
/** Where the runner keeps the work between stations (design 4a). */
export const WORK_REFS = "refs/heads/work/";

/** Decides the access of a caller to the repository of a task. */
export function repositoryAccess(
  state: QueueState,
  caller: Caller,
  taskId: string,
  nowMs: number,
): Result<RepositoryAccess, QueueError> {
  const found = authenticate(state, caller);
  if (!found.ok) return found;
  const grant = found.value.kind === "user" ? found.value.grant : null;
  const allowed = checkGrant(state, grant, { scope: "tasks:read", taskId }, nowMs);
  if (!allowed.ok) return allowed;
  const task = findTask(state, taskId);
  if (!task.ok) return task;
  return accessOf(state, found.value, task.value);
}

/** Reading only: for pages that proved themselves elsewhere. */
export function readOnlyAccess(task: Task): RepositoryAccess {
  return {
    taskId: task.id,
    createdAtMs: task.createdAtMs,
    canWrite: false,
    allowPrefixes: [],
    denyPrefixes: [],
  };
}

function accessOf(state: QueueState, principal: Principal, task: Task): Result<RepositoryAccess, QueueError> {
  const readOnly = readOnlyAccess(task);
  switch (principal.kind) {
    case "user":
      return ok(readOnly);
    case "runner": {
      if (!heldJobs(state, principal.runnerId).some((job) => job.taskId === task.id)) {
        return err({ reason: "no_active_job", runnerId: principal.runnerId });
      }
      return ok({ ...readOnly, canWrite: !hasEnded(task), allowPrefixes: [WORK_REFS] });
    }
    case "job":
      return err({
        reason: "wrong_token_kind",
        needed: ["user", "runner", "repository"],
        came: principal.kind,
      });
    case "repository":
      if (principal.taskId !== task.id) return err({ reason: "not_found", what: "task", id: task.id });
      return ok({
        ...readOnly,
        canWrite: !hasEnded(task),
        allowPrefixes: [ALL_REFS],
        denyPrefixes: [WORK_REFS],
      });
  }
}
