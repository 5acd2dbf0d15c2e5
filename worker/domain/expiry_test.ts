/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { LEASE_MS, RUNS_PER_JOB_MAX } from "../../protocol/limits.ts";
import { createQueueRig, HEARTBEAT, lineOf, station, SUCCESS } from "../../test/fake/queue_rig.ts";
import { RUN_DEADLINE_GRACE_MS } from "../limits.ts";
import { nextExpiryMs } from "./expiry.ts";
import { taskStatus } from "./task_status.ts";

const LIMIT_MS = 10 * 60_000 + RUN_DEADLINE_GRACE_MS;

function setUp(rules: object[] = []) {
  const rig = createQueueRig();
  rig.line("tidy", lineOf([station("a", { maxTimeoutMinutes: 10 }), station("b")], rules));
  const task = rig.submit("tidy");
  const runner = rig.runner("r1");
  const { run, job } = rig.take(runner);
  /** Heartbeats until `ms` have passed. */
  const live = (ms: number) => {
    const endMs = rig.nowMs() + ms;
    while (rig.nowMs() < endMs) {
      rig.advance(Math.min(LEASE_MS - 1, endMs - rig.nowMs()));
      rig.report(runner, { ...HEARTBEAT, runId: run.id });
    }
  };
  return { rig, task, runner, run, job, live };
}

Deno.test("a lease lives to its last millisecond and no longer", () => {
  const { rig, task, run, job } = setUp();
  rig.advance(LEASE_MS - 1);
  rig.expire();
  assert.equal(rig.job(job.id).state.kind, "claimed");
  assert.deepEqual([rig.last.changes, rig.last.events], [[], []]);
  rig.advance(1);
  rig.expire();
  assert.equal(rig.job(job.id).state.kind, "queued");
  assert.deepEqual(rig.state.runs.get(run.id)?.state, {
    kind: "finished",
    outcome: "lost",
    report: null,
    endedAtMs: rig.nowMs(),
  });
  assert.equal(taskStatus(rig.task(task.id)), "queued");
  assert.equal(rig.timeline(task.id).at(-1), "run_lost");
});

Deno.test("expiring twice changes nothing more (O3)", () => {
  const { rig } = setUp();
  rig.advance(LEASE_MS);
  rig.expire();
  rig.expire();
  assert.deepEqual([rig.last.changes, rig.last.events], [[], []]);
});

Deno.test("a lost run gives back the same job, at its old place in the queue (Q4)", () => {
  const { rig, job, runner } = setUp();
  rig.advance(1);
  rig.submit("tidy");
  rig.advance(LEASE_MS);
  rig.expire();
  const again = rig.take(runner);
  assert.deepEqual([again.job.id, again.job.attempt, again.run.leaseEpoch], [job.id, 1, 2]);
});

Deno.test("after too many lost runs the job ends as cancelled, lost_runner, and the rules apply (Q4)", () => {
  const { rig, task, job, runner } = setUp([{ from: "a", to: "b", condition: "cancelled" }]);
  for (let lost = 1; lost <= RUNS_PER_JOB_MAX; lost++) {
    if (lost > 1) rig.take(runner);
    rig.advance(LEASE_MS);
    rig.expire();
  }
  const { state, lostRuns } = rig.job(job.id);
  assert.ok(state.kind === "finished");
  assert.deepEqual([state.outcome, state.reason, lostRuns], ["cancelled", "lost_runner", RUNS_PER_JOB_MAX]);
  assert.equal(rig.jobOf(task.id).stationId, "b");
});

Deno.test("a run that stays alive past its limit ends as cancelled, max_timeout (Q3)", () => {
  const { rig, task, run, job, live } = setUp();
  live(LIMIT_MS - 1);
  rig.expire();
  assert.equal(rig.job(job.id).state.kind, "in_progress");
  live(1);
  rig.expire();
  assert.deepEqual(rig.job(job.id).state, {
    kind: "finished",
    outcome: "cancelled",
    reason: "max_timeout",
    endedAtMs: rig.nowMs(),
  });
  assert.ok(rig.state.runs.get(run.id)?.state.kind === "finished");
  assert.equal(taskStatus(rig.task(task.id)), "failed");
});

Deno.test("a late alarm decides as a timely one: a lease that ended first loses the run, not the job (O3)", () => {
  const { rig, job } = setUp();
  rig.advance(10 * LIMIT_MS);
  rig.expire();
  assert.equal(rig.job(job.id).state.kind, "queued");
  assert.equal(rig.job(job.id).lostRuns, 1);
});

Deno.test("a late alarm after a run that lived to its limit still ends the job (O3)", () => {
  const { rig, job, live } = setUp();
  live(LIMIT_MS - 1);
  rig.advance(10 * LIMIT_MS);
  rig.expire();
  assert.equal(rig.job(job.id).state.kind, "finished");
});

Deno.test("the next look is at the earliest lease end or limit, and never when nothing runs", () => {
  const { rig, runner, live } = setUp();
  const startMs = rig.nowMs();
  assert.equal(nextExpiryMs(rig.state), startMs + LEASE_MS);
  rig.advance(10);
  rig.submit("tidy");
  const other = rig.runner("r2");
  rig.take(other);
  assert.equal(nextExpiryMs(rig.state), startMs + LEASE_MS);
  rig.report(other, SUCCESS);
  live(LIMIT_MS - 20);
  assert.equal(nextExpiryMs(rig.state), startMs + LIMIT_MS);
  rig.report(runner, SUCCESS);
  assert.equal(nextExpiryMs(rig.state), null);
});

Deno.test("several runs that end at once are each dealt with once", () => {
  const { rig } = setUp();
  const jobs = [1, 2, 3].map((n) => {
    rig.submit("tidy");
    return rig.take(rig.runner(`more${n}`)).job.id;
  });
  rig.advance(LEASE_MS);
  rig.expire();
  for (const id of jobs) assert.deepEqual([rig.job(id).state.kind, rig.job(id).lostRuns], ["queued", 1]);
});
