/** A runner on this machine for a control plane on this machine: registered, then running as a child process. */
import { join } from "node:path";
import { mustRun } from "../setup/run_command.ts";
import { type Child, startChild } from "./processes.ts";

const RUNNER = new URL("../../runner-agent/main.ts", import.meta.url).pathname;

export interface LocalRunnerOptions {
  readonly name: string;
  /** The runner's own data; registrations, journal, caches. */
  readonly dataDir: string;
  readonly serverUrl: string;
  readonly adminToken: string;
  readonly owner: string;
  readonly project: string;
  readonly labels: readonly string[];
  /** Further options of `runner run`. */
  readonly runOptions: readonly string[];
  /** Further environment, e.g. a model's key. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Registers the runner (again, which changes its token) and starts it. Its log is `runner.log` in its data. */
export async function startLocalRunner(options: LocalRunnerOptions): Promise<Child> {
  const { name, dataDir } = options;
  await Deno.mkdir(dataDir, { recursive: true });
  await mustRun(`register runner ${name}`, Deno.execPath(), [
    "run",
    "-A",
    RUNNER,
    "register",
    "--server",
    options.serverUrl,
    "--owner",
    options.owner,
    "--project",
    options.project,
    "--name",
    name,
    "--labels",
    options.labels.join(","),
    "--data",
    dataDir,
  ], { env: { ...Deno.env.toObject(), SHOPFLOOR_TOKEN: options.adminToken } });
  return runLocalRunner(options);
}

/** Starts a runner that is registered already, as after a crash. */
export function runLocalRunner(
  options: Pick<LocalRunnerOptions, "name" | "dataDir" | "runOptions" | "env" | "project">,
): Child {
  return startChild({
    name: options.name,
    argv: [
      Deno.execPath(),
      "run",
      "-A",
      RUNNER,
      "run",
      "--data",
      options.dataDir,
      "--name",
      options.name,
      ...options.runOptions,
    ],
    ...(options.env === undefined ? {} : { env: options.env }),
    logPath: join(options.dataDir, "runner.log"),
  });
}
