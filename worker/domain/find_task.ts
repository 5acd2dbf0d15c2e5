/** Looks a task up by an id from outside. */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { TaskId } from "../../protocol/ids.ts";
import type { QueueError } from "./job_queue_api.ts";
import type { QueueState, Task } from "./queue_state.ts";

/** The task, or the refusal that names it. Whoever names a line must name the task's own. */
export function findTask(
  state: Pick<QueueState, "tasks">,
  taskId: string,
  lineId?: string,
): Result<Task, QueueError> {
  const task = state.tasks.get(taskId as TaskId);
  if (task === undefined) return err({ reason: "not_found", what: "task", id: taskId });
  if (lineId !== undefined && lineId !== task.lineId) {
    return err({ reason: "not_found", what: "line", id: lineId });
  }
  return ok(task);
}
