/**
 * What the pipeline language costs around its backend. Each number stands beside a bare loop that asks the same backend and writes
 * the same lines, from the same run.
 *
 *   deno run -A bench/pipeline.ts [ROUNDS]
 */
import process from "node:process";
import { parse } from "yaml";
import { fixedBackend } from "../runner-agent/ail/stub_backend.ts";
import type { PromptBackend } from "../runner-agent/ail/ports.ts";
import type { Pipeline } from "../runner-agent/pipeline/ast.ts";
import { SHOPFLOOR_VERSION } from "../protocol/version.ts";
import { runBare, runEngine } from "./pipeline/engine_run.ts";
import { FOR_EACH, loadFile, loadText, manySteps, parallelSteps, writeChain } from "./pipeline/files.ts";
import {
  type BenchResult,
  type BenchRow,
  type BenchTarget,
  median,
  percentile,
  printBench,
  writeResult,
} from "./result.ts";
import { pageOf } from "./runtime/report.ts";
import { repositoryPath } from "../tools/local/paths.ts";

const STEPS = 10_000;
const LOAD_STEPS = 200;
const LOAD_FILES = 5;
const BRANCHES = 100;
/** How long the backend of the branches takes. */
const ANSWER_MS = 50;

const rounds = Number(Deno.args[0] ?? 5);
const dir = await Deno.makeTempDir({ prefix: "shopfloor_bench_" });
const rows: BenchRow[] = [];
const ratios: Record<string, number> = {};
const targets: BenchTarget[] = [];
const backend = fixedBackend("stub", "answer", "session");

try {
  await measureLoad();
  const steps = await measureRun("prompts in a row", await loadText(dir, manySteps(STEPS)), backend, STEPS);
  ratios["STEPS_TO_BARE"] = steps.ratio;
  atMost("STEP_MS", "a step of 10,000, ms more than the bare loop", steps.eachMs, 0.2);
  const items = fixedBackend(
    "stub",
    JSON.stringify(Array.from({ length: STEPS }, (_, n) => `item ${n}`)),
    "s",
  );
  const each: PromptBackend = {
    name: "stub",
    invoke: (call, around) => (call.stepId === "list" ? items : backend).invoke(call, around),
  };
  const loop = await measureRun("items of a for_each", await loadText(dir, FOR_EACH), each, STEPS);
  ratios["FOR_EACH_TO_BARE"] = loop.ratio;
  atMost("ITEM_MS", "an item of a for_each over 10,000, ms more than the bare loop", loop.eachMs, 0.2);
  const slow: PromptBackend = {
    name: "stub",
    async invoke(call, around) {
      if (call.stepId !== "invocation") await new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
      return await backend.invoke(call, around);
    },
  };
  const joined = await measureRun(
    `branches of a join, ${ANSWER_MS} ms each`,
    await loadText(dir, parallelSteps(BRANCHES)),
    slow,
    BRANCHES,
    true,
  );
  ratios["PARALLEL_TO_BARE"] = joined.ratio;
  await measureMemory();
} finally {
  await Deno.remove(dir, { recursive: true });
}

const result: BenchResult = {
  name: "pipeline",
  at: new Date().toISOString(),
  versions: { shopfloor: SHOPFLOOR_VERSION, deno: Deno.version.deno, kernel: Deno.osRelease() },
  rows,
  ratios,
  targets,
  notes: [
    "Times are of the processor, all threads of the process, but those of branches, which wait: these are of the clock.",
    "A bare loop asks the same backend the same and writes the same lines to a file; neither waits for the disk.",
    `Load: ${LOAD_STEPS} steps in a file and ${
      LOAD_FILES - 1
    } files over it by FROM, with hooks; bare is the YAML library alone.`,
    "Memory: what a run keeps once it has ended, after a garbage collection, against the bytes of its log.",
  ],
};
printBench(result);
await writeResult(
  result,
  pageOf(result).replace("# The runtime layer around an agent", "# The pipeline language"),
);
for (const { id, value, limit, verdict } of targets) {
  if (verdict === "missed") console.error(`${id} missed: ${value} must be at most ${limit}`);
}
Deno.exit(targets.some(({ verdict }) => verdict === "missed") ? 1 : 0);

