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

/** No gate has a name with a colon. */
const WITHDRAWN = "withdrawn:";
/** So many of a task's asks that were taken back are remembered: an answer under way is some seconds old, not some moves. */
const WITHDRAWN_MAX = 20;

/** The task, which remembers that an ask of it was taken back. */
export function rememberWithdrawn(task: Task, askId: AskId): Task {
  const others = Object.entries(task.asks);
  const old = others.filter(([key]) => key.startsWith(WITHDRAWN)).slice(0, -(WITHDRAWN_MAX - 1)).map((
    [key],
  ) => key);
  const kept = others.filter(([key]) => !old.includes(key));
  return { ...task, asks: { ...Object.fromEntries(kept), [`${WITHDRAWN}${askId}`]: askId } };
}

/** Was this ask of the task taken back? A task leaves a gate by its answer or by that, so that every other was answered. */
export function wasWithdrawn(task: Pick<Task, "asks">, askId: string): boolean {
  return Object.hasOwn(task.asks, `${WITHDRAWN}${askId}`);
}
