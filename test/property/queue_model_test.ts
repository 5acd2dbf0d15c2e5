/// <reference lib="deno.ns" />
/**
 * The queue against a naive model: 100,000 commands in random order, with several runners, labels, lines and versions.
 * The seed is `FC_SEED` or the one below; a failure prints it together with the shortest story that fails.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { lineSpec } from "../fake/line_arbitrary.ts";
import { command } from "./queue_commands.ts";
import { createQueueChecks } from "./queue_checks.ts";
import { createQueuePair, type QueuePair } from "./queue_pair.ts";

const SEED = Number(Deno.env.get("FC_SEED") ?? 20_260_801);
const STORIES = 560;
const COMMANDS_MIN = 100_000;
/** Each pass ends at least one run of every job that a runner may do: far more passes than any line needs. */
const DRAIN_PASSES_MAX = 2_000;

Deno.test(`the queue and a naive model agree over ${COMMANDS_MIN} commands, and Q1 to Q4 hold after each`, () => {
  let commands = 0;
  let claims = 0;
  const stories = fc.property(
    fc.array(lineSpec, { minLength: 2, maxLength: 4 }),
    fc.array(command, { maxLength: 400, size: "max" }),
    (specs, story) => {
      const pair = createQueuePair(specs);
      const checks = createQueueChecks(pair);
      for (const next of story) {
        pair.apply(next);
        checks.afterCommand();
      }
      commands += story.length;
      claims += pair.model.runs.length;
      drain(pair, checks.afterCommand);
      checks.atEnd();
    },
  );
  fc.assert(stories, { seed: SEED, numRuns: STORIES });
  assert.ok(commands >= COMMANDS_MIN, `expected ${COMMANDS_MIN} commands, came ${commands}`);
  assert.ok(claims >= COMMANDS_MIN / 20, `expected a story to claim jobs, came ${claims} claims`);
});

/** Q3: time advances, runners take what they may and are never heard of again; every job ends. */
function drain(pair: QueuePair, check: () => void): void {
  const { model } = pair;
  pair.apply({ kind: "register", runner: 0, labels: ["linux", "gpu"] });
  check();
  for (let pass = 0; model.jobs.some((job) => job.outcome === null); pass++) {
    assert.ok(pass < DRAIN_PASSES_MAX, "Q3: if time advances every job ends");
    for (const runner of model.runners.keys()) {
      pair.apply({ kind: "poll", runner, capabilities: null });
      check();
    }
    pair.apply({ kind: "advance", ms: 90_000, hasAlarm: true });
    check();
  }
  for (const task of model.tasks) assert.equal(task.job, null);
}
