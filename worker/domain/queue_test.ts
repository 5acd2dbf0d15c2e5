/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import fc from "fast-check";
import type { JobId, LineId, StationId, TaskId } from "../../protocol/ids.ts";
import type { Priority } from "../../protocol/line/fields.ts";
import { applyChange, emptyQueueState } from "./apply_changes.ts";
import { nextTurn, pickJob } from "./queue.ts";
import type { Job, JobState, Task } from "./queue_state.ts";

const ANYBODY = { labels: [], capabilities: null };
const RANK = ["high", "medium", "low"];
const HELD = { kind: "claimed", runId: "r", runnerId: "x", leaseUntilMs: 1, deadlineMs: 1 } as never;
const FINISHED: JobState = { kind: "finished", outcome: "success", reason: null, endedAtMs: 1 };

function queued(id: string, priority: Priority, queuedAtMs: number, change: Partial<Job> = {}): Job {
  return {
    id: id as JobId,
    taskId: `task-${id}` as TaskId,
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

/** A queue with these jobs, on the line that `lineOf` names. */
function queueOf(jobs: readonly Job[], lineOf: (job: Job) => string = () => "line") {
  const state = emptyQueueState("o", "p");
  for (const job of jobs) put(state, job, lineOf(job));
  return state;
}

function put(state: ReturnType<typeof emptyQueueState>, job: Job, lineId = "line"): void {
  const task = {
    id: job.taskId,
    lineId,
    stationId: job.stationId,
    state: { kind: "waiting" },
  } as never as Task;
  applyChange(state, { kind: "task", row: task });
  applyChange(state, { kind: "job", row: job });
}

Deno.test("pickJob takes the highest priority before the oldest (A22)", () => {
  const jobs = [queued("low", "low", 1), queued("medium", "medium", 2), queued("high", "high", 3)];
  assert.equal(pickJob(queueOf(jobs), ANYBODY)?.id, "high");
  assert.equal(pickJob(queueOf(jobs.slice(0, 2)), ANYBODY)?.id, "medium");
});

Deno.test("pickJob takes the oldest of equal priority, wherever it stands", () => {
  const jobs = [queued("b", "medium", 20), queued("a", "medium", 10), queued("c", "medium", 30)];
  assert.equal(pickJob(queueOf(jobs), ANYBODY)?.id, "a");
});

Deno.test("pickJob keeps the order of creation of jobs that were queued in the same millisecond", () => {
  assert.equal(pickJob(queueOf([queued("z", "low", 5), queued("a", "low", 5)]), ANYBODY)?.id, "z");
});

Deno.test("pickJob passes over jobs that the runner may not do, even urgent ones", () => {
  const jobs = [queued("gpu", "high", 1, { labels: ["gpu"] }), queued("any", "low", 2)];
  assert.equal(pickJob(queueOf(jobs), ANYBODY)?.id, "any");
  assert.equal(pickJob(queueOf(jobs), { labels: ["gpu"], capabilities: null })?.id, "gpu");
  const needy = queueOf([queued("push", "high", 1, { needs: ["git:push"] })]);
  assert.equal(pickJob(needy, { labels: [], capabilities: [] }), null);
});

Deno.test("pickJob offers nothing but queued jobs", () => {
  const jobs = [queued("a", "high", 1, { state: FINISHED }), queued("b", "high", 1, { state: HELD })];
  assert.equal(pickJob(queueOf(jobs), ANYBODY), null);
  assert.equal(pickJob(queueOf([]), ANYBODY), null);
});

Deno.test("pickJob lets the lines of a project take turns, within a priority", () => {
  const jobs = ["a1", "a2", "a3", "b1", "b2"].map((id, n) => queued(id, "medium", n));
  const state = queueOf([...jobs, queued("b-urgent", "high", 9)], (job) => job.id[0]!);
  const taken: string[] = [];
  for (let job = pickJob(state, ANYBODY); job !== null; job = pickJob(state, ANYBODY)) {
    taken.push(job.id);
    const turn = { id: job.id[0] as LineId, turn: nextTurn(state) };
    applyChange(state, { kind: "line_turn", row: turn });
    applyChange(state, { kind: "job", row: { ...job, state: HELD } });
  }
  assert.deepEqual(taken, ["b-urgent", "a1", "b1", "a2", "b2", "a3"]);
});

Deno.test("pickJob agrees with looking at every job: priority, turn of the line, age, order of creation", () => {
  const LINES = ["l0", "l1", "l2"] as const;
  const job = fc.record({
    priority: fc.constantFrom<Priority>("low", "medium", "high"),
    queuedAtMs: fc.integer({ min: 0, max: 5 }),
    labels: fc.subarray(["a", "b"]),
    needs: fc.subarray(["n"]),
    line: fc.constantFrom(...LINES),
  });
  /** What becomes of one of the jobs, or a pick by a runner. */
  const step = fc.oneof(
    {
      weight: 2,
      arbitrary: fc.record({
        at: fc.nat(99),
        to: fc.constantFrom("queued", "held", "finished"),
        priority: fc.constantFrom<Priority>("low", "medium", "high"),
      }),
    },
    { weight: 3, arbitrary: fc.record({ labels: fc.subarray(["a", "b"]), needs: fc.subarray(["n"]) }) },
  );
  fc.assert(
    fc.property(fc.array(job, { minLength: 1, maxLength: 12 }), fc.array(step), (rows, steps) => {
      const jobs = rows.map((row, i) => queued(`j${i}`, row.priority, row.queuedAtMs, row));
      const lineOf = (job: Job) => rows[Number(job.id.slice(1))]!.line;
      const state = queueOf(jobs, lineOf);
      const served: string[] = [];
      for (const step of steps) {
        if ("at" in step) {
          const at = step.at % jobs.length;
          if (jobs[at]!.state.kind === "finished") continue;
          const next: JobState = {
            queued: { kind: "queued" } as const,
            held: HELD,
            finished: FINISHED,
          }[step.to]!;
          jobs[at] = { ...jobs[at]!, priority: step.priority, state: next };
          put(state, jobs[at]!, lineOf(jobs[at]!));
          continue;
        }
        const best = jobs.filter((j) =>
          j.state.kind === "queued" && j.labels.every((label) =>
            step.labels.includes(label)
          ) &&
          j.needs.every((need) => step.needs.includes(need))
        ).toSorted((a, b) =>
          RANK.indexOf(a.priority) - RANK.indexOf(b.priority) ||
          served.lastIndexOf(lineOf(a)) - served.lastIndexOf(lineOf(b)) ||
          a.queuedAtMs - b.queuedAtMs || jobs.indexOf(a) - jobs.indexOf(b)
        )[0];
        const picked = pickJob(state, { labels: step.labels, capabilities: step.needs });
        assert.equal(picked?.id, best?.id);
        if (picked === null) continue;
        served.push(lineOf(picked));
        applyChange(state, {
          kind: "line_turn",
          row: { id: lineOf(picked) as LineId, turn: nextTurn(state) },
        });
      }
    }),
    { numRuns: 500 },
  );
});
