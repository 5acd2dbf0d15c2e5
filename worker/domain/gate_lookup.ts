/** Which ask a gate of a task is: the one it waits on, or the last one that was decided there. */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { TaskId } from "../../protocol/ids.ts";
import type { QueueError } from "./job_queue_api.ts";
import type { QueueState } from "./queue_state.ts";
import { taskStatus } from "./task_status.ts";

/** Finds the ask for a decision. A gate that was already decided answers its ask, so that a repeat gets the record. */
export function findAsk(
  state: QueueState,
  taskId: string,
  gateId: string,
): Result<{ readonly askId: string }, QueueError> {
  const task = state.tasks.get(taskId as TaskId);
  if (task === undefined) return err({ reason: "not_found", what: "task", id: taskId });
  const line = state.lines.get(`${task.lineId}@${task.lineVersion}`);
  if (!line?.definition.gates.some((gate) => gate.id === gateId)) {
    return err({ reason: "not_found", what: "gate", id: gateId });
  }
  const last = task.asks[gateId];
  if (last === undefined) return err({ reason: "gate_not_waiting", gateId, status: taskStatus(task) });
  return ok({ askId: last });
}
