/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import type { Job } from "../domain/queue_state.ts";
import { CHECK_MS, createUntakenJobs, UNTAKEN_MS } from "./untaken_jobs.ts";

/** Jobs under a clock that is moved by hand; `timers` counts those that were set. */
function setUp() {
  let nowMs = 0;
  let timers = 0;
  const pending: { readonly atMs: number; readonly callback: () => void }[] = [];
  const taken = new Set<string>();
  const back: string[] = [];
  const jobs = createUntakenJobs({
    isQueued: (id) => !taken.has(id),
    comeBack: (job) => back.push(job.id),
    nowMs: () => nowMs,
    later: (callback, ms) => {
      timers++;
      pending.push({ atMs: nowMs + ms, callback });
    },
  });
  const advance = (ms: number) => {
    for (let passed = 0; passed < ms; passed++) {
      nowMs++;
      for (const timer of pending.filter(({ atMs }) => atMs === nowMs)) timer.callback();
    }
  };
  const add = (id: string) => jobs.add({ id } as unknown as Job);
  return { add, taken, back, advance, timers: () => timers };
}

Deno.test("a job that nobody took comes back once, not before its time and not long after it", () => {
  const { add, back, advance } = setUp();
  add("a");
  advance(UNTAKEN_MS - 1);
  assert.deepEqual(back, []);
  add("b");
  advance(1);
  assert.deepEqual(back, ["a"]);
  advance(UNTAKEN_MS - 2);
  assert.deepEqual(back, ["a"]);
  advance(1 + CHECK_MS);
  assert.deepEqual(back, ["a", "b"]);
  advance(10 * UNTAKEN_MS);
  assert.deepEqual(back, ["a", "b"]);
});

Deno.test("a job that was taken does not come back, and a thousand of them set a few timers", () => {
  const { add, taken, back, advance, timers } = setUp();
  for (let n = 0; n < 1_000; n++) {
    add(`job${n}`);
    if (n !== 500) taken.add(`job${n}`);
    advance(5);
  }
  advance(2 * UNTAKEN_MS);
  assert.deepEqual(back, ["job500"]);
  assert.ok(timers() < 30, `${timers()} timers`);
});
