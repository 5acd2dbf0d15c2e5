/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { HEARTBEAT_MS, LEASE_MS, RUNS_PER_JOB_MAX } from "../../protocol/limits.ts";
import type { RunnerReport } from "../../protocol/line/runner.ts";
import { createQueueRig, FAILURE, HEARTBEAT, lineOf, station, SUCCESS } from "../../test/fake/queue_rig.ts";
import { claimJob } from "./claim.ts";
import { admitLog } from "./report.ts";
import { taskStatus } from "./task_status.ts";
import { stateSource, taskView } from "./task_view.ts";

function setUp() {
  const rig = createQueueRig();
  rig.line("tidy", lineOf([station("a"), station("b")]));
  const task = rig.submit("tidy");
  const runner = rig.runner("r1");
  const { run, job } = rig.take(runner);
  /** The answer's value, or its reason. */
  const say = (report: Partial<RunnerReport>, by = runner) => {
    const answer = rig.report(by, { ...HEARTBEAT, ...report });
    return answer.ok ? answer.value : answer.error.reason;
  };
  const assertUnchanged = () => assert.deepEqual([rig.last.changes, rig.last.events], [[], []]);
  return { rig, task, runner, run, job, say, assertUnchanged };
}
const DONE = { ok: true, cancel: false, leaseUntil: null };

Deno.test("the first heartbeat starts the run and each one renews the lease", () => {
  const { rig, task, run, job, say } = setUp();
  assert.equal(taskStatus(rig.task(task.id)), "claimed");
  rig.advance(1_000);
  assert.deepEqual(say({}), {
    ok: true,
    cancel: false,
    leaseUntil: rig.nowMs() + LEASE_MS,
    heartbeatMs: HEARTBEAT_MS,
  });
  assert.equal(taskStatus(rig.task(task.id)), "in_progress");
  assert.equal(rig.state.runs.get(run.id)?.startedAtMs, rig.nowMs());
  const startedAtMs = rig.nowMs();
  rig.advance(1_000);
  assert.deepEqual(say({}), {
    ok: true,
    cancel: false,
    leaseUntil: rig.nowMs() + LEASE_MS,
    heartbeatMs: HEARTBEAT_MS,
  });
  assert.equal(rig.state.runs.get(run.id)?.startedAtMs, startedAtMs);
  assert.equal(rig.job(job.id).state.kind, "in_progress");
  assert.deepEqual(rig.timeline(task.id).filter((kind) => kind === "run_started").length, 1);
});

Deno.test("a final report ends run and job, and says what happened", () => {
  const { rig, run, job, say } = setUp();
  rig.advance(1_000);
  assert.deepEqual(say({ ...SUCCESS, summary: "all good", headCommit: "a".repeat(40) }), DONE);
  assert.deepEqual(rig.job(job.id).state, {
    kind: "finished",
    outcome: "success",
    reason: null,
    endedAtMs: rig.nowMs(),
  });
  const ended = rig.state.runs.get(run.id)!;
  assert.ok(ended.state.kind === "finished");
  assert.deepEqual([ended.state.report?.summary, ended.state.report?.headCommit], [
    "all good",
    "a".repeat(40),
  ]);
  assert.equal(ended.startedAtMs, run.claimedAtMs);
});

