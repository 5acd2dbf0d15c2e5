/** Looks a task up by an id from outside. */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { TaskId } from "../../protocol/ids.ts";
import type { QueueError } from "./job_queue_api.ts";
import type { QueueState, Task } from "./queue_state.ts";

/** The task, or the refusal that names it. */
export function findTask(state: Pick<QueueState, "tasks">, taskId: string): Result<Task, QueueError> {
  const task = state.tasks.get(taskId as TaskId);
  return task === undefined ? err({ reason: "not_found", what: "task", id: taskId }) : ok(task);
}