function atMost(id: string, what: string, value: number, limit: number): void {
  const verdict = value <= limit ? "met" : "missed";
  targets.push({ id, what, bound: "at most", value: round(value), limit, verdict });
}

/** What this process used: what others do on the machine does not count. */
function cpuMsSince(began: ReturnType<typeof process.cpuUsage>): number {
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1_000;
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

function row(name: string, times: readonly number[]): void {
  rows.push({
    name,
    rounds: times.length,
    medianMs: round(median(times)),
    p95Ms: round(percentile(times, 0.95)),
  });
}

async function measureLoad(): Promise<void> {
  const paths = await writeChain(dir, LOAD_STEPS, LOAD_FILES);
  const [ours, bare]: [number[], number[]] = [[], []];
  for (let nth = 0; nth < rounds * 6; nth++) {
    let began = process.cpuUsage();
    const { steps } = await loadFile(paths.at(-1)!);
    ours.push(cpuMsSince(began));
    if (steps.length !== LOAD_STEPS) throw new Error(`expected ${LOAD_STEPS} steps: found ${steps.length}`);
    began = process.cpuUsage();
    for (const path of paths) parse(await Deno.readTextFile(path));
    bare.push(cpuMsSince(began));
  }
  // The first ones are compiled while they run.
  const [warm, warmBare] = [ours.slice(rounds), bare.slice(rounds)];
  row(`load and check, first time`, ours.slice(0, 1));
  row(`load and check ${LOAD_STEPS} steps, FROM of ${LOAD_FILES} files`, warm);
  row("  bare: the YAML library", warmBare);
  ratios["LOAD_TO_YAML"] = median(warm) / median(warmBare);
  atMost("LOAD_MS", "load and check 200 steps with a FROM chain of 5 files, ms", median(warm), 30);
}

async function measureRun(
  what: string,
  pipeline: Pipeline,
  asked: PromptBackend,
  count: number,
  isParallel = false,
): Promise<{ readonly ratio: number; readonly eachMs: number }> {
  const [ours, bare]: [number[], number[]] = [[], []];
  for (let nth = 0; nth < rounds; nth++) {
    let began = process.cpuUsage();
    const { ms, acts } = await runEngine(pipeline, asked, `${dir}/log`);
    ours.push(isParallel ? ms : cpuMsSince(began));
    began = process.cpuUsage();
    const bareMs = await runBare(acts, asked, `${dir}/log`, isParallel);
    bare.push(isParallel ? bareMs : cpuMsSince(began));
  }
  row(`${count} ${what}`, ours);
  row("  bare loop", bare);
  const [all, without] = [median(ours), median(bare)];
  rows.push({
    name: `a step: ${what}`,
    moreMs: round((all - without) / count),
    timesBare: round(all / without),
  });
  return { ratio: all / without, eachMs: (all - without) / count };
}

async function measureMemory(): Promise<void> {
  const kept: number[] = [];
  for (const steps of [STEPS / 4, STEPS / 2, STEPS]) {
    const { stdout, success } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--v8-flags=--expose-gc",
        repositoryPath("bench/pipeline/memory.ts"),
        String(steps),
      ],
      stderr: "inherit",
    }).output();
    if (!success) throw new Error("the run whose memory is measured failed");
    const { heapBytes, logBytes } = JSON.parse(new TextDecoder().decode(stdout));
    kept.push(heapBytes / logBytes);
    rows.push({
      name: `memory kept after ${steps} steps`,
      heapBytes,
      logBytes,
      heapPerLog: round(heapBytes / logBytes),
    });
  }
  ratios["HEAP_PER_LOG_BYTE"] = kept.at(-1)!;
  const what = "heap per byte of log after 10,000 steps, against that after 2,500: linear is 1";
  atMost("MEMORY_GROWTH", what, kept.at(-1)! / kept[0]!, 1.25);
}
