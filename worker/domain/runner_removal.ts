/** How a runner leaves a project. */
import { ok, type Result } from "../../protocol/result.ts";
import type { Draft } from "./draft.ts";
import { loseRun } from "./job_end.ts";
import type { QueueError } from "./job_queue_api.ts";
import { dropTokensOf, findRunner, heldJobs } from "./runner_registry.ts";

/** Deletes a runner: its token is nobody's, its runs are lost and their jobs wait for somebody else (Q4). */
export function deleteRunner(draft: Draft, actor: string, runnerId: string): Result<null, QueueError> {
  const runner = findRunner(draft, runnerId);
  if (!runner.ok) return runner;
  for (const job of heldJobs(draft.before, runner.value.id)) {
    if (job.state.kind !== "claimed" && job.state.kind !== "in_progress") continue;
    loseRun(draft, job, draft.run(job.state.runId)!, null, "runner_deleted");
  }
  dropTokensOf(draft, runner.value.id);
  draft.put({ kind: "delete_runner", id: runner.value.id });
  draft.audit("runner_deleted", actor, { subject: `runner:${runner.value.name}` });
  return ok(null);
}
