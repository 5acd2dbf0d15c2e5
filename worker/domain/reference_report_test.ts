/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { runReport } from "../../protocol/line/runner.ts";
import { createQueueRig, lineOf, station } from "../../test/fake/queue_rig.ts";
import { reportOfRun } from "./reference_report.ts";

const translate = (body: object) => reportOfRun(runReport.parse(body), "j1");

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
  assert.equal(translate({ status: "completed", conclusion: "cancelled" }).jobResult, "failed");
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
