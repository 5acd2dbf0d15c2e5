/** Tasks, as people see and change them. */
import type { TaskId } from "../../../protocol/ids.ts";
import { ok } from "../../../protocol/result.ts";
import { findTask } from "../../domain/find_task.ts";
import { cancelTask } from "../../domain/intervene.ts";
import { submitTask } from "../../domain/task.ts";
import { taskView } from "../../domain/task_view.ts";
import type { Handlers } from "./handlers.ts";

type Methods = "submitTask" | "readTask" | "cancelTask";

export const taskHandlers: Handlers<Methods> = {
  submitTask: (queue, caller, input) => {
    const task = queue.access.asUser(
      caller,
      { scope: "tasks:write", lineId: input.lineId },
      (draft, actor) => submitTask(draft, actor, input),
    );
    return task.ok ? ok(taskView(queue.core.state, task.value, input.baseUrl)) : task;
  },
  readTask: (queue, caller, input) => {
    return queue.access.asAny(caller, () => {
      const task = findTask(queue.core.state, input.taskId);
      if (!task.ok) return task;
      return ok(taskView(queue.core.state, task.value, input.baseUrl));
    }, { taskId: input.taskId });
  },
  cancelTask: (queue, caller, input) => {
    const task = queue.access.asUser(
      caller,
      { scope: "tasks:write", taskId: input.taskId },
      (draft, actor) => cancelTask(draft, actor, input.taskId as TaskId, input.reason),
      { taskId: input.taskId },
    );
    return task.ok ? ok(taskView(queue.core.state, task.value, input.baseUrl)) : task;
  },
};