Deno.test("any sign of failure wins (A19), and a timeout named as such is 'cancelled' (A5)", async (t) => {
  const cases: [Partial<RunnerReport>, string, string | null][] = [
    [SUCCESS, "success", null],
    [{ jobResult: "success" }, "success", null],
    [{ jobResult: "success", exitCode: 3 }, "failure", "exit code 3"],
    [
      { jobResult: "success", exitCode: 0, conclusion: "failure", summary: "tests are red" },
      "failure",
      "tests are red",
    ],
    [{ jobResult: "failed", exitCode: 0, conclusion: "success" }, "failure", "exit code 0"],
    [{ jobResult: "failed", exitCode: -1, error: "no operator" }, "failure", "no operator"],
    [{ jobResult: "failed" }, "failure", "exit code unknown"],
    [{ jobResult: "failed", exitCode: 1, error: "too slow", reason: "timeout" }, "cancelled", "timeout"],
    [{ jobResult: "failed", reason: "idle_timeout" }, "cancelled", "idle_timeout"],
  ];
  for (const [report, outcome, reason] of cases) {
    await t.step(JSON.stringify(report), () => {
      const { rig, job, say } = setUp();
      say(report);
      const { state } = rig.job(job.id);
      assert.ok(state.kind === "finished");
      assert.deepEqual([state.outcome, state.reason], [outcome, reason]);
    });
  }
});

Deno.test("the same final report again is accepted and changes nothing (Q2)", () => {
  const { run, say, assertUnchanged } = setUp();
  const report = { ...SUCCESS, summary: "all good", runId: run.id };
  say(report);
  assert.deepEqual(say(report), DONE);
  assertUnchanged();
  assert.deepEqual(say(SUCCESS), DONE, "and without ids it is about the runner's last run");
  assertUnchanged();
});

Deno.test("the reference's second report, which says less, is the same report (A4)", () => {
  const { job, say, assertUnchanged } = setUp();
  say({ ...FAILURE, jobId: job.id });
  assert.deepEqual(say({ jobResult: "failed", error: FAILURE.error }), DONE);
  assertUnchanged();
});

Deno.test("a second report without ids never ends another job: one whose claim was lost on the way (A4, A29)", () => {
  const { rig, runner, job, say } = setUp();
  const { id } = rig.submit("tidy");
  const claimed = rig.must((draft) =>
    claimJob(draft, { runnerId: runner, jobId: rig.jobOf(id).id, capabilities: null, maxJobs: 2 })
  );
  assert.deepEqual(say({ ...SUCCESS, jobId: claimed.job.id }), DONE);
  assert.deepEqual(say({ jobResult: "success", error: null }), DONE);
  assert.equal(rig.job(job.id).state.kind, "claimed");
  for (const other of [FAILURE, HEARTBEAT]) assert.equal(say(other), "ambiguous_job");
  assert.equal(rig.job(job.id).state.kind, "claimed");
});

Deno.test("a second, different final report is refused and changes nothing (Q2)", () => {
  for (
    const other of [
      FAILURE,
      { ...SUCCESS, exitCode: 1 },
      { ...SUCCESS, conclusion: "failure" as const },
      { ...SUCCESS, summary: "something else" },
      { ...SUCCESS, headCommit: "b".repeat(40) },
    ]
  ) {
    const { rig, run, job, say, assertUnchanged } = setUp();
    say({ ...SUCCESS, summary: "all good", headCommit: "a".repeat(40), runId: run.id });
    const before = rig.job(job.id);
    assert.equal(say({ ...other, runId: run.id }), "run_finished");
    assertUnchanged();
    assert.equal(rig.job(job.id), before);
  }
});

Deno.test("a heartbeat of a run that is over asks the runner to stop", () => {
  const { run, say, assertUnchanged } = setUp();
  say(SUCCESS);
  assert.deepEqual(say({ runId: run.id }), { ok: true, cancel: true, leaseUntil: null });
  assertUnchanged();
});

Deno.test("a wrong epoch is refused and changes nothing, for heartbeats and reports alike (Q1)", () => {
  const { run, job, say, assertUnchanged } = setUp();
  for (const leaseEpoch of [0, 2]) {
    for (const report of [HEARTBEAT, SUCCESS]) {
      assert.equal(say({ ...report, runId: run.id, leaseEpoch }), "stale_lease");
      assertUnchanged();
      assert.equal(say({ ...report, jobId: job.id, leaseEpoch }), "stale_lease");
      assertUnchanged();
    }
  }
  assert.deepEqual(say({ ...SUCCESS, runId: run.id, leaseEpoch: 1 }), DONE);
});

