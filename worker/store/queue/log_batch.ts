/**
 * What was decided in one turn, on its way into a row of the log (`log_table.ts`). Consecutive submissions, and
 * consecutive routine decisions, are one entry each: what they have in common is written once.
 *
 * Entries are kept as the texts that they are written as: nothing is made into JSON twice.
 */
import type { OutboxEvent } from "../../domain/event.ts";
import type { Job, Task } from "../../domain/queue_state.ts";
import { FreshBlock } from "./fresh_tasks.ts";
import type { Marks } from "./memory_outbox.ts";
import type { Routine } from "./routine.ts";
import { RoutineBlock } from "./routine_block.ts";
import type { Encoded } from "./row_codec.ts";

export class LogBatch {
  #entries: string[] = [];
  #fresh = new FreshBlock();
  #routines = new RoutineBlock();

  get isEmpty(): boolean {
    return this.#entries.length === 0 && this.#fresh.size === 0 && this.#routines.size === 0;
  }

  /** A decision that submitted a task and did nothing else. */
  addFresh(task: Task, job: Job, events: readonly OutboxEvent[]): void {
    this.#endRoutines();
    if (events.length > 0) this.#endFresh();
    this.#fresh.add(task, job);
    if (events.length > 0) this.#endFresh(events);
  }

  /** False: it has no form of a routine, and was not taken. */
  addRoutine(routine: Routine, nowMs: number, events: readonly OutboxEvent[]): boolean {
    this.#endFresh();
    if (events.length > 0) this.#endRoutines();
    if (!this.#routines.add(routine, nowMs)) return false;
    if (events.length > 0) this.#endRoutines(events);
    return true;
  }

  add(nowMs: number, changes: readonly Encoded[], events: readonly OutboxEvent[]): void {
    this.#endFresh();
    this.#endRoutines();
    this.#push(nowMs, JSON.stringify(changes), events);
  }

  /** The text of everything that was taken, which is forgotten. */
  take(firstEvent: number, marks: Marks | null): string {
    this.#endFresh();
    this.#endRoutines();
    const entries = this.#entries;
    this.#entries = [];
    return `[${firstEvent},${JSON.stringify(marks ?? 0)},[${entries.join(",")}]]`;
  }

  /** `events` are those of the only decision in it. */
  #endFresh(events: readonly OutboxEvent[] = []): void {
    if (this.#fresh.size === 0) return;
    this.#push(this.#fresh.lastMs, `[${this.#fresh.text()}]`, events);
    this.#fresh = new FreshBlock();
  }

  #endRoutines(events: readonly OutboxEvent[] = []): void {
    if (this.#routines.size === 0) return;
    this.#push(this.#routines.lastMs, `[${this.#routines.text()}]`, events);
    this.#routines = new RoutineBlock();
  }

  #push(nowMs: number, changes: string, events: readonly OutboxEvent[]): void {
    this.#entries.push(
      events.length === 0 ? `[${nowMs},${changes}]` : `[${nowMs},${changes},${JSON.stringify(events)}]`,
    );
  }
}
