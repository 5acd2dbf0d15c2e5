/** Runs of made-up pipelines: loops end, timing changes nothing, and a run that was cut goes on as if it had not been. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { driveRoutine, type Journal } from "../../runner-agent/ail/interpreter.ts";
import type { Effect } from "../../runner-agent/pipeline/effect.ts";
import { loadForRun } from "../../runner-agent/pipeline/load.ts";
import { type RunOutcome, runPipeline } from "../../runner-agent/pipeline/run_pipeline.ts";
import { load, run, SURROUNDINGS } from "../fake/pipeline_run.ts";

const RUNS = 150;
type Plain = Readonly<Record<string, unknown>>;

const fileOf = (steps: readonly Plain[], rest: Plain = {}) =>
  JSON.stringify({ version: "0.1", ...rest, pipeline: steps });

/** One to four steps that may be in each other. */
const stepsAt = (depth: number): fc.Arbitrary<readonly Plain[]> => {
  const plain = fc.oneof(
    fc.constantFrom<Plain>({ prompt: "a" }, { prompt: "after {{ step.invocation.prompt }}", then: ["more"] }),
    fc.constantFrom<Plain>({ context: { shell: "one" } }, { context: { shell: "two" }, before: ["first"] }),
    fc.constant<Plain>({ prompt: "never", condition: "never" }),
    fc.constant<Plain>({ action: "pause_for_human" }),
    fc.constant<Plain>({ prompt: "fails", on_error: "continue" }),
    fc.constant<Plain>({ prompt: "fails", on_error: "retry", max_retries: 2 }),
  );
  const inner = depth === 0 ? null : stepsAt(depth - 1);
  const step = inner === null ? plain : fc.oneof(
    { weight: 3, arbitrary: plain },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.integer({ min: 1, max: 3 }), inner).map(([max_iterations, steps]): Plain => ({
        do_while: { max_iterations, exit_when: "a == b", on_max_iterations: "continue", steps },
      })),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.array(fc.nat(), { maxLength: 3 }), inner).map(([over, steps]): Plain => ({
        for_each: { over: JSON.stringify(over), steps },
      })),
    },
  );
  return fc.array(step, { minLength: 1, maxLength: 4 })
    .map((list) => list.map((one, index) => ({ id: `s${index}`, ...one })));
};

/** Async steps that depend on earlier ones, a join of all, and steps around them. */
const parallelSteps = fc.record({
  dependencies: fc.array(fc.array(fc.nat({ max: 5 }), { maxLength: 3 }), { minLength: 1, maxLength: 6 }),
  kinds: fc.array(fc.constantFrom("prompt", "shell", "fails", "never"), { minLength: 6, maxLength: 6 }),
  maxConcurrency: fc.nat({ max: 3 }),
}).map(({ dependencies, kinds, maxConcurrency }) => {
  const branches = dependencies.map((earlier, index): Plain => {
    const depends_on = [...new Set(earlier.filter((one) => one < index))].map((one) => `a${one}`);
    const body = kinds[index] === "shell"
      ? { context: { shell: `c${index}` } }
      : { prompt: kinds[index] === "fails" ? "fails" : `p${index}` };
    const condition = kinds[index] === "never" ? { condition: "never" } : {};
    return { id: `a${index}`, async: true, depends_on, ...condition, ...body, then: [`then ${index}`] };
  });
  return fileOf([
    { id: "first", prompt: "first" },
    ...branches,
    { id: "beside", prompt: "beside" },
    { id: "all", action: "join", depends_on: branches.map(({ id }) => id), on_error: "wait_for_all" },
    { id: "last", prompt: "{{ step.all.response }}" },
  ], { defaults: { max_concurrency: maxConcurrency } });
});

const answerOf = ({ prompt }: { readonly prompt: string }) =>
  prompt === "fails" ? new Error("it fails") : `answer to ${prompt}`;
const shellOf = (command: string) => ({ stdout: `output of ${command}` });

Deno.test("the order in which answers come changes nothing that is left of a run", () => {
  fc.assert(
    fc.property(parallelSteps, fc.infiniteStream(fc.nat()), (text, stream) => {
      const world = { prompt: answerOf, shell: shellOf };
      const expected = run(text, world);
      const other = run(text, { ...world, pick: (count) => stream.next().value! % count });
      assert.deepEqual(other.outcome, expected.outcome);
      const byStep = ({ calls, commands }: typeof other) => [
        calls.map((call) => JSON.stringify(call)).sort(),
        [...commands].sort(),
      ];
      assert.deepEqual(byStep(other), byStep(expected));
    }),
    { numRuns: RUNS },
  );
});

Deno.test("loops end by their bounds: no step runs more often than those around it allow", () => {
  fc.assert(
    fc.property(stepsAt(2), (steps) => {
      const ran = run(fileOf(steps), { prompt: answerOf, shell: shellOf });
      const bounds = new Map<string, number>();
      boundsOf(steps, "", 1, bounds);
      const counts = new Map<string, number>();
      for (const line of ran.log) {
        if (line.type === "step_started") counts.set(line.step_id, (counts.get(line.step_id) ?? 0) + 1);
      }
      for (const [id, bound] of bounds) assert.ok((counts.get(id) ?? 0) <= bound, `${id}: ${counts.get(id)}`);
      if (ran.outcome.end.kind !== "completed") return;
      // None is left out, either: what has no condition and no failure runs as often as it may.
      for (const [id, bound] of bounds) {
        if (isSure(id, steps)) assert.equal(counts.get(id) ?? 0, bound, id);
      }
    }),
    { numRuns: RUNS },
  );
});

