/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { type LoggedEvent, turnOf } from "./log_ending.ts";

const event = (eventId: string, kind: string, ends: LoggedEvent["ends"] = null): LoggedEvent => ({
  entry: { eventId, atMs: 1, kind, stationId: null, jobId: null, runId: null, runnerName: null, detail: "" },
  ends,
});

Deno.test("a log ends with its task's end, and goes on when the task is tried again", () => {
  assert.equal(turnOf([event("q:1", "job_queued")]), null);
  const end = event("q:2", "task_failed", "failed");
  assert.deepEqual(turnOf([event("q:1", "job_finished"), end]), {
    kind: "ends",
    eventId: "q:2",
    status: "failed",
  });
  const again = event("q:3", "task_retried");
  assert.deepEqual(turnOf([end, again, event("q:4", "job_queued")]), { kind: "goes_on" });
  assert.deepEqual(turnOf([again, event("q:5", "task_completed", "completed")])?.kind, "ends");
});