Deno.test("a report of a lost run is refused, before and after another runner has the job (Q1)", () => {
  const { rig, run, job, say, assertUnchanged } = setUp();
  rig.advance(LEASE_MS);
  rig.expire();
  for (const report of [HEARTBEAT, SUCCESS]) assert.equal(say({ ...report, runId: run.id }), "stale_lease");
  rig.take(rig.runner("r2"));
  for (const report of [HEARTBEAT, SUCCESS]) {
    for (const ids of [{ runId: run.id }, { jobId: job.id }, {}]) {
      assert.equal(say({ ...report, ...ids }), "stale_lease");
      assertUnchanged();
    }
  }
  assert.equal(rig.job(job.id).state.kind, "claimed");
});

Deno.test("a late report of an old run does not touch the new run of the same runner when it names its epoch", () => {
  const { rig, job, say } = setUp();
  const runner = rig.runner("r1");
  rig.advance(LEASE_MS);
  rig.expire();
  rig.take(runner);
  assert.equal(say({ ...SUCCESS, jobId: job.id, leaseEpoch: 1 }), "stale_lease");
  assert.equal(rig.job(job.id).state.kind, "claimed");
  assert.deepEqual(say({ ...SUCCESS, jobId: job.id, leaseEpoch: 2 }), DONE);
});

Deno.test("a runner may not speak about a run of another", () => {
  const { rig, run, job, say, assertUnchanged } = setUp();
  const other = rig.runner("r2");
  assert.equal(say({ ...SUCCESS, runId: run.id }, other), "not_your_runner");
  assertUnchanged();
  assert.equal(say({ ...SUCCESS, jobId: job.id }, other), "no_active_job");
  assert.equal(say(SUCCESS, other), "no_active_job");
});

Deno.test("unknown ids, and ids that do not belong together, are not found", () => {
  const { rig, run, runner, say } = setUp();
  assert.equal(say({ runId: "nope" }), "not_found");
  assert.equal(say({ jobId: "nope" }), "not_found");
  rig.report(runner, SUCCESS);
  const { job } = rig.take(runner);
  assert.equal(say({ runId: run.id, jobId: job.id }), "not_found");
});

Deno.test("a runner that stops gives its job back, and the next claim makes a new run", () => {
  const { rig, task, run, job, say } = setUp();
  assert.deepEqual(say({ ...FAILURE, reason: "runner_stopped", runId: run.id }), DONE);
  assert.equal(rig.job(job.id).state.kind, "queued");
  assert.equal(rig.job(job.id).lostRuns, 1);
  assert.equal(taskStatus(rig.task(task.id)), "queued");
  const next = rig.take(rig.runner("r2"));
  assert.deepEqual([next.job.id, next.run.leaseEpoch], [job.id, 2]);
  assert.notEqual(next.run.id, run.id);
});

Deno.test("the same 'runner_stopped' again is accepted, until another run has begun (Q2, Q1)", () => {
  const { rig, run, say, assertUnchanged } = setUp();
  const report = { ...FAILURE, reason: "runner_stopped", runId: run.id } as const;
  say(report);
  assert.deepEqual(say(report), DONE);
  assertUnchanged();
  assert.equal(say({ ...SUCCESS, runId: run.id }), "stale_lease");
  rig.take(rig.runner("r2"));
  assert.equal(say(report), "stale_lease");
});

Deno.test("a job whose runners keep stopping ends as cancelled (Q4)", () => {
  const { rig, runner, job, say } = setUp();
  for (let lost = 1; lost <= RUNS_PER_JOB_MAX; lost++) {
    if (lost > 1) rig.take(runner);
    assert.deepEqual(say({ ...FAILURE, reason: "runner_stopped" }), DONE);
  }
  const { state } = rig.job(job.id);
  assert.ok(state.kind === "finished");
  assert.deepEqual([state.outcome, state.reason], ["cancelled", "lost_runner"]);
});

