/** People interfering: deciding a gate, cancelling a task (Line 7 item 4, pick A20). */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { TaskId } from "../../protocol/ids.ts";
import type { Draft } from "./draft.ts";
import type { GateResolution } from "./event.ts";
import { finishJob } from "./job_end.ts";
import type { QueueError } from "./job_queue_api.ts";
import type { Task } from "./queue_state.ts";
import { endTask, enterStation } from "./task.ts";
import { hasEnded, taskStatus } from "./task_status.ts";

/** Applies the answer of a gate. An ask that the task no longer waits on changes nothing: it was applied before. */
export function resolveGate(draft: Draft, resolution: GateResolution): void {
  const task = draft.task(resolution.taskId as TaskId);
  if (task?.state.kind !== "awaiting_review" || task.state.askId !== resolution.askId) return;
  const { gateId, toStationId } = task.state;
  const line = draft.line(task.lineId, task.lineVersion)!;
  draft.note(task, "gate_decided", {
    stationId: task.stationId,
    detail: `${resolution.action} by ${resolution.decidedBy}${
      resolution.reason === "" ? "" : `: ${resolution.reason}`
    }`,
  });
  draft.audit(`gate_${resolution.action}`, resolution.decidedBy, {
    taskId: task.id,
    subject: `gate:${gateId}`,
    detail: resolution.reason,
  });
  draft.emit({
    destination: "history",
    record: {
      kind: "gate",
      askId: resolution.askId,
      taskId: task.id,
      gateId,
      gateName: line.definition.gates.find((g) => g.id === gateId)?.name ?? gateId,
      state: "resolved",
      outcome: resolution.action,
      decidedBy: resolution.decidedBy,
      reason: resolution.reason,
      openedAtMs: task.updatedAtMs,
      endedAtMs: resolution.decidedAtMs,
    },
  });
  if (resolution.action === "approve") return enterStation(draft, line, task, toStationId, "transition");
  endTask(draft, task, resolution.reason === "" ? "rejected" : resolution.reason);
}

/** Cancels what a task is doing. Its current job ends as `cancelled` and the rules apply; otherwise the task fails. */
export function cancelTask(
  draft: Draft,
  actor: string,
  taskId: TaskId,
  reason: string,
): Result<Task, QueueError> {
  const task = draft.task(taskId);
  if (task === undefined) return err({ reason: "not_found", what: "task", id: taskId });
  if (hasEnded(task)) return err({ reason: "task_ended", taskId, status: taskStatus(task) });
  draft.audit("task_cancelled", actor, { taskId, subject: `task:${taskId}`, detail: reason });
  const text = reason === "" ? "cancelled" : `cancelled: ${reason}`;
  if (task.state.kind === "at_station") {
    const job = draft.job(task.state.jobId)!;
    const run = job.state.kind === "claimed" || job.state.kind === "in_progress"
      ? draft.run(job.state.runId)!
      : null;
    finishJob(draft, job, { outcome: "cancelled", reason: text, run, report: null });
  } else {
    if (task.state.kind === "awaiting_review") {
      draft.emit({ destination: "gate", action: "cancel", askId: task.state.askId, reason: text });
    }
    endTask(draft, task, text);
  }
  return ok(draft.task(taskId)!);
}
