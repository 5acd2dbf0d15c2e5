/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { runReport } from "../../protocol/line/runner.ts";
import { createQueueRig, lineOf, station } from "../../test/fake/queue_rig.ts";
import { reportOfRun } from "./reference_report.ts";

const translateFor = (jobId: string, body: object) => reportOfRun(runReport.parse(body), jobId);
const translate = (body: object) => translateFor("j1", body);

Deno.test("the reference's report becomes ours (Line 4.2, A4, A5)", () => {
  const common = { jobId: "j1", exitCode: null };
  assert.deepEqual(translate({ status: "in_progress" }), { jobId: "j1", jobResult: "in_progress" });
  assert.deepEqual(translate({ status: "queued", leaseEpoch: 2 }), {
    jobId: "j1",
    leaseEpoch: 2,
    jobResult: "in_progress",
  });
  assert.deepEqual(translate({ status: "completed", conclusion: "success", completionReason: "success" }), {
    ...common,
    jobResult: "success",
    error: null,
  });
  assert.deepEqual(
    translate({ status: "completed", conclusion: "failure", completionReason: "tests are red" }),
    {
      ...common,
      jobResult: "failed",
      error: "tests are red",
    },
  );
  for (const reason of ["timeout", "idle_timeout"]) {
    assert.deepEqual(translate({ status: "completed", conclusion: "failure", completionReason: reason }), {
      ...common,
      jobResult: "failed",
      error: reason,
      reason,
    });
  }
});

Deno.test("every conclusion of the reference ends the job as Line 8 and A5 say, and a timeout is never success", () => {
  const rows = [
    [{ conclusion: "success" }, "success", null],
    [{ conclusion: "failure" }, "failure", "failure"],
    [{ conclusion: "incomplete" }, "failure", "incomplete"],
    [{ conclusion: "cancelled" }, "cancelled", "cancelled"],
    [{ conclusion: "timeout" }, "cancelled", "timeout"],
    [{ conclusion: "idle_timeout" }, "cancelled", "idle_timeout"],
    [{ conclusion: "failure", completionReason: "idle_timeout" }, "cancelled", "idle_timeout"],
    [{ conclusion: "success", completionReason: "timeout" }, "cancelled", "timeout"],
    [{ conclusion: "failure", completionReason: "cancelled" }, "failure", "cancelled"],
    [{ conclusion: "success", exitCode: 3 }, "failure", "exit code 3"],
  ] as const;
  for (const [body, outcome, reason] of rows) {
    const rig = createQueueRig();
    rig.line("tidy", lineOf([station("a")]));
    rig.submit("tidy");
    const runner = rig.runner("r1");
    const { job } = rig.take(runner);
    assert.ok(rig.report(runner, translateFor(job.id, { status: "completed", ...body })).ok);
    const { state } = rig.job(job.id);
    assert.ok(state.kind === "finished");
    assert.deepEqual([state.outcome, state.reason], [outcome, reason], JSON.stringify(body));
  }
});

Deno.test("the reference sends both reports, in either order, and the first one counts (A4)", () => {
  for (const [conclusion, jobResult] of [["success", "success"], ["failure", "failed"]] as const) {
    for (const isRunFirst of [true, false]) {
      const rig = createQueueRig();
      rig.line("tidy", lineOf([station("a")]));
      rig.submit("tidy");
      const runner = rig.runner("r1");
      const { job } = rig.take(runner);
      const reports = [
        reportOfRun(
          runReport.parse({ status: "completed", conclusion, completionReason: conclusion }),
          job.id,
        ),
        { jobResult, error: jobResult === "failed" ? conclusion : null },
      ];
      for (const report of isRunFirst ? reports : reports.toReversed()) {
        assert.ok(rig.report(runner, report).ok);
      }
      assert.deepEqual([rig.last.changes, rig.last.events], [[], []]);
      const { state } = rig.job(job.id);
      assert.ok(state.kind === "finished" && state.outcome === conclusion);
    }
  }
});