Deno.test("a chunk of output is a sign of life; after the end it is let in with the wish to stop", () => {
  const { rig, task, runner, run, job } = setUp();
  const admit = (leaseEpoch: number | null) => {
    const answer = rig.run((draft) => admitLog(draft, runner, { runId: run.id, jobId: job.id, leaseEpoch }));
    return answer.ok ? answer.value : answer.error.reason;
  };
  rig.advance(1_000);
  assert.deepEqual(admit(1), { taskId: task.id, stationId: "a", cancel: false });
  const { state } = rig.job(job.id);
  assert.ok(state.kind === "in_progress" && state.leaseUntilMs === rig.nowMs() + LEASE_MS);
  assert.equal(admit(2), "stale_lease");
  rig.cancel(task.id);
  assert.deepEqual(admit(null), { taskId: task.id, stationId: "a", cancel: true });
});

Deno.test("a chunk of a lost run is refused", () => {
  const { rig, runner, run, job } = setUp();
  rig.advance(LEASE_MS);
  rig.expire();
  const answer = rig.run((draft) =>
    admitLog(draft, runner, { runId: run.id, jobId: job.id, leaseEpoch: null })
  );
  assert.ok(!answer.ok && answer.error.reason === "stale_lease");
});

Deno.test("a heartbeat that only renews the lease tells nobody: rows cost (D3)", () => {
  const { rig, say } = setUp();
  say({});
  assert.notEqual(rig.last.events.length, 0);
  rig.advance(1_000);
  say({});
  assert.equal(rig.last.events.length, 0);
  assert.equal(rig.last.changes.map((change) => change.kind).join(), "job");
});

const USED = {
  inputTokens: 1_200,
  outputTokens: 300,
  cacheReadTokens: 9_000,
  cacheWriteTokens: 0,
  costUsd: 0.25,
};

Deno.test("what the agent used of its model is the run's, by heartbeat and by report, and never goes back", () => {
  const { rig, run, task, say } = setUp();
  const usage = () => rig.state.runs.get(run.id)!.usage;
  say({});
  assert.equal(usage(), undefined);
  say({ usage: USED });
  assert.deepEqual(usage(), USED);
  say({ usage: USED });
  assert.equal(rig.last.changes.map((change) => change.kind).join(), "job", "the same again is no news");
  say({ usage: { ...USED, outputTokens: 100, costUsd: null } });
  assert.deepEqual(usage(), USED);
  say({ ...SUCCESS, usage: { ...USED, outputTokens: 500, costUsd: 0.4 } });
  assert.deepEqual(usage(), { ...USED, outputTokens: 500, costUsd: 0.4 });
  const record = rig.last.events.map((event) => event.destination === "history" ? event.record : null)
    .find((one) => one?.kind === "run");
  assert.ok(record?.kind === "run");
  assert.deepEqual([record.inputTokens, record.outputTokens, record.cacheReadTokens, record.costUsd], [
    1_200,
    500,
    9_000,
    0.4,
  ]);
  assert.deepEqual(taskView(stateSource(rig.state), rig.task(task.id), "").history[0]!.usage, {
    ...USED,
    outputTokens: 500,
    costUsd: 0.4,
  });
});

Deno.test("what was told of a run stays when it is lost, given back or cancelled", () => {
  for (
    const end of [
      ({ rig }: ReturnType<typeof setUp>) => (rig.advance(LEASE_MS), rig.expire()),
      ({ say }: ReturnType<typeof setUp>) => say({ ...FAILURE, reason: "runner_stopped" }),
      ({ rig, task }: ReturnType<typeof setUp>) => rig.cancel(task.id),
    ]
  ) {
    const world = setUp();
    world.say({ usage: USED });
    end(world);
    const run = world.rig.state.runs.get(world.run.id)!;
    assert.deepEqual([run.state.kind, run.usage], ["finished", USED]);
  }
});
