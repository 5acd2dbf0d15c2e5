/** A runner of this machine as a child: registered with a project, then running until it is stopped. */
import { join } from "node:path";
import { repositoryPath } from "./paths.ts";
import { type Child, startChild } from "./processes.ts";

/** On a stop, a job that takes longer is stopped too: below a keeper's grace. */
const DRAIN_SECONDS = 3;

export interface RunnerOptions {
  readonly server: string;
  readonly owner: string;
  readonly project: string;
  /** The same name again keeps the runner and changes its token. */
  readonly name: string;
  /** Absent: those that a runner has by default. */
  readonly labels?: readonly string[];
  /** Admin or user token; used once, to register. */
  readonly userToken: string;
  /** Registrations and journals are kept here. */
  readonly dataDir: string;
  /** `runnerArgs` of a sandbox, or `--runtime=process`. */
  readonly sandboxArgs: readonly string[];
  /** More options of `runner run`, such as `--stream-output`. */
  readonly args?: readonly string[];
  /** Environment of the daemon, such as a model's key. */
  readonly env?: Readonly<Record<string, string>>;
  /** Absent: it writes to our output. */
  readonly logPath?: string;
}

/** The argv that runs the runner's command line with this Deno. */
export function runnerCommand(args: readonly string[]): readonly string[] {
  return [
    Deno.execPath(),
    "run",
    "-A",
    "--no-prompt",
    `--config=${repositoryPath("deno.json")}`,
    repositoryPath("runner-agent/main.ts"),
    ...args,
  ];
}

/** Registers a runner; its token is kept in `dataDir` (mode 0600). Throws with what the runner said. */
export async function registerRunner(options: RunnerOptions): Promise<void> {
  const [program, ...args] = runnerCommand([
    "register",
    `--server=${options.server}`,
    `--owner=${options.owner}`,
    `--project=${options.project}`,
    `--name=${options.name}`,
    `--data=${options.dataDir}`,
    ...(options.labels === undefined ? [] : [`--labels=${options.labels.join(",")}`]),
  ]);
  const output = await new Deno.Command(program!, {
    args,
    // A token never stands on a command line (S1).
    env: { SHOPFLOOR_TOKEN: options.userToken },
    stdin: "null",
  }).output();
  if (output.success) return;
  const said = new TextDecoder().decode(output.stderr).trim();
  throw new Error(`Cannot start runner '${options.name}' as it must be registered: ${said}`);
}

/** Runs a registered runner. It takes work as soon as it is up; use `stop` to end it in order, `kill9` to crash it. */
export function runRunner(options: RunnerOptions): Child {
  return startChild({
    name: `runner ${options.name}`,
    argv: runnerCommand([
      "run",
      // All four: the directory may know a runner of this name for another project, or from another port.
      `--server=${options.server}`,
      `--owner=${options.owner}`,
      `--project=${options.project}`,
      `--name=${options.name}`,
      `--data=${options.dataDir}`,
      `--drain-seconds=${DRAIN_SECONDS}`,
      ...options.sandboxArgs,
      ...(options.args ?? []),
    ]),
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.logPath === undefined ? {} : { logPath: options.logPath }),
  });
}

/** Where the runner of `deno task start` and of the demo keep what they know, below the data directory. */
export function runnerDataDir(dataDir: string): string {
  return join(dataDir, "runner");
}
