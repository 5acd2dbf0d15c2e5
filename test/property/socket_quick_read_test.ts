/** The quick reader against the schemas: whatever it reads, they read to the same value. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { REASON_MAX_CHARS } from "../../protocol/limits.ts";
import { runnerReport } from "../../protocol/line/runner.ts";
import { clientMessages } from "../../protocol/runner/socket.ts";
import { quickRead, quickReport } from "../../worker/domain/socket_quick_read.ts";

const odd = fc.constantFrom(
  null,
  true,
  -1,
  0,
  1,
  1.5,
  2 ** 53,
  1_000,
  1_001,
  "",
  "success",
  "x".repeat(101),
  [],
  {},
);
const text = fc.oneof(
  fc.constantFrom("", "success", "failure", "failed", "in_progress", "x".repeat(100), "x".repeat(101)),
  fc.constantFrom("€".repeat(REASON_MAX_CHARS), "€".repeat(REASON_MAX_CHARS + 1)),
);
const number = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.double());
const value = fc.oneof(odd, text, number);
/** Right most of the time, as most messages are wrong in one place if at all. */
const mostly = (right: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 12, arbitrary: right }, { weight: 1, arbitrary: value });
const report = fc.record({
  jobResult: mostly(fc.constantFrom("success", "failed", "in_progress")),
  exitCode: mostly(fc.option(fc.integer())),
  error: mostly(fc.option(fc.string())),
  summary: mostly(fc.option(fc.string())),
  conclusion: mostly(fc.constantFrom(null, "success", "failure")),
  jobId: mostly(fc.string()),
  runId: mostly(fc.string()),
  leaseEpoch: mostly(fc.nat()),
  headCommit: fc.oneof({ weight: 12, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value }),
  surprise: fc.oneof({ weight: 12, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value }),
}, { requiredKeys: ["jobResult", "runId"] });
const entry = fc.oneof(
  fc.record({ type: fc.constant("want"), credit: mostly(fc.integer({ min: 0, max: 1_100 })) }),
  fc.record({ type: fc.constant("want"), credit: fc.nat(), id: value }, { requiredKeys: ["type"] }),
  fc.record({ type: fc.constant("report"), id: mostly(fc.nat()), report: mostly(report) }),
  fc.record({
    type: fc.constant("submit"),
    id: mostly(fc.nat()),
    lineId: mostly(fc.string()),
    cards: mostly(fc.array(value, { maxLength: 3 })),
    extra: fc.oneof({ weight: 12, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value }),
  }, { requiredKeys: ["type", "id", "lineId", "cards"] }),
  fc.record({ type: fc.constant("report"), id: fc.nat(), report, extra: value }, { requiredKeys: ["type"] }),
);

Deno.test("what is read quickly is what the schema reads", () => {
  let reads = 0;
  fc.assert(
    fc.property(entry, (made) => {
      const json = JSON.parse(JSON.stringify(made));
      const quick = quickRead(json);
      if (quick === null) return;
      reads++;
      const parsed = clientMessages[made.type].safeParse(json);
      assert.ok(parsed.success, JSON.stringify(json));
      assert.deepEqual(quick, parsed.data);
    }),
    { numRuns: 10_000 },
  );
  assert.ok(reads > 2_000, `only ${reads} were read`);
});

Deno.test("a report that is read quickly is what its schema reads, with a run's id or without", () => {
  let reads = 0;
  fc.assert(
    fc.property(fc.oneof(report, value), (made) => {
      const json = JSON.parse(JSON.stringify(made));
      const quick = quickReport(json);
      if (quick === null) return;
      reads++;
      const parsed = runnerReport.safeParse(json);
      assert.ok(parsed.success, JSON.stringify(json));
      assert.deepEqual(quick, parsed.data);
    }),
    { numRuns: 10_000 },
  );
  assert.ok(reads > 1_000, `only ${reads} were read`);
  assert.ok(quickReport({ jobResult: "in_progress" }));
  assert.equal(quickReport({ jobResult: "in_progress", name: "r" }), null);
  assert.equal(quickReport({ name: "r" }), null);
});

Deno.test("the messages of a worker that does its job are read quickly", () => {
  const fields = { jobId: "j", runId: "r", leaseEpoch: 1 };
  assert.ok(quickRead({ type: "want", credit: 100 }));
  assert.ok(quickRead({ type: "submit", id: 1, lineId: "l", cards: [{ title: "t" }] }));
  assert.ok(quickRead({ type: "report", id: 1, report: { jobResult: "success", exitCode: 0, ...fields } }));
  assert.ok(quickRead({ type: "report", id: 1, report: { jobResult: "failed", error: "no", ...fields } }));
});
