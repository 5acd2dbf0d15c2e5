/** Which ask a gate of a task is: the one it waits on, or the last one that was decided there. */
import { err, ok, type Result } from "../../protocol/result.ts";
import { findTask } from "./find_task.ts";
import type { QueueError } from "./job_queue_api.ts";
import type { QueueState } from "./queue_state.ts";
import { newestAsk } from "./task_memory.ts";
import { taskStatus } from "./task_status.ts";

/**
 * Finds the ask for a decision. A gate that was already decided answers its ask, so that a repeat gets the record.
 * Whoever names a line must name the task's own.
 */
export function findAsk(
  state: QueueState,
  taskId: string,
  gateId: string,
  lineId?: string,
): Result<{ readonly askId: string }, QueueError> {
  const task = findTask(state, taskId);
  if (!task.ok) return task;
  if (lineId !== undefined && lineId !== task.value.lineId) {
    return err({ reason: "not_found", what: "line", id: lineId });
  }
  const line = state.lines.get(`${task.value.lineId}@${task.value.lineVersion}`);
  if (!line?.definition.gates.some((gate) => gate.id === gateId)) {
    return err({ reason: "not_found", what: "gate", id: gateId });
  }
  const last = newestAsk(task.value, gateId);
  if (last === undefined) return err({ reason: "gate_not_waiting", gateId, status: taskStatus(task.value) });
  return ok({ askId: last });
}
