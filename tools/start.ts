/** `deno task start`: the control plane and its board on this machine, with one runner, until Ctrl-C. */
import { Command, InvalidArgumentError, Option } from "commander";
import { hostname } from "node:os";
import { join } from "node:path";
import { isName } from "../protocol/ids.ts";
import { type LocalPlane, startLocalPlane } from "./local/local_plane.ts";
import { repositoryPath, userPath } from "./local/paths.ts";
import { keepUp, type KeptUp } from "./local/keep_up.ts";
import { untilInterrupted } from "./local/processes.ts";
import { registerRunner, runnerDataDir, type RunnerOptions, runRunner } from "./local/runner.ts";
import { prepareSandbox, type Sandbox } from "./local/sandbox.ts";

const options = new Command("deno task start")
  .description(
    "Starts the control plane on 127.0.0.1 with its history and board, and one runner, and stays up until Ctrl-C:\n" +
      "what of it is killed is started again.\n" +
      "Ready when GET /healthz answers 200. All state is kept below --data; a second start goes on with it.\n\n" +
      "Environment: SHOPFLOOR_ADMIN_TOKEN (default: generated into DIR/admin_token); HISTORY_URL and " +
      "HISTORY_AUTH_TOKEN (default: an sqld of our own); PUBLIC_URL (default: the address of the request).",
  )
  .option("--port <port>", "where to listen", parsePort, 8787)
  .option("--data <dir>", "where all state is kept", repositoryPath(".shopfloor"))
  .option("--no-runner", "the control plane alone")
  .addOption(
    new Option("--project <owner/project>", "what the runner works for")
      .argParser(parseProject)
      .default({ owner: "local", project: "demo" }, "local/demo"),
  )
  .parse(Deno.args, { from: "user" })
  .opts<{ port: number; data: string; runner: boolean; project: { owner: string; project: string } }>();

const dataDir = userPath(options.data);
const runnerDir = runnerDataDir(dataDir);
const runnerLogPath = join(runnerDir, "runner.log");
const say = (line: string) => console.log(line);
// From here on Ctrl-C ends what was started, in order, also while it is still starting.
const interrupted = untilInterrupted();
let plane: LocalPlane | null = null;
let sandbox: Sandbox | null = null;
let runner: KeptUp | null = null;
let isEnding = false;
let exitCode = 0;
try {
  plane = await startLocalPlane({ port: options.port, dataDir, say });
  say(`control plane: ${plane.url} (log: ${plane.logPath})`);
  keepHistory(plane);
  if (options.runner) {
    sandbox = await prepareSandbox({ dataDir, harness: "command", say });
    runner = await startOneRunner(plane, sandbox);
  }
  say(`board: ${await plane.boardAddress()}`);
  say("Ctrl-C stops everything.");
  const ending = await Promise.race([
    interrupted,
    plane.crashed.then(() => "crashed" as const),
  ]);
  if (ending === "crashed") {
    console.error(`Cannot go on as the control plane must stay up: it ended, see ${plane.logPath}`);
    exitCode = 1;
  }
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(error.message);
  exitCode = 1;
} finally {
  isEnding = true;
  await runner?.stop();
  await sandbox?.stop();
  await plane?.stop();
}
Deno.exit(exitCode);

/** Starts a history that was killed again: meanwhile tasks go on, and what they did waits to be written (O5). */
async function keepHistory(control: LocalPlane): Promise<void> {
  for (;;) {
    await control.history.ended;
    if (isEnding) return;
    say("the history ended: starting it again");
    try {
      await control.restartHistory();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      say(`${error.message}\nGoing on without a history: the board shows what is under way.`);
      return;
    }
  }
}

async function startOneRunner(control: LocalPlane, prepared: Sandbox): Promise<KeptUp> {
  await Deno.mkdir(runnerDir, { recursive: true });
  const runnerOptions: RunnerOptions = {
    server: control.url,
    ...options.project,
    name: hostname(),
    userToken: control.adminToken,
    dataDir: runnerDir,
    sandboxArgs: prepared.runnerArgs,
    logPath: runnerLogPath,
  };
  await registerRunner(runnerOptions);
  const kept = keepUp({ start: () => runRunner(runnerOptions), say });
  // The board and other machines' runners are of use without it.
  kept.gaveUp.then(() =>
    say(`runner: ${runnerOptions.name} ended again and again, see ${runnerLogPath}: going on without it`)
  );
  say(
    `runner: ${runnerOptions.name}, for ${runnerOptions.owner}/${runnerOptions.project} (log: ${runnerOptions.logPath})`,
  );
  return kept;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new InvalidArgumentError("expected a number from 1 to 65535");
  }
  return port;
}

function parseProject(text: string): { owner: string; project: string } {
  const [owner = "", project = "", ...rest] = text.split("/");
  if (rest.length > 0 || !isName(owner) || !isName(project)) {
    throw new InvalidArgumentError("expected owner/project");
  }
  return { owner, project };
}
