/**
 * What a task remembers per station and gate. People choose those names, and `constructor` is one: only a task's own
 * entries count, never what every object inherits.
 */
import type { AskId } from "../../protocol/ids.ts";
import type { Task } from "./queue_state.ts";

/** Jobs made so far for this task at a station. */
export function attemptsAt(task: Pick<Task, "attempts">, stationId: string): number {
  return Object.hasOwn(task.attempts, stationId) ? task.attempts[stationId]! : 0;
}

/** The newest ask of a gate for this task; undefined if the task never came to it. */
export function newestAsk(task: Pick<Task, "asks">, gateId: string): AskId | undefined {
  return Object.hasOwn(task.asks, gateId) ? task.asks[gateId] : undefined;
}
