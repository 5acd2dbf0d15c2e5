/** `deno task new:migration NAME`: writes the next migration of the history, or of an object, from its schema. */
import { Command } from "commander";
import { repositoryPath } from "./local/paths.ts";

const program = new Command("deno task new:migration")
  .description(
    "Compares a schema with its last migration and writes the difference as the next file in migrations/FOLDER.",
  )
  .argument("<name>", "verb_object, such as add_owner_to_runs")
  .option(
    "--of <folder>",
    "history, or an object: job_queue, task_log, task_repository, human_gate, people, library",
    "history",
  )
  .option("--custom", "an empty file for SQL that drizzle does not know")
  .parse(Deno.args, { from: "user" });
const name = program.args[0]!;
const options = program.opts<{ of: string; custom?: boolean }>();
if (!/^[a-z0-9]+(_[a-z0-9]+)+$/.test(name)) {
  program.error(`Cannot name a migration so as it must be verb_object: current value is '${name}'`);
}
const { code } = await new Deno.Command(Deno.execPath(), {
  args: [
    "run",
    "-A",
    "drizzle-kit",
    "generate",
    `--config=migrations/${options.of}/drizzle.config.ts`,
    `--name=${name}`,
    ...(options.custom === true ? ["--custom"] : []),
  ],
  cwd: repositoryPath("."),
}).spawn().status;
Deno.exit(code);
