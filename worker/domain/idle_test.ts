/// <reference lib="deno.ns" />
/** Silence of the agent, as the control plane judges it by itself: the station's limit and a grace (Line 5). */
import assert from "node:assert/strict";
import { createQueueRig, HEARTBEAT, lineOf, type QueueRig, station } from "../../test/fake/queue_rig.ts";
import { RUN_DEADLINE_GRACE_MS } from "../limits.ts";
import { nextExpiryMs } from "./expiry.ts";
import { admitLog } from "./report.ts";

const LIMIT_MS = 5 * 60_000 + RUN_DEADLINE_GRACE_MS;
const BEAT_MS = 20_000;

function stage() {
  const rig = createQueueRig();
  rig.line("tidy", lineOf([station("a", { idleTimeoutMinutes: 5, maxTimeoutMinutes: 600 })]));
  const task = rig.submit("tidy");
  const runnerId = rig.runner("r1");
  const { job, run } = rig.take(runnerId);
  return {
    rig,
    runnerId,
    task,
    /** Heartbeats for so long; does the run live? */
    live: (ms: number, report = HEARTBEAT) => beat(rig, runnerId, ms, report),
    print: () =>
      rig.must((draft) => admitLog(draft, runnerId, { runId: run.id, jobId: job.id, leaseEpoch: null })),
    end: () => {
      const { state } = rig.job(job.id);
      return state.kind === "finished" ? [state.outcome, state.reason] : state.kind;
    },
  };
}

function beat(rig: QueueRig, runnerId: Parameters<QueueRig["report"]>[0], ms: number, report = HEARTBEAT) {
  for (let spentMs = 0; spentMs < ms; spentMs += BEAT_MS) {
    rig.advance(Math.min(BEAT_MS, ms - spentMs));
    rig.expire();
    rig.report(runnerId, report);
  }
}

Deno.test("a run that never showed activity is not judged by its silence", () => {
  const { live, end } = stage();
  live(3 * LIMIT_MS);
  assert.equal(end(), "in_progress");
});

Deno.test("after its last output a silent run ends as cancelled, however often its runner calls", () => {
  const { live, print, end, rig, task } = stage();
  live(BEAT_MS);
  print();
  live(LIMIT_MS - 1);
  assert.equal(end(), "in_progress");
  live(1);
  assert.deepEqual(end(), ["cancelled", "idle_timeout"]);
  const { state } = rig.task(task.id);
  assert.ok(state.kind === "failed" && state.reason === "idle_timeout");
});

Deno.test("each output, and a heartbeat that says how long the agent was silent, begins the silence anew", () => {
  const { live, print, end } = stage();
  print();
  live(LIMIT_MS - 2 * BEAT_MS);
  print();
  live(LIMIT_MS - 2 * BEAT_MS);
  assert.equal(end(), "in_progress");
  live(3 * LIMIT_MS, { ...HEARTBEAT, idleMs: 1_000 });
  assert.equal(end(), "in_progress");
});

Deno.test("what a heartbeat says counts from when the agent fell silent, and never backwards", () => {
  const { rig, runnerId, print, end, live } = stage();
  rig.advance(BEAT_MS);
  print();
  rig.report(runnerId, { ...HEARTBEAT, idleMs: 10 * LIMIT_MS });
  live(LIMIT_MS - BEAT_MS);
  assert.equal(end(), "in_progress");
  rig.report(runnerId, { ...HEARTBEAT, idleMs: BEAT_MS });
  live(LIMIT_MS - BEAT_MS - 1);
  assert.equal(end(), "in_progress");
  live(1);
  assert.deepEqual(end(), ["cancelled", "idle_timeout"]);
});

Deno.test("the object is woken when the silence is over, if that comes first", () => {
  const { rig, print, live, runnerId } = stage();
  print();
  const activeAtMs = rig.nowMs();
  live(LIMIT_MS - BEAT_MS);
  rig.report(runnerId, HEARTBEAT);
  assert.equal(nextExpiryMs(rig.state), activeAtMs + LIMIT_MS);
});
