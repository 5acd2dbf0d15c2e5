/** `deno task bench [NAME...]`: runs the benchmarks, one after the other; each prints a table and writes its results. */
import { Command } from "commander";
import { repositoryPath } from "./local/paths.ts";

/** In the order in which they run. */
const BENCHES: Readonly<Record<string, string>> = {
  dispatch: "submit to claimed, against the bare Worker-to-object round trip",
  queue:
    "our queue against BullMQ, pg-boss, graphile-worker and the bare platform (P1-P7, P9, P10); 25 minutes",
  fleet: "a thousand idle runners: memory, wake-ups, cost (P7)",
  output: "chunks a second into one task's log, and what a million jobs' output costs (P8)",
  git: "clone and push of a task's repository, against `git http-backend` (P12)",
  people: "500 viewers of one task against bare sockets; a thousand asks answered, and the rows they write",
  pipeline: "a pipeline's steps, against a bare loop that asks the same backend and writes the same log",
  sandbox: "a station in its container, against a bare `podman run` (P11)",
  runtime:
    "an agent's first prompt, against a bare `podman run` (P14), also without a terminal; worktrees, messages, 20 agents' memory; 5 minutes",
};

const list = Object.entries(BENCHES).map(([name, what]) => `  ${name.padEnd(10)} ${what}`).join("\n");
const command = new Command("deno task bench")
  .description(`Runs benchmarks: ratios from one run, into bench/results/.\n\n${list}`)
  .argument("[names...]", "which ones; all when none is named")
  .parse(Deno.args, { from: "user" });

const names = command.args.length === 0 ? Object.keys(BENCHES) : command.args;
const unknown = names.filter((name) => !Object.hasOwn(BENCHES, name));
if (unknown.length > 0) {
  console.error(`Cannot run ${unknown.join(", ")}: expected ${Object.keys(BENCHES).join(" or ")}`);
  Deno.exit(1);
}
for (const name of names) {
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", repositoryPath(`bench/${name}.ts`)],
    cwd: repositoryPath("."),
    stdin: "null",
  }).spawn().status;
  if (code !== 0) Deno.exit(code);
}
