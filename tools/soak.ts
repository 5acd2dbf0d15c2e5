/**
 * `deno task soak`: the storm of the chaos suite, long: a thousand kills over two hundred tasks, with a fixed seed. Writes
 * `bench/results/soak_chaos.json`; exit code 1 when anything is not as it must be.
 */
import { Command } from "commander";
import { runStorm } from "../test/chaos/storm.ts";
import { repositoryPath } from "./local/paths.ts";

const SEED = 20_261_121;
const KILLS = 1_000;
const TASKS = 200;
/** A kill with its restart takes one to four seconds, by whom it hits and by the machine. */
const MS_PER_KILL = 5_000;

const program = new Command("deno task soak")
  .description(
    "Kills Worker, runners and history at random while tasks go through, and looks for what is missing.",
  )
  .option("--kills <n>", "SIGKILLs in all", String(KILLS))
  .option("--tasks <n>", "tasks in all", String(TASKS))
  .option("--seed <n>", "of the random choices", String(SEED))
  .option("--out <file>", "where the result goes", repositoryPath("bench/results/soak_chaos.json"))
  .parse(Deno.args, { from: "user" });
const options = program.opts<{ kills: string; tasks: string; seed: string; out: string }>();
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
Deno.exit(report.faults.length === 0 ? 0 : 1);

function count(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  return program.error(`Cannot soak as ${name} must be a whole number above 0: current value is ${text}`);
}
