/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import type { JobId } from "../../protocol/ids.ts";
import { IDLE_TIMEOUT_DEFAULT_MINUTES, LEASE_MS } from "../../protocol/limits.ts";
import { createQueueRig, HEARTBEAT, lineOf, station, SUCCESS } from "../../test/fake/queue_rig.ts";
import { RUN_DEADLINE_GRACE_MS } from "../limits.ts";
import { authenticate } from "./authorize.ts";
import type { QueueError } from "./job_queue_api.ts";
import type { Result } from "../../protocol/result.ts";
import type { Run } from "./queue_state.ts";
import { taskStatus } from "./task_status.ts";

function setUp(trigger: object = {}) {
  const rig = createQueueRig();
  rig.line("tidy", lineOf([station("a", trigger), station("b")]));
  const task = rig.submit("tidy");
  return { rig, task, job: rig.jobOf(task.id) };
}
function refusal(result: Result<unknown, QueueError>): QueueError {
  assert.ok(!result.ok);
  return result.error;
}
/** Whether the token of a run still counts. */
const counts = (rig: ReturnType<typeof createQueueRig>, run: Run) =>
  (["job", "repository"] as const).map((kind) => authenticate(rig.state, rig.runCaller(kind, run.id)).ok);

Deno.test("a claim starts a run, raises the epoch and takes a lease (Q1)", () => {
  const { rig, task, job } = setUp({ maxTimeoutMinutes: 7 });
  const runner = rig.runner("r1");
  const { run } = rig.take(runner);
  const held = rig.job(job.id);
  assert.deepEqual(held.state, {
    kind: "claimed",
    runId: run.id,
    runnerId: runner,
    leaseUntilMs: rig.nowMs() + LEASE_MS,
    deadlineMs: rig.nowMs() + 7 * 60_000 + RUN_DEADLINE_GRACE_MS,
    idleLimitMs: IDLE_TIMEOUT_DEFAULT_MINUTES * 60_000 + RUN_DEADLINE_GRACE_MS,
  });
  assert.deepEqual([held.leaseEpoch, run.leaseEpoch, held.runIds], [1, 1, [run.id]]);
  assert.equal(taskStatus(rig.task(task.id)), "claimed");
  assert.equal(rig.state.runners.get(runner)?.lastRunId, run.id);
});

Deno.test("an offer changes nothing about the job", () => {
  const { rig, job } = setUp();
  assert.equal(rig.offer(rig.runner("r1"), [])?.id, job.id);
  assert.deepEqual([rig.last.changes, rig.last.events], [[], []]);
});

Deno.test("a job is claimed by one runner; the next one gets job_not_queued", () => {
  const { rig, job } = setUp();
  const [one, two] = [rig.runner("r1"), rig.runner("r2")];
  assert.ok(rig.claim(one, job.id).ok);
  assert.deepEqual(refusal(rig.claim(two, job.id)), {
    reason: "job_not_queued",
    jobId: job.id,
    status: "claimed",
  });
  assert.equal(rig.offer(two), null);
});

Deno.test("the same runner claiming again gets the same run with the same tokens, and a fresh lease", () => {
  const { rig, job } = setUp();
  const runner = rig.runner("r1");
  const first = rig.take(runner);
  rig.advance(1_000);
  const again = rig.claim(runner, job.id);
  assert.ok(again.ok);
  assert.equal(again.value.run.id, first.run.id);
  assert.equal(rig.job(job.id).leaseEpoch, 1);
  const { state } = rig.job(job.id);
  assert.ok(state.kind === "claimed" && state.leaseUntilMs === rig.nowMs() + LEASE_MS);
  assert.deepEqual(counts(rig, first.run), [true, true]);
});

Deno.test("claiming again does not move the end of the run, and does not undo its start (Q3)", () => {
  const { rig, task, job } = setUp();
  const runner = rig.runner("r1");
  rig.take(runner);
  const before = rig.job(job.id).state as { deadlineMs: number };
  rig.report(runner, HEARTBEAT);
  rig.advance(1_000);
  assert.ok(rig.claim(runner, job.id).ok);
  const after = rig.job(job.id).state;
  assert.ok(after.kind === "in_progress" && after.deadlineMs === before.deadlineMs);
  assert.equal(taskStatus(rig.task(task.id)), "in_progress");
});

Deno.test("a runner that holds a job is offered nothing and may claim no other (Line 12)", () => {
  const { rig, job } = setUp();
  const runner = rig.runner("r1");
  rig.take(runner);
  const other = rig.jobOf(rig.submit("tidy").id);
  assert.equal(rig.offer(runner), null);
  assert.deepEqual(refusal(rig.claim(runner, other.id)), { reason: "runner_busy", jobId: job.id });
  rig.report(runner, SUCCESS);
  assert.ok(rig.claim(runner, other.id).ok);
});

Deno.test("a claim is refused with what the runner lacks", () => {
  const { rig, job } = setUp({ labels: ["linux", "gpu"], needs: ["git:push"] });
  const runner = rig.runner("r1", ["linux"]);
  assert.deepEqual(refusal(rig.claim(runner, job.id, [])), {
    reason: "runner_does_not_match",
    missing: ["label gpu", "capability git:push"],
  });
  assert.deepEqual([rig.last.changes, rig.last.events], [[], []]);
});

Deno.test("a claim of an unknown or finished job is refused", () => {
  const { rig, job } = setUp();
  const runner = rig.runner("r1");
  assert.deepEqual(refusal(rig.claim(runner, "nope" as JobId)), {
    reason: "not_found",
    what: "job",
    id: "nope",
  });
  rig.work(runner, SUCCESS);
  assert.deepEqual(refusal(rig.claim(runner, job.id)), {
    reason: "job_not_queued",
    jobId: job.id,
    status: "finished",
  });
});

Deno.test("a run has two tokens, bound to its job and task, and they die with it (S1, A24)", () => {
  const { rig, task, job } = setUp();
  const runner = rig.runner("r1");
  const { run } = rig.take(runner);
  for (const kind of ["job", "repository"] as const) {
    const found = authenticate(rig.state, rig.runCaller(kind, run.id));
    assert.ok(found.ok);
    assert.deepEqual(found.value, { kind, name: job.id, jobId: job.id, taskId: task.id });
  }
  rig.report(runner, SUCCESS);
  assert.deepEqual(counts(rig, run), [false, false]);
});

Deno.test("tokens of a lost run die with it, before anybody claims the job again", () => {
  const { rig, job } = setUp();
  const { run } = rig.take(rig.runner("r1"));
  rig.advance(LEASE_MS);
  rig.expire();
  assert.equal(rig.job(job.id).state.kind, "queued");
  assert.deepEqual(counts(rig, run), [false, false]);
});

Deno.test("no change or event of a claim holds a secret (S1)", () => {
  const { rig } = setUp();
  const { run } = rig.take(rig.runner("r1"));
  const written = JSON.stringify([rig.last.changes, rig.last.events]);
  for (const kind of ["job", "repository"] as const) {
    assert.equal(written.includes(rig.tokens[kind](run.id).slice(-43)), false);
  }
});
