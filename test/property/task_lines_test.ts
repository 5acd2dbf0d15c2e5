/// <reference lib="deno.ns" />
/** Timelines of tasks, most of whose lines follow from rows: what was noted never changes, whatever happens to the rows. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { TaskId } from "../../protocol/ids.ts";
import type { QueueState, TaskNote } from "../../worker/domain/queue_state.ts";
import type { OutboxEvent } from "../../worker/domain/event.ts";
import { untoldNotes } from "../../worker/domain/task_notes.ts";
import { lineSpec } from "../fake/line_arbitrary.ts";
import { createQueueRig } from "../fake/queue_rig.ts";
import { command } from "./queue_commands.ts";
import { createQueuePair } from "./queue_pair.ts";

const SEED = Number(Deno.env.get("FC_SEED") ?? 20_260_801);

/** Every line that a task had at any time, in order. */
class Timelines {
  readonly #told = new Map<TaskId, TaskNote[]>();
  readonly #seen = new Map<TaskId, readonly TaskNote[]>();
  ends = 0;

  /** Looks at every task of a state; `events` are those that came since the last look. */
  look(state: QueueState, events: readonly OutboxEvent[]): void {
    for (const event of events) {
      if (event.destination !== "task_log") continue;
      const id = event.taskId as TaskId;
      this.#told.set(id, [...this.#told.get(id) ?? [], { ...event.entry, ends: event.ends }]);
    }
    for (const task of state.tasks.values()) {
      const lines = [...this.#told.get(task.id) ?? [], ...untoldNotes(state, task)];
      const seen = this.#seen.get(task.id) ?? [];
      assert.deepEqual(lines.slice(0, seen.length), seen, `the lines of ${task.id}`);
      this.#seen.set(task.id, lines);
      if (task.state.kind !== "completed" && task.state.kind !== "failed") continue;
      assert.equal(lines.at(-1)!.ends, task.state.kind);
      if (!state.notes.has(task.id)) this.ends++;
    }
  }
}

Deno.test("a line of a timeline stays as it was noted, and the last one of a task that ended says so", () => {
  let ends = 0;
  fc.assert(
    fc.property(
      fc.array(lineSpec, { minLength: 2, maxLength: 3 }),
      fc.array(command, { maxLength: 120, size: "max" }),
      (specs, story) => {
        const rig = createQueueRig();
        const pair = createQueuePair(specs, rig);
        const timelines = new Timelines();
        let events = 0;
        for (const next of story) {
          pair.apply(next);
          timelines.look(rig.state, rig.events.slice(events));
          events = rig.events.length;
        }
        ends += timelines.ends;
      },
    ),
    { seed: SEED, numRuns: 150 },
  );
  assert.ok(ends > 100, `${ends} looks at a task that ended and keeps no line`);
});
