/// <reference lib="deno.ns" />
/** The engine of a queue when somebody who is told of its events does not answer. */
import assert from "node:assert/strict";
import { ok } from "../../protocol/result.ts";
import type { WritableQueueState } from "../domain/apply_changes.ts";
import type { OutboxRow } from "../domain/event.ts";
import type { OutboxLaneName } from "../store/outbox_store.ts";
import { createQueueCore } from "./queue_core.ts";
import { createQueueRig, lineOf, station } from "../../test/fake/queue_rig.ts";

const LEASE_MS = 90_000;

/** A queue with one claimed job, whose history never answers. `alarms` are the times that it asked to be woken at. */
function queueWithSilentHistory() {
  const rig = createQueueRig();
  rig.line("line-1", lineOf([station("build")]));
  rig.submit("line-1");
  const { job, run } = rig.take(rig.runner("ada"));
  const rows: OutboxRow[] = [];
  const alarms: number[] = [];
  const of = (name: OutboxLaneName) => rows.filter((row) => row.event.destination === name);
  const core = createQueueCore({
    ctx: {
      storage: {
        setAlarm: (atMs: number) => {
          alarms.push(atMs);
          return Promise.resolve();
        },
      },
      abort: (why: string) => assert.fail(why),
    } as never,
    store: {
      load: () => rig.state as WritableQueueState,
      recall: () => {},
      append: (_before, { events }, nowMs) => {
        for (const event of events) {
          const sequence = rows.length + 1;
          rows.push({ sequence, eventId: `e:${sequence}`, event, createdAtMs: nowMs });
        }
      },
      flush: () => {},
      isLong: () => false,
      shorten: () => assert.fail("the log is short"),
      forget: () => {},
      pending: (destination, limit) => of(destination).slice(0, limit),
      destinations: () => [...new Set(rows.map((row) => row.event.destination))],
      delivered: (sequences) => {
        for (const sequence of sequences) rows.splice(rows.findIndex((row) => row.sequence === sequence), 1);
      },
    },
    clock: { nowMs: rig.nowMs, toPlatformMs: (ms) => ms, advance: rig.advance },
    random: { bytes: (count) => crypto.getRandomValues(new Uint8Array(count)) },
    senders: {
      history: () => new Promise(() => {}),
      task_log: () => Promise.resolve(),
      gate: () => Promise.resolve(),
    },
    hasHistory: true,
    onApplied: () => {},
    atEndOfTurn: (callback) => queueMicrotask(callback),
  });
  const note = () =>
    core.run((draft) => {
      draft.audit("note", "user:ada", { subject: "test" });
      return ok(null);
    });
  return { rig, core, alarms, note, jobId: job.id, runId: run.id };
}

/** Lets everything that waits for no timer happen. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

Deno.test("an alarm ends while the history does not answer, as the next lease's end waits for it", async () => {
  const { rig, core, note, jobId } = queueWithSilentHistory();
  note();
  let hasEnded = false;
  rig.advance(1_000);
  void core.onAlarm().then(() => hasEnded = true);
  await settle();
  assert.equal(hasEnded, true, "an object gets its next alarm only when this one has ended");
  rig.advance(LEASE_MS);
  await core.onAlarm();
  assert.equal(rig.job(jobId).state.kind, "queued");
});

Deno.test("an alarm wakes the object seldom while a delivery is under way, and in time for the next lease", async () => {
  const { rig, core, alarms, note } = queueWithSilentHistory();
  note();
  rig.advance(1_000);
  void core.onAlarm();
  await settle();
  const first = alarms.at(-1)! - rig.nowMs();
  assert.ok(first >= 5_000, `woken again after ${first} ms`);
  rig.advance(LEASE_MS - 2_000);
  void core.onAlarm();
  await settle();
  const second = alarms.at(-1)! - rig.nowMs();
  assert.ok(second <= 1_000, `woken ${second} ms later: the lease ends in 1000 ms`);
});

/** A core over a store that keeps nothing, whose writes are counted, or fail. */
function coreWithStore() {
  const rig = createQueueRig();
  const turns: (() => void)[] = [];
  const aborts: string[] = [];
  const writes: number[] = [];
  let taken = 0;
  let fault: string | null = null;
  const core = createQueueCore({
    ctx: {
      storage: { setAlarm: () => Promise.resolve(), getAlarm: () => Promise.resolve(null) },
      abort: (why: string) => aborts.push(why),
    } as never,
    store: {
      load: () => rig.state as WritableQueueState,
      recall: () => {},
      append: () => taken++,
      flush: () => {
        if (fault !== null) throw new Error(fault);
        writes.push(taken);
        taken = 0;
      },
      isLong: () => false,
      shorten: () => {},
      forget: () => {},
      pending: () => [],
      destinations: () => [],
      delivered: () => {},
    },
    clock: { nowMs: rig.nowMs, toPlatformMs: (ms) => ms, advance: rig.advance },
    random: { bytes: (count) => crypto.getRandomValues(new Uint8Array(count)) },
    senders: {},
    hasHistory: false,
    onApplied: () => {},
    atEndOfTurn: (callback) => turns.push(callback),
  });
  const put = () =>
    core.run((draft) => ok(draft.put({ kind: "line_turn", row: { id: "l" as never, turn: 1 } })));
  return {
    rig,
    core,
    aborts,
    writes,
    put,
    fail: (why: string) => fault = why,
    endTurn: () => turns.shift()!(),
  };
}

/** Whether a promise is settled by now. */
async function stateOf(promise: Promise<void>): Promise<string> {
  let state = "waits";
  promise.then(() => state = "done", () => state = "failed");
  await settle();
  return state;
}

Deno.test("decisions of one turn are one write, and nobody is answered before it, readers neither", async () => {
  const { rig, core, writes, put, endTurn } = coreWithStore();
  assert.equal(await stateOf(core.committed()), "done", "there is nothing to wait for");
  put();
  put();
  put();
  assert.equal(rig.state.lineTurns.get("l" as never), 1, "memory has it at once");
  const reader = core.committed();
  assert.equal(await stateOf(reader), "waits");
  endTurn();
  assert.equal(await stateOf(reader), "done");
  assert.deepEqual(writes, [3]);
});

Deno.test("after a write that failed nobody is answered, nothing is decided, and the object starts again", async () => {
  const { core, aborts, put, fail, endTurn } = coreWithStore();
  put();
  const answer = core.committed();
  fail("disk is full");
  endTurn();
  assert.equal(await stateOf(answer), "failed");
  assert.deepEqual(aborts, ["write_failed"]);
  assert.throws(put, /the last write must have succeeded/);
  assert.equal(await stateOf(core.committed()), "failed", "what is in memory is not shown");
});
