/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import type { RunnerReport } from "../../protocol/line/runner.ts";
import type { SessionEnd, Task } from "./queue_state.ts";
import { withSessionEnds } from "./session_end.ts";

const NOTHING: SessionEnd = { conclusion: null, message: null, gitCommit: null, gitPushError: null };
const COMMIT = "0123456789".repeat(4);

function merged(report: RunnerReport, ...ends: readonly Partial<SessionEnd>[]): RunnerReport {
  const streams = ends.map((end, n) => ({
    sessionId: `s${n}`,
    broadcastId: null,
    atMs: n,
    runId: "r",
    end: { ...NOTHING, ...end },
  }));
  const other = {
    ...streams[0],
    sessionId: "other",
    runId: "before",
    end: { ...NOTHING, conclusion: "failure" },
  };
  return withSessionEnds({ streams: [other, ...streams] } as unknown as Task, "r" as never, report);
}

const SUCCESS: RunnerReport = { jobResult: "success" };

Deno.test("a report is what it was when its operator said nothing, or is of another run", () => {
  assert.equal(merged(SUCCESS), SUCCESS);
  const heartbeat: RunnerReport = { jobResult: "in_progress" };
  assert.equal(merged(heartbeat, { conclusion: "failure" }), heartbeat);
  assert.equal(withSessionEnds({} as Task, "r" as never, SUCCESS), SUCCESS);
});

Deno.test("what is no success makes the report none, with the reason that is known", () => {
  const failure = merged(SUCCESS, { conclusion: "success" }, { conclusion: "failure", message: "red" });
  assert.deepEqual([failure.jobResult, failure.error, failure.summary], ["failed", "red", "red"]);
  assert.equal(merged(SUCCESS, { conclusion: "incomplete" }).error, "the operator concluded incomplete");
  assert.equal(merged(SUCCESS, { conclusion: "success", gitPushError: "no" }).error, "no");
  for (const conclusion of ["cancelled", "idle_timeout", "timeout"] as const) {
    const cut = merged(SUCCESS, { conclusion });
    assert.deepEqual([cut.jobResult, cut.reason], ["failed", conclusion]);
  }
});

Deno.test("an operator's success adds what it knows, and takes no failure back", () => {
  const end = { conclusion: "success", message: "done", gitCommit: COMMIT } as const;
  const fine = merged({ ...SUCCESS, summary: null }, end);
  assert.deepEqual([fine.jobResult, fine.summary, fine.headCommit], ["success", "done", COMMIT]);
  assert.equal(merged(SUCCESS, { ...end, gitCommit: "HEAD" }).headCommit, null);
  assert.equal(merged({ jobResult: "failed", error: "disk" }, end).error, "disk");
  assert.equal(merged({ ...SUCCESS, summary: "mine" }, end).summary, "mine");
});
