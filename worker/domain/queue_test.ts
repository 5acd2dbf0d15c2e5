/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import fc from "fast-check";
import type { JobId, StationId, TaskId } from "../../protocol/ids.ts";
import type { Priority } from "../../protocol/line/fields.ts";
import { pickJob } from "./queue.ts";
import type { Job } from "./queue_state.ts";

const ANYBODY = { labels: [], capabilities: null };

function queued(id: string, priority: Priority, queuedAtMs: number, change: Partial<Job> = {}): Job {
  return {
    id: id as JobId,
    taskId: "t" as TaskId,
    stationId: "s" as StationId,
    attempt: 1,
    labels: [],
    needs: [],
    priority,
    leaseEpoch: 0,
    lostRuns: 0,
    runIds: [],
    queuedAtMs,
    state: { kind: "queued" },
    ...change,
  };
}

Deno.test("pickJob takes the highest priority before the oldest (A22)", () => {
  const jobs = [queued("low", "low", 1), queued("medium", "medium", 2), queued("high", "high", 3)];
  assert.equal(pickJob(jobs, ANYBODY)?.id, "high");
  assert.equal(pickJob(jobs.slice(0, 2), ANYBODY)?.id, "medium");
});

Deno.test("pickJob takes the oldest of equal priority, wherever it stands", () => {
  const jobs = [queued("b", "medium", 20), queued("a", "medium", 10), queued("c", "medium", 30)];
  assert.equal(pickJob(jobs, ANYBODY)?.id, "a");
});

Deno.test("pickJob keeps the given order of jobs that were queued in the same millisecond", () => {
  assert.equal(pickJob([queued("z", "low", 5), queued("a", "low", 5)], ANYBODY)?.id, "z");
});

Deno.test("pickJob passes over jobs that the runner may not do, even urgent ones", () => {
  const jobs = [queued("gpu", "high", 1, { labels: ["gpu"] }), queued("any", "low", 2)];
  assert.equal(pickJob(jobs, ANYBODY)?.id, "any");
  assert.equal(pickJob(jobs, { labels: ["gpu"], capabilities: null })?.id, "gpu");
  const needy = [queued("push", "high", 1, { needs: ["git:push"] })];
  assert.equal(pickJob(needy, { labels: [], capabilities: [] }), null);
});

Deno.test("pickJob offers nothing but queued jobs", () => {
  const finished = { kind: "finished", outcome: "success", reason: null, endedAtMs: 1 } as const;
  const held = { kind: "claimed", runId: "r", runnerId: "x", leaseUntilMs: 1, deadlineMs: 1 } as never;
  assert.equal(
    pickJob([queued("a", "high", 1, { state: finished }), queued("b", "high", 1, { state: held })], ANYBODY),
    null,
  );
  assert.equal(pickJob([], ANYBODY), null);
});

Deno.test("pickJob agrees with sorting by priority, then age, then place", () => {
  const job = fc.record({
    priority: fc.constantFrom<Priority>("low", "medium", "high"),
    queuedAtMs: fc.integer({ min: 0, max: 5 }),
    labels: fc.subarray(["a", "b"]),
  });
  fc.assert(fc.property(fc.array(job, { maxLength: 8 }), fc.subarray(["a", "b"]), (rows, labels) => {
    const jobs = rows.map((row, i) => queued(`j${i}`, row.priority, row.queuedAtMs, { labels: row.labels }));
    const rank = ["high", "medium", "low"];
    const best = jobs.filter((j) => j.labels.every((label) => labels.includes(label)))
      .toSorted((a, b) =>
        rank.indexOf(a.priority) - rank.indexOf(b.priority) || a.queuedAtMs - b.queuedAtMs ||
        jobs.indexOf(a) - jobs.indexOf(b)
      )[0];
    assert.equal(pickJob(jobs, { labels, capabilities: null })?.id, best?.id);
  }));
});