/** How often each step may begin, its attempts counted. */
function boundsOf(steps: readonly Plain[], prefix: string, times: number, bounds: Map<string, number>): void {
  for (const step of steps) {
    const id = `${prefix}${step.id}`;
    bounds.set(id, times * (1 + Number(step.max_retries ?? 0)));
    const loop = step.do_while as Plain | undefined;
    const each = step.for_each as Plain | undefined;
    const passes = loop === undefined
      ? JSON.parse((each?.over as string | undefined) ?? "[]").length
      : loop.max_iterations;
    const inner = (loop ?? each)?.steps as readonly Plain[] | undefined;
    if (inner !== undefined) boundsOf(inner, `${id}::`, times * Number(passes), bounds);
  }
}

function isSure(id: string, steps: readonly Plain[]): boolean {
  const [own, ...rest] = id.split("::");
  const step = steps.find((one) => one.id === own)!;
  if (rest.length === 0) {
    return step.condition === undefined && step.action === undefined && step.prompt !== "fails";
  }
  const inner = ((step.do_while ?? step.for_each) as Plain).steps as readonly Plain[];
  return isSure(rest.join("::"), inner);
}

/** What each effect got, by its id, as JSON: as a file would have it. */
class MemoryJournal implements Journal {
  readonly answers = new Map<string, string>();

  read(id: string) {
    const text = this.answers.get(id);
    return text === undefined ? undefined : { answer: JSON.parse(text) };
  }

  record(id: string, answer: unknown): void {
    this.answers.set(id, JSON.stringify(answer ?? null));
  }
}

/** Drives a run until it has done `effectsMax` effects, as a process that is killed then. @returns What it did, and its end. */
async function driveCut(text: string, journal: Journal | null, effectsMax: number) {
  const pipeline = load({ files: { "/work/p.ail.yaml": text } });
  const done: string[] = [];
  const routine = runPipeline(pipeline, {
    runId: "run-1",
    invocationPrompt: "do it",
    mode: "controlled",
    cli: { model: null, provider: { baseUrl: null, authToken: null } },
    surroundings: SURROUNDINGS,
    defaultBackend: "stub",
    load: (path) => loadForRun(path, SURROUNDINGS),
  });
  let outcome: RunOutcome | null = null;
  try {
    outcome = await driveRoutine(routine, (effect) => {
      if (done.length >= effectsMax) throw new Error("cut");
      done.push(JSON.stringify(effect));
      return answerTo(effect);
    }, journal);
  } catch (error) {
    assert.equal((error as Error).message, "cut");
  }
  return { done, outcome };
}

function answerTo(effect: Effect): unknown {
  switch (effect.kind) {
    case "invoke_prompt":
      return effect.call.prompt === "fails"
        ? { ok: false, error: { type: "ail:runner/invocation-failed", detail: "it fails", place: null } }
        : {
          ok: true,
          value: {
            ...{ response: `answer to ${effect.call.prompt}`, costUsd: 0.5, sessionId: "s", inputTokens: 1 },
            ...{ outputTokens: 1, thinking: null, model: null, toolEvents: [] },
          },
        };
    case "run_shell":
      return { ok: true, value: { stdout: effect.command, stderr: "", exitCode: 0 } };
    case "ask_human":
      return { kind: "headless" };
    case "draw":
      return { uuid: "00000000-0000-4000-8000-000000000000", nowMs: 1_000 };
    case "check_control":
      return { isKilled: false, disabledSteps: [] };
    default:
      return null;
  }
}

Deno.test("a run that was cut and is driven again with its journal does what was left, nothing twice, and ends the same", async () => {
  const text = fc.oneof(stepsAt(1).map((steps) => fileOf(steps)), parallelSteps);
  await fc.assert(
    fc.asyncProperty(text, fc.nat(), async (file, at) => {
      const whole = await driveCut(file, null, Infinity);
      assert.ok(whole.outcome);
      const journal = new MemoryJournal();
      const cutAt = at % whole.done.length;
      const first = await driveCut(file, journal, cutAt);
      assert.equal(first.outcome, null);
      const recorded = journal.answers.size;
      const second = await driveCut(file, journal, Infinity);
      assert.deepEqual(JSON.parse(JSON.stringify(second.outcome)), JSON.parse(JSON.stringify(whole.outcome)));
      assert.equal(second.done.length, whole.done.length - recorded);
      // All that was done before, less what was done and not recorded, and what is done now, is the whole.
      const both = [...first.done, ...second.done];
      for (const effect of whole.done) assert.ok(both.includes(effect), effect);
      assert.ok(both.length - whole.done.length === first.done.length - recorded);
    }),
    { numRuns: RUNS },
  );
});
