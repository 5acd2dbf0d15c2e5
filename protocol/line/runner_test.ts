import assert from "node:assert/strict";
import { gateDecision } from "./gate.ts";
import { logQuery } from "./log.ts";
import { claimBody, pollBody, runnerRegistration, runnerReport, runReport } from "./runner.ts";
import { isoTime } from "./time.ts";

interface Schema {
  safeParse(input: unknown): { readonly success: boolean };
}
const fits = (schema: Schema, input: unknown) => schema.safeParse(input).success;

Deno.test("a registration needs a name; labels are optional and stand once", () => {
  assert.deepEqual(runnerRegistration.parse({ name: " r1 " }), { name: "r1", labels: [] });
  assert.deepEqual(runnerRegistration.parse({ name: "r1", labels: ["a", "a"] }).labels, ["a"]);
  for (const input of [{}, { name: "" }, { name: "r1", labels: "a" }, { name: "r1", token: "x" }]) {
    assert.equal(fits(runnerRegistration, input), false);
  }
});

Deno.test("a poll says its capabilities or nothing, and what other runners add is ignored (A3)", () => {
  assert.deepEqual(pollBody.parse({}), {});
  assert.deepEqual(pollBody.parse({ capabilities: [], os: "1" }), { capabilities: [] });
  assert.equal(fits(pollBody, { capabilities: "git:push" }), false);
  assert.equal(fits(claimBody, { jobId: "j", name: "r1", extra: 1 }), true);
  assert.equal(fits(claimBody, { name: "r1" }), false);
});

Deno.test("a report is one of three words with the spec's fields, nulls included (Line 8)", () => {
  for (const jobResult of ["success", "failed", "in_progress"]) {
    assert.ok(fits(runnerReport, { jobResult, exitCode: 0, error: null }));
    assert.ok(fits(runnerReport, { jobResult }));
  }
  for (const jobResult of ["failure", "cancelled", "", null, undefined]) {
    assert.equal(fits(runnerReport, { jobResult }), false);
  }
  const bad = [
    { exitCode: "0" },
    { exitCode: 1.5 },
    { leaseEpoch: -1 },
    { reason: "bored" },
    { headCommit: "main" },
    { headCommit: "A".repeat(40) },
    { conclusion: "cancelled" },
    { error: "x".repeat(4_001) },
  ];
  for (const field of bad) assert.equal(fits(runnerReport, { jobResult: "failed", ...field }), false);
});

Deno.test("the reference's report, a gate decision and a chunk's query are checked the same way", () => {
  assert.ok(fits(runReport, { status: "completed", conclusion: "success", sessionId: "s", logs: "x" }));
  assert.ok(fits(runReport, { status: "in_progress", conclusion: null }));
  assert.equal(fits(runReport, { status: "done" }), false);
  assert.equal(fits(runReport, { status: "completed" }), false);
  assert.deepEqual(gateDecision.parse({ action: "approve" }), { action: "approve", reason: "" });
  for (
    const input of [{ action: "yes" }, {}, { action: "approve", by: "me" }, { action: "reject", reason: 1 }]
  ) {
    assert.equal(fits(gateDecision, input), false);
  }
  assert.deepEqual(logQuery.parse({ sequence: "3", offset: "0" }), { sequence: 3, offset: 0 });
  for (const sequence of ["-1", "1.5", "x"]) assert.equal(fits(logQuery, { sequence }), false);
});

Deno.test("a time on the wire is ISO-8601 in UTC", () => {
  assert.equal(isoTime(0), "1970-01-01T00:00:00.000Z");
  assert.equal(isoTime(1_700_000_000_123), "2023-11-14T22:13:20.123Z");
});
