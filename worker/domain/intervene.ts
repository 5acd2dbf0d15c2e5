/** People interfering: deciding a gate, cancelling a task (Line 7 item 4, pick A20). */
import { err, ok, type Result } from "../../protocol/result.ts";
import { type AskId, type GateId, type TaskId, ulidTimeMs } from "../../protocol/ids.ts";
import type { Draft } from "./draft.ts";
import type { GateAuditHead, GateResolution, HistoryRecord } from "./event.ts";
import { finishJob } from "./job_end.ts";
import type { QueueError } from "./job_queue_api.ts";
import type { Task } from "./queue_state.ts";
import { endTask, enterStation, putTask } from "./task.ts";
import { rememberWithdrawn, wasWithdrawn } from "./task_memory.ts";
import { hasEnded, taskStatus } from "./task_status.ts";

/**
 * Applies how an ask ended, and says whether that took effect: a decision that is delivered again did, one about an ask that
 * was taken back when the task went another way did not.
 */
export function resolveGate(draft: Draft, resolution: GateResolution): { readonly tookEffect: boolean } {
  const task = draft.task(resolution.taskId as TaskId);
  if (task === undefined) return { tookEffect: false };
  if (task.state.kind !== "awaiting_review" || task.state.askId !== resolution.askId) {
    return { tookEffect: !wasWithdrawn(task, resolution.askId) };
  }
  const { askId, gateId, toStationId } = task.state;
  const { action, reason } = resolution;
  const isAnswer = resolution.isUnanswered !== true;
  const line = draft.line(task.lineId, task.lineVersion)!;
  draft.note(task, isAnswer ? "gate_decided" : "gate_ended", {
    stationId: task.stationId,
    detail: `${action} by ${resolution.decidedBy}${reason === "" ? "" : `: ${reason}`}`,
  });
  draft.audit(`gate_${action}`, resolution.decidedBy, {
    taskId: task.id,
    subject: `gate:${gateId}`,
    detail: reason,
  });
  recordGateEnd(draft, task, { askId, gateId }, {
    state: isAnswer ? "resolved" : resolution.decidedBy === "system" ? "expired" : "cancelled",
    outcome: action === "approve" || action === "reject" ? action : null,
    decidedBy: resolution.decidedBy,
    reason,
    endedAtMs: resolution.decidedAtMs,
  });
  switch (action) {
    case "approve":
      enterStation(draft, line, task, toStationId, "transition");
      break;
    case "reject":
      endTask(draft, task, reason === "" ? "rejected" : reason);
      break;
    case "cancel":
      endTask(draft, task, reason === "" ? "cancelled" : `cancelled: ${reason}`);
      break;
    case "block":
      putTask(draft, { ...task, state: { kind: "waiting" } });
      draft.note(task, "task_waiting", { stationId: task.stationId, detail: reason });
  }
  return { tookEffect: true };
}

/** Writes the head of an ask's audit chain into its task's timeline, the second store (Autonomy 19.10). */
export function noteAuditHead(draft: Draft, head: GateAuditHead): void {
  const task = draft.task(head.taskId as TaskId);
  if (task === undefined) return;
  const detail = `${head.askId}: ${head.links} links, head ${head.hash}`;
  draft.note(task, "gate_audit", { stationId: task.stationId, detail });
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
    endTask(draft, withdrawAsk(draft, task, text), text);
  }
  return ok(draft.task(taskId)!);
}

/**
 * Takes back the question that a task waits on, if it does: its links are dead from then on, and an answer that is on its
 * way takes no effect.
 */
export function withdrawAsk(draft: Draft, task: Task, reason: string): Task {
  if (task.state.kind !== "awaiting_review") return task;
  draft.emit({ destination: "gate", action: "cancel", askId: task.state.askId, reason });
  recordGateEnd(draft, task, task.state, {
    state: "cancelled",
    outcome: null,
    decidedBy: null,
    reason,
    endedAtMs: draft.nowMs,
  });
  return rememberWithdrawn(task, task.state.askId);
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
      origin: "line_gate",
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
