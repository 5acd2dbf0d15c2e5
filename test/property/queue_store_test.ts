/// <reference lib="deno.ns" />
/**
 * The queue's store against memory that is never forgotten: the same decisions, with evictions, snapshots, forgetting,
 * deliveries and failed writes in between. After each the store must rebuild the same state, choose the same next job
 * and have the same events to deliver, under the same ids.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { applyChanges, type WritableQueueState } from "../../worker/domain/apply_changes.ts";
import type { OutboxEvent } from "../../worker/domain/event.ts";
import { pickJob } from "../../worker/domain/queue.ts";
import { waitingBefore } from "../../worker/domain/queue_index.ts";
import type { QueueState } from "../../worker/domain/queue_state.ts";
import { untoldNotes } from "../../worker/domain/task_notes.ts";
import { createQueueStore, type QueueStore } from "../../worker/store/queue/store.ts";
import { lineSpec } from "../fake/line_arbitrary.ts";
import { createQueueRig, OWNER, PROJECT, type QueueRig } from "../fake/queue_rig.ts";
import { createQueueSql, type FakeSql } from "../fake/queue_sql.ts";
import { command } from "./queue_commands.ts";
import { createQueuePair } from "./queue_pair.ts";

const SEED = Number(Deno.env.get("FC_SEED") ?? 20_260_801);
const NAME = `${OWNER}/${PROJECT}`;
const DESTINATIONS = ["history", "task_log", "gate"] as const;

type Step =
  | { readonly kind: "flush" | "evict" | "shorten" | "forget" }
  | { readonly kind: "fail"; readonly afterWrites: number }
  | { readonly kind: "open_log"; readonly task: number }
  | { readonly kind: "deliver"; readonly lane: number; readonly count: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Step>({ kind: "flush" }) },
  { weight: 3, arbitrary: fc.constant<Step>({ kind: "evict" }) },
  { weight: 2, arbitrary: fc.constant<Step>({ kind: "shorten" }) },
  { weight: 2, arbitrary: fc.constant<Step>({ kind: "forget" }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("fail" as const), afterWrites: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("open_log" as const), task: fc.nat(99) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("deliver" as const), lane: fc.nat(2), count: fc.nat(5) }),
  },
);

/** A store over a database, and the memory that an object would have. */
class Mirror {
  readonly sql: FakeSql = createQueueSql();
  store: QueueStore = createQueueStore(this.sql, NAME);
  state: WritableQueueState = this.store.load();
  readonly rig: QueueRig = createQueueRig((before, decision, nowMs) => this.#take(before, decision, nowMs));
  /** Every event so far by id: an id is never of another event. */
  readonly eventOf = new Map<string, OutboxEvent>();
  readonly delivered = new Map<string, number>();

  #take(before: QueueState, decision: Parameters<QueueStore["append"]>[1], nowMs: number): void {
    if (decision.changes.length + decision.events.length === 0) return;
    // As the engine does for what a call names.
    for (const change of decision.changes) {
      if (change.kind === "task" || change.kind === "notes") this.#bring(before, change.row.id);
      if (change.kind === "job" || change.kind === "run") this.#bring(before, change.row.taskId);
    }
    this.store.append(before, decision, nowMs);
    applyChanges(this.state, decision.changes);
  }

