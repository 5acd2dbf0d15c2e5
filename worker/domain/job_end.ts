/** How a run and its job end: by a report, by a cancel, or by silence (design Q2-Q4). */
import type { Outcome } from "../../protocol/line/task.ts";
import { withdrawWait } from "./agent_wait.ts";
import { withdrawHeld } from "./approval_held.ts";
import type { Draft } from "./draft.ts";
import type { FinalReport, Job, Run } from "./queue_state.ts";
import { withdrawQuestions } from "./run_question_open.ts";
import { leaveStation, putTask } from "./task.ts";

/** How a job ends. */
export interface JobEnd {
  readonly outcome: Outcome;
  readonly reason: string | null;
  readonly run: Run | null;
  readonly report: FinalReport | null;
}

/** Ends a job, and its run if one is active, and moves the task on. */
export function finishJob(draft: Draft, job: Job, end: JobEnd): void {
  const finished = endJob(draft, job, end);
  leaveStation(draft, draft.task(job.taskId)!, finished);
}

/** Ends a job, and its run if one is active. Where the task goes is the caller's to say. */
export function endJob(draft: Draft, job: Job, end: JobEnd): Job {
  withdrawAsks(draft, job, end.reason ?? end.outcome);
  if (end.run !== null) {
    draft.put({
      kind: "run",
      row: {
        ...end.run,
        startedAtMs: end.run.startedAtMs ?? (end.report === null ? null : end.run.claimedAtMs),
        state: { kind: "finished", outcome: end.outcome, report: end.report, endedAtMs: draft.nowMs },
      },
    });
  }
  const finished: Job = {
    ...job,
    state: { kind: "finished", outcome: end.outcome, reason: end.reason, endedAtMs: draft.nowMs },
  };
  draft.put({ kind: "job", row: finished });
  const task = draft.task(job.taskId)!;
  draft.note(task, "job_finished", {
    stationId: job.stationId,
    jobId: job.id,
    runId: end.run?.id ?? null,
    runnerName: end.run?.runnerName ?? null,
    detail: end.reason === null ? end.outcome : `${end.outcome}: ${end.reason}`,
  });
  return finished;
}

/** Ends a run without a result. The job goes back to the queue, or ends after too many lost runs (Q4). */
export function loseRun(draft: Draft, job: Job, run: Run, report: FinalReport | null, why: string): void {
  withdrawAsks(draft, job, why);
  draft.put({
    kind: "run",
    row: { ...run, state: { kind: "finished", outcome: "lost", report, endedAtMs: draft.nowMs } },
  });
  const task = draft.task(job.taskId)!;
  draft.note(task, "run_lost", {
    stationId: job.stationId,
    jobId: job.id,
    runId: run.id,
    runnerName: run.runnerName,
    detail: why,
  });
  const lost: Job = { ...job, lostRuns: job.lostRuns + 1 };
  if (lost.lostRuns >= draft.timing.runsPerJobMax) {
    return finishJob(draft, lost, { outcome: "cancelled", reason: "lost_runner", run: null, report: null });
  }
  draft.put({ kind: "job", row: { ...lost, state: { kind: "queued" } } });
  putTask(draft, { ...task, state: { kind: "at_station", jobId: job.id, phase: "queued" } });
}

/** Nobody need answer what a run that is over asked. */
function withdrawAsks(draft: Draft, job: Job, why: string): void {
  withdrawHeld(draft, job, why);
  withdrawQuestions(draft, job, why);
  withdrawWait(draft, job, `the run is over: ${why}`);
}
