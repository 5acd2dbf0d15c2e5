/** People interfering: deciding a gate, cancelling a task (Line 7 item 4, pick A20). */
import { err, ok, type Result } from "../../protocol/result.ts";
import { type AskId, type GateId, type TaskId, ulidTimeMs } from "../../protocol/ids.ts";
import type { Draft } from "./draft.ts";
import type { GateResolution, HistoryRecord } from "./event.ts";
import { finishJob } from "./job_end.ts";
import type { QueueError } from "./job_queue_api.ts";
import type { Task } from "./queue_state.ts";
import { endTask, enterStation } from "./task.ts";
import { hasEnded, taskStatus } from "./task_status.ts";

/** Applies the answer of a gate. An ask that the task no longer waits on changes nothing: it was applied before. */
export function resolveGate(draft: Draft, resolution: GateResolution): void {
  const task = draft.task(resolution.taskId as TaskId);
  if (task?.state.kind !== "awaiting_review" || task.state.askId !== resolution.askId) return;
  const { askId, gateId, toStationId } = task.state;
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
  recordGateEnd(draft, task, { askId, gateId }, {
    state: "resolved",
    outcome: resolution.action,
    decidedBy: resolution.decidedBy,
    reason: resolution.reason,
    endedAtMs: resolution.decidedAtMs,
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
    withdrawAsk(draft, task, text);
    endTask(draft, task, text);
  }
  return ok(draft.task(taskId)!);
}

/** Takes back the question that a task waits on, if it does: its links are dead from then on. */
export function withdrawAsk(draft: Draft, task: Task, reason: string): void {
  if (task.state.kind !== "awaiting_review") return;
  draft.emit({ destination: "gate", action: "cancel", askId: task.state.askId, reason });
  recordGateEnd(draft, task, task.state, {
    state: "cancelled",
    outcome: null,
    decidedBy: null,
    reason,
    endedAtMs: draft.nowMs,
  });
}

/** Tells the history that a gate is no longer waiting: its lists show the gates that are open. */
function recordGateEnd(
  draft: Draft,
  task: Task,
  ask: { readonly askId: AskId; readonly gateId: GateId },
  end: Pick<
    Extract<HistoryRecord, { kind: "gate" }>,
    "state" | "outcome" | "decidedBy" | "reason" | "endedAtMs"
  >,
): void {
  const line = draft.line(task.lineId, task.lineVersion)!;
  draft.emit({
    destination: "history",
    record: {
      kind: "gate",
      askId: ask.askId,
      taskId: task.id,
      gateId: ask.gateId,
      gateName: line.definition.gates.find((g) => g.id === ask.gateId)?.name ?? ask.gateId,
      // The task's own time may have moved on: a stream was linked while it waited.
      openedAtMs: ulidTimeMs(ask.askId),
      ...end,
    },
  });
}
