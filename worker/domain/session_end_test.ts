/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import type { RunnerReport } from "../../protocol/line/runner.ts";
import type { SessionEnd, Task } from "./queue_state.ts";
import { resumeFields, withSessionEnds } from "./session_end.ts";

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

Deno.test("an agent goes on with its newest session at this station, and only with what is a word to every shell", () => {
  const runs = new Map(["r1", "r2", "r3"].map((id, n) => [id, { stationId: n === 1 ? "b" : "a" }])) as never;
  const stream = (runId: string, agentSessionId: string, broadcastId: string) => ({
    sessionId: runId,
    runId,
    agentSessionId,
    broadcastId,
    atMs: 0,
  });
  const fields = (...streams: object[]) => resumeFields(runs, { streams } as unknown as Task, "a");
  const [first, other] = [stream("r1", "c-1", "x"), stream("r2", "c-2", "y")];
  assert.deepEqual(fields(first, other), {
    broadcastId: "y",
    resumeSessionId: "c-1",
    resumeBroadcastId: "x",
  });
  assert.deepEqual(fields(first, stream("r3", "c-3", "x")).resumeSessionId, "c-3");
  assert.deepEqual(fields(stream("r1", "$(touch /tmp/x)", "a b")), {});
  assert.deepEqual(resumeFields(runs, {} as Task, "a"), {});
});
