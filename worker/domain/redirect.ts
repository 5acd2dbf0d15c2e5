/**
 * People sending a task somewhere: another try, or another station. Both make a new job, which counts among those of its
 * station (Q4): a person's retry is no way around the bound, it is refused beyond it.
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { StationId, TaskId } from "../../protocol/ids.ts";
import type { Draft } from "./draft.ts";
import { withdrawAsk } from "./intervene.ts";
import { endJob } from "./job_end.ts";
import type { QueueError } from "./job_queue_api.ts";
import type { LineVersion, Task } from "./queue_state.ts";
import { enterStation } from "./task.ts";
import { attemptsAt } from "./task_memory.ts";
import { hasEnded, taskStatus } from "./task_status.ts";

/** Tries a task again that failed, completed or waits: a new job at its station, or at the one named. */
export function retryTask(
  draft: Draft,
  actor: string,
  input: { readonly taskId: TaskId; readonly stationId?: StationId | undefined; readonly reason: string },
): Result<Task, QueueError> {
  const task = draft.task(input.taskId);
  if (task === undefined) return err({ reason: "not_found", what: "task", id: input.taskId });
  if (!hasEnded(task) && task.state.kind !== "waiting") {
    return err({ reason: "task_not_retryable", taskId: task.id, status: taskStatus(task) });
  }
  const stationId = input.stationId ?? task.stationId;
  const target = targetOf(draft, task, stationId);
  if (!target.ok) return target;
  if (!target.value.dispatches) return err({ reason: "station_dispatches_nothing", stationId });
  draft.note(task, "task_retried", { stationId, detail: input.reason });
  draft.audit("task_retried", actor, {
    taskId: task.id,
    subject: `station:${stationId}`,
    detail: input.reason,
  });
  enterStation(draft, target.value.line, task, stationId, "transition");
  return ok(draft.task(task.id)!);
}

/**
 * Moves a task that nobody works on: one that waits, is queued or awaits a review. What it waited for is withdrawn: its
 * queued job ends as cancelled without a transition, its gate's question is taken back.
 */
export function moveTask(
  draft: Draft,
  actor: string,
  input: { readonly taskId: TaskId; readonly stationId: StationId; readonly reason: string },
): Result<Task, QueueError> {
  const task = draft.task(input.taskId);
  if (task === undefined) return err({ reason: "not_found", what: "task", id: input.taskId });
  if (hasEnded(task)) return err({ reason: "task_ended", taskId: task.id, status: taskStatus(task) });
  const target = targetOf(draft, task, input.stationId);
  if (!target.ok) return target;
  const why = `moved to station '${input.stationId}'`;
  if (task.state.kind === "at_station") {
    const job = draft.job(task.state.jobId)!;
    if (job.state.kind === "claimed" || job.state.kind === "in_progress") {
      const { runnerName } = draft.run(job.state.runId)!;
      return err({ reason: "task_held", taskId: task.id, runnerName });
    }
    endJob(draft, job, { outcome: "cancelled", reason: why, run: null, report: null });
  }
  const free = withdrawAsk(draft, task, why);
  draft.note(task, "task_moved", { stationId: input.stationId, detail: input.reason });
  draft.audit("task_moved", actor, {
    taskId: task.id,
    subject: `station:${input.stationId}`,
    detail: input.reason,
  });
  enterStation(draft, target.value.line, free, input.stationId, "transition");
  return ok(draft.task(task.id)!);
}

/** A station that the task's line has, with room for one more attempt. */
function targetOf(
  draft: Draft,
  task: Task,
  stationId: StationId,
): Result<{ readonly line: LineVersion; readonly dispatches: boolean }, QueueError> {
  const line = draft.line(task.lineId, task.lineVersion)!;
  const { stations } = line.definition;
  const station = stations.find((s) => s.id === stationId);
  if (station === undefined) {
    return err({ reason: "unknown_station", stationId, stationIds: stations.map((s) => s.id) });
  }
  const dispatches = station.trigger.type !== "none";
  const { attemptsMax } = draft.timing;
  if (dispatches && attemptsAt(task, stationId) >= attemptsMax) {
    return err({ reason: "attempts_exhausted", stationId, attemptsMax });
  }
  return ok({ line, dispatches });
}
