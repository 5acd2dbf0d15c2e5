/** What a runner tells of a run between its reports (Line 4.2 `progress`). */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { RunnerId } from "../../protocol/ids.ts";
import type { ReportAnswer } from "../../protocol/line/runner.ts";
import type { Draft } from "./draft.ts";
import type { QueueError } from "./job_queue_api.ts";
import { answerTo, findRun, renewLease } from "./report.ts";
import { noteSeen } from "./runner_registry.ts";

/**
 * Notes a stage of a run: a sign of life and of activity, answered like a heartbeat. The same stage and message again is
 * only the sign, so that a beat every 20 s does not fill the timeline.
 */
export function tellProgress(
  draft: Draft,
  runnerId: RunnerId,
  input: {
    readonly runId: string;
    readonly jobId: string;
    readonly stage: string;
    readonly message: string;
    readonly leaseEpoch?: number | undefined;
  },
): Result<ReportAnswer, QueueError> {
  noteSeen(draft, runnerId);
  const found = findRun(draft, runnerId, input);
  if (!found.ok) return found;
  const { run, job } = found.value;
  const came = input.leaseEpoch ?? run.leaseEpoch;
  const isLost = run.state.kind === "finished" && run.state.outcome === "lost";
  if (came !== run.leaseEpoch || isLost) {
    return err({ reason: "stale_lease", leaseEpoch: job.leaseEpoch, came });
  }
  if (run.state.kind === "finished") {
    return ok(answerTo(draft, runnerId, { cancel: true, leaseUntil: null }));
  }
  const leaseUntil = renewLease(draft, job, run, draft.nowMs);
  const { stage, message } = input;
  if (run.progress?.stage !== stage || run.progress.message !== message) {
    draft.put({
      kind: "run",
      row: { ...draft.run(run.id)!, progress: { stage, message, atMs: draft.nowMs } },
    });
    draft.note(draft.task(run.taskId)!, "run_progress", {
      stationId: run.stationId,
      jobId: job.id,
      runId: run.id,
      runnerName: run.runnerName,
      detail: message === "" ? stage : `${stage}: ${message}`,
    });
  }
  return ok(answerTo(draft, runnerId, { cancel: false, leaseUntil }));
}
