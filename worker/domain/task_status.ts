/** The status word of a task (Line 2.5): the wire's six words, from our union. */
import { assertNever } from "../../protocol/result.ts";
import type { TaskStatus } from "../../protocol/line/task.ts";
import type { Task } from "./queue_state.ts";

/** A task that waits at a manual station is `queued`: it waits for somebody, as a job waits for a runner. */
export function taskStatus(task: Pick<Task, "state">): TaskStatus {
  switch (task.state.kind) {
    case "at_station":
      return task.state.phase;
    case "waiting":
      return "queued";
    case "awaiting_review":
    case "completed":
    case "failed":
      return task.state.kind;
    default:
      return assertNever(task.state);
  }
}

/** Has the task reached a state that it never leaves? */
export function hasEnded(task: Pick<Task, "state">): boolean {
  return task.state.kind === "completed" || task.state.kind === "failed";
}