  #bring(before: QueueState, taskId: string): void {
    const isNew = !before.tasks.has(taskId as never);
    if (!isNew && !this.state.tasks.has(taskId as never)) this.store.recall(this.state, "task", taskId);
  }

  evict(): void {
    this.store = createQueueStore(this.sql, NAME);
    this.state = this.store.load();
  }

  /** Every task is brought back, also by the ids of its jobs and runs, and all of it is as it was. */
  check(oracle: QueueState): void {
    const { state, store } = this;
    for (const task of oracle.tasks.values()) {
      const [jobId] = task.jobIds.toReversed();
      if (state.tasks.has(task.id)) continue;
      if (jobId !== undefined) store.recall(state, "job", jobId);
      else store.recall(state, "task", task.id);
    }
    assert.deepEqual(state.settings, oracle.settings);
    for (
      const part of ["runners", "tokens", "remembered", "lineTurns"] as const
    ) {
      assert.deepEqual([...state[part]], [...oracle[part]], part);
    }
    assert.deepEqual(sorted(state.latestLineVersion), sorted(oracle.latestLineVersion));
    for (const [key, line] of oracle.lines) assert.deepEqual(state.lines.get(key), line, key);
    for (const [lineId, newest] of oracle.latestLineVersion) {
      const summaries = oracle.lines.summaries(lineId, 1, newest);
      assert.equal(summaries.length, newest);
      assert.deepEqual(state.lines.summaries(lineId, 1, newest), summaries);
    }
    for (const part of ["tasks", "jobs", "runs"] as const) {
      assert.deepEqual(sorted(state[part]), sorted(oracle[part]), part);
    }
    for (const task of oracle.tasks.values()) {
      assert.deepEqual(untoldNotes(state, task), untoldNotes(oracle, task));
      assert.equal(state.notes.get(task.id)?.hasLog ?? false, oracle.notes.get(task.id)?.hasLog ?? false);
      assert.equal(waitingBefore(state.index, task), waitingBefore(oracle.index, task));
    }
    assert.equal(state.index.openJobs, oracle.index.openJobs);
    for (const runner of [...oracle.runners.values(), { id: "nobody", labels: [] }]) {
      const offer = { labels: runner.labels, capabilities: null };
      assert.equal(pickJob(state, offer)?.id, pickJob(oracle, offer)?.id, "the next job");
      assert.deepEqual(
        state.index.heldBy.get(runner.id as never),
        oracle.index.heldBy.get(runner.id as never),
      );
    }
  }

  /** What is pending is every written event from some point on, which is no later than what was delivered. */
  checkOutbox(events: readonly OutboxEvent[]): void {
    for (const lane of DESTINATIONS) {
      const all = events.filter((event) => event.destination === lane);
      const pending = this.store.pending(lane, Infinity);
      const first = all.length - pending.length;
      assert.ok(first >= 0 && first <= (this.delivered.get(lane) ?? 0), `${lane}: nothing is left out`);
      assert.deepEqual(pending.map((row) => row.event), all.slice(first));
      for (const { eventId, event } of pending) {
        assert.deepEqual(this.eventOf.get(eventId) ?? event, event, "an id is of one event");
        this.eventOf.set(eventId, event);
      }
      const sequences = pending.map((row) => row.sequence);
      assert.deepEqual(sequences, sequences.toSorted((a, b) => a - b));
      assert.equal(this.store.destinations().includes(lane), pending.length > 0);
    }
  }

  deliver(lane: (typeof DESTINATIONS)[number], count: number, events: readonly OutboxEvent[]): void {
    const rows = this.store.pending(lane, count);
    this.store.delivered(rows.map((row) => row.sequence));
    const all = events.filter((event) => event.destination === lane).length;
    const left = this.store.pending(lane, Infinity).length;
    this.delivered.set(lane, Math.max(this.delivered.get(lane) ?? 0, all - left));
  }
}

function sorted(rows: ReadonlyMap<string, unknown>): [string, unknown][] {
  return [...rows].sort(([a], [b]) => a < b ? -1 : 1);
}

Deno.test("the store rebuilds what was written, whatever happens between two writes", () => {
  let evictions = 0;
  let failures = 0;
  const story = fc.array(fc.oneof({ weight: 3, arbitrary: command }, { weight: 1, arbitrary: step }), {
    maxLength: 220,
    size: "max",
  });
  fc.assert(
    fc.property(fc.array(lineSpec, { minLength: 2, maxLength: 3 }), story, (specs, steps) => {
      const mirror = new Mirror();
      const { rig } = mirror;
      const pair = createQueuePair(specs, rig);
      const flush = () => mirror.store.flush();
      for (const next of steps) {
        switch (next.kind) {
          case "flush":
            flush();
            mirror.checkOutbox(rig.events);
            break;
          case "evict":
            flush();
            mirror.evict();
            mirror.check(rig.state);
            mirror.checkOutbox(rig.events);
            evictions++;
            break;
          case "shorten":
            flush();
            mirror.store.shorten(mirror.state);
            mirror.checkOutbox(rig.events);
            break;
          case "fail":
            flush();
            mirror.sql.failAfter(next.afterWrites);
            try {
              mirror.store.shorten(mirror.state);
            } catch (cause) {
              assert.match(String(cause), /disk is full/);
              failures++;
            }
            mirror.sql.failAfter(null);
            mirror.evict();
            mirror.check(rig.state);
            break;
          case "forget":
            mirror.store.forget(mirror.state, Infinity);
            break;
          case "open_log": {
            const task = [...rig.state.tasks.values()][next.task % Math.max(1, rig.state.tasks.size)];
            if (task !== undefined) rig.must((draft) => ({ ok: true, value: draft.openLog(task.id) }));
            break;
          }
          case "deliver":
            mirror.deliver(DESTINATIONS[next.lane]!, next.count, rig.events);
            break;
          default:
            pair.apply(next);
        }
      }
      // A write that fails: what was not written never was.
      flush();
      const events = [...rig.events];
      const before = structuredClone({ tasks: sorted(rig.state.tasks), jobs: sorted(rig.state.jobs) });
      const last = rig.state.tasks.size;
      pair.apply({ kind: "submit", line: 0, priority: 1, station: 0 });
      mirror.sql.failAfter(0);
      assert.throws(flush, /disk is full/);
      mirror.sql.failAfter(null);
      mirror.evict();
      mirror.checkOutbox(events);
      for (const [id] of before.tasks) {
        if (!mirror.state.tasks.has(id as never)) mirror.store.recall(mirror.state, "task", id);
      }
      assert.equal(mirror.state.tasks.size, last);
      assert.deepEqual(sorted(mirror.state.tasks), before.tasks);
      assert.deepEqual(sorted(mirror.state.jobs), before.jobs);
    }),
    { seed: SEED, numRuns: 250 },
  );
  assert.ok(evictions > 500, `expected many evictions, came ${evictions}`);
  assert.ok(failures > 100, `expected many snapshots that fail, came ${failures}`);
});
