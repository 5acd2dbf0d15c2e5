/**
 * `deno task soak`: what takes too long for every change. Exit code 1 when anything is not as it must be.
 *
 * - harness: each of the four agent CLIs is probed in a real sandbox. Writes `bench/results/soak_harness.json`.
 * - agents: the four CLIs go through all that a station may bring, as root and as an ordinary user.
 * - chaos: the storm of the chaos suite, long: a thousand kills over two hundred tasks, with a fixed seed. Writes
 *   `bench/results/soak_chaos.json`.
 * - pipeline: a million made-up texts as pipeline files, with a fixed seed: none may crash the loader, hold it up for a second or
 *   fill the memory. Writes `bench/results/soak_pipeline.json`.
 */
import { Command, Option } from "commander";
import { runStorm } from "../test/chaos/storm.ts";
import { repositoryPath } from "./local/paths.ts";
import { soakAgents } from "./soak_agents.ts";
import { probeAllHarnesses } from "./soak_harness.ts";
import { fuzzPipelines } from "./soak_pipeline.ts";

const SEED = 20_261_121;
const KILLS = 1_000;
const TASKS = 200;
/** A kill with its restart takes one to four seconds, by whom it hits and by the machine. */
const MS_PER_KILL = 5_000;

const TEXTS = 1_000_000;

const PARTS = ["harness", "agents", "chaos", "pipeline"] as const;

const program = new Command("deno task soak")
  .description(
    "Probes all agent CLIs, takes them through the full matrix; kills Worker, runners and history at random while tasks go through, and looks for what is missing; loads made-up pipeline files.",
  )
  .addOption(new Option("--only <part>", "one part").choices(PARTS))
  .option("--kills <n>", "SIGKILLs in all", String(KILLS))
  .option("--tasks <n>", "tasks in all", String(TASKS))
  .option("--texts <n>", "made-up pipeline files in all", String(TEXTS))
  .option("--minutes <n>", "when the part about pipelines ends, however many are done", "60")
  .option("--seed <n>", "of the random choices", String(SEED))
  .option("--out <file>", "where the result of chaos goes", repositoryPath("bench/results/soak_chaos.json"))
  .parse(Deno.args, { from: "user" });
const options = program.opts<
  {
    kills: string;
    tasks: string;
    texts: string;
    minutes: string;
    seed: string;
    out: string;
    only?: typeof PARTS[number];
  }
>();
const soaks = { harness: soakHarnesses, agents: soakAgents, chaos: soakChaos, pipeline: soakPipelines };
let isWhole = true;
for (const part of options.only === undefined ? PARTS : [options.only]) {
  isWhole = await soaks[part]() && isWhole;
}
Deno.exit(isWhole ? 0 : 1);

async function soakHarnesses(): Promise<boolean> {
  const report = await probeAllHarnesses((line) => console.log(line));
  const out = repositoryPath("bench/results/soak_harness.json");
  await Deno.writeTextFile(out, `${JSON.stringify(report, null, 2)}\n`);
  for (const fault of report.faults) console.error(fault);
  return report.faults.length === 0;
}

async function soakChaos(): Promise<boolean> {
  const kills = count("--kills", options.kills);
  const report = await runStorm({
    seed: count("--seed", options.seed),
    tasks: count("--tasks", options.tasks),
    kills,
    maxMs: Math.max(120_000, kills * MS_PER_KILL),
    say: (line) => console.log(line),
  });
  await Deno.writeTextFile(options.out, `${JSON.stringify(report, null, 2)}\n`);
  for (const fault of report.faults) console.error(fault);
  console.log(
    `${report.tasks} tasks, ${
      Object.entries(report.kills).map(([who, n]) => `${n} ${who}`).join(", ")
    } kills, ` +
      `${report.runsStarted} runs started, ${report.runsLost} lost, ${report.seconds} s: ${report.faults.length} faults`,
  );
  return report.faults.length === 0;
}

async function soakPipelines(): Promise<boolean> {
  const report = fuzzPipelines({
    seed: count("--seed", options.seed),
    cases: count("--texts", options.texts),
    maxMs: count("--minutes", options.minutes) * 60_000,
    say: (line) => console.log(line),
  });
  const out = repositoryPath("bench/results/soak_pipeline.json");
  await Deno.writeTextFile(out, `${JSON.stringify(report, null, 2)}\n`);
  for (const fault of report.faults) console.error(fault);
  console.log(
    `${report.cases} texts, ${report.loaded} loaded, slowest ${report.slowestMs} ms, ` +
      `${report.rssMostMib} MiB at most, ${report.seconds} s: ${report.faults.length} faults`,
  );
  return report.faults.length === 0;
}

function count(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  return program.error(`Cannot soak as ${name} must be a whole number above 0: current value is ${text}`);
}
