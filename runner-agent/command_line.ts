/** What may be typed: the commands of a runner with their options and help. */
import { Command } from "commander";
import { hostname } from "node:os";
import { SHOPFLOOR_VERSION } from "../protocol/version.ts";
import type { RunOptions } from "./config.ts";

/** Options of `register`. */
export interface RegisterOptions {
  readonly server: string;
  readonly owner: string;
  readonly project: string;
  readonly name: string;
  readonly labels: string;
  readonly tokenFile?: string;
  readonly data?: string;
}

/** What each command does. */
export interface Actions {
  register(options: RegisterOptions): Promise<void>;
  list(options: { readonly data?: string }): Promise<void>;
  run(options: RunOptions): Promise<number>;
  doctor(options: RunOptions): Promise<number>;
  gc(options: RunOptions & { readonly dryRun?: boolean }): Promise<number>;
  showConfig(options: RunOptions & { readonly json?: boolean }): Promise<void>;
}

/** Repeatable option. */
function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** Builds the commands. Each action's exit code goes to `setExitCode`. */
export function commandLine(actions: Actions, setExitCode: (code: number) => void): Command {
  const dataHelp =
    "where registrations and state are kept (SHOPFLOOR_RUNNER_DATA; default ~/.local/state/shopfloor-runner)";
  const withRuntime = (command: Command) =>
    command
      .option("--data <dir>", dataHelp)
      .option("--runtime <name>", "podman, or process, which isolates nothing (default podman)")
      .option(
        "--settings <file>",
        "settings of this machine (SHOPFLOOR_SETTINGS; default ~/.config/shopfloor/settings.yaml)",
      )
      .option(
        "--podman-socket <path>",
        "Podman's API socket (SHOPFLOOR_PODMAN_SOCKET; default: where its service listens)",
      )
      .option(
        "--podman-first-host-id <id>",
        "first host uid of sandboxes, as root (SHOPFLOOR_PODMAN_FIRST_HOST_ID)",
      )
      .option(
        "--podman-no-limits",
        "this Podman cannot limit memory, pids and CPU (SHOPFLOOR_PODMAN_NO_LIMITS=1)",
      );
  const program = new Command("runner")
    .description("Runs the stations of assembly lines on this machine. It dials out only.")
    .version(SHOPFLOOR_VERSION);
  program.command("register")
    .description(
      "registers this machine with a project; needs a user token in SHOPFLOOR_TOKEN or --token-file",
    )
    .requiredOption("--server <url>", "the control plane")
    .requiredOption("--owner <name>", "whose project it works for")
    .requiredOption("--project <name>", "the project that it works for")
    .option("--name <name>", "the same name again keeps the runner and changes its token", hostname())
    .option(
      "--labels <list>",
      "separated by commas",
      `self-hosted,${Deno.build.os === "darwin" ? "macos" : Deno.build.os}`,
    )
    .option("--token-file <file>", "a file with a user token")
    .option("--data <dir>", dataHelp)
    .action(actions.register);
  withRuntime(program.command("run").description("takes jobs and runs them, until SIGTERM or Ctrl-C"))
    .option("--name <name>", "which registration, when there are several")
    .option("--server <url>", "the same, by its control plane")
    .option("--owner <name>", "the same, by its owner")
    .option("--project <name>", "the same, by its project")
    .option(
      "--harness <name>",
      "run every station with this agent: command, claude, codex, gemini or opencode",
    )
    .option("--polling-interval <seconds>", "wait between polls that find nothing", "10")
    .option("--heartbeat-seconds <seconds>", "how often a run says that it is alive", "20")
    .option("--drain-seconds <seconds>", "on SIGTERM, stop a job that takes longer; 0 lets it finish", "0")
    .option(
      "--allow-repository-under <dir>",
      "lines may name repositories below it by path; repeatable",
      collect,
    )
    .option("--image <name>", "local image of the sandbox; {harness} in it is replaced (SHOPFLOOR_IMAGE)")
    .option(
      "--network <profile>",
      "what sandboxes may reach: sealed (this runner only, the default), proxy_only (also the egress proxy), or open",
    )
    .option("--allow-open-network", "lets --network be open: sandboxes then reach this machine's network")
    .option("--jobs <number>", "jobs at once (SHOPFLOOR_RUNNER_JOBS; default 1)")
    .option(
      "--transport <name>",
      "how it talks to the control plane: socket, sse, poll, or auto, which tries the socket first (SHOPFLOOR_RUNNER_TRANSPORT)",
    )
    .option(
      "--task-branch <form>",
      "what a task's branch is called (SHOPFLOOR_TASK_BRANCH; default task-{taskId})",
    )
    .option("--once", "end after one job")
    .option("--stream-output", "print what agents write, behind the name of their station")
    .option("--log-format <name>", "json or text, on standard error", "json")
    .action(async (options: RunOptions) => setExitCode(await actions.run(options)));
  program.command("list").description("registrations, and what their servers say of them")
    .option("--data <dir>", dataHelp).action(actions.list);
  withRuntime(program.command("doctor").description("what works on this machine and what does not"))
    .option("--image <name>", "local image of the sandbox, whose programs are looked at (SHOPFLOOR_IMAGE)")
    .action(async (options: RunOptions) => setExitCode(await actions.doctor(options)));
  withRuntime(
    program.command("gc").description(
      "removes what runs and images left on this machine that nobody knows any more",
    ),
  )
    .option("--image <name>", "an image that stays, though it is not the newest")
    .option("--dry-run", "says what would be removed, and removes nothing")
    .action(async (options: RunOptions & { readonly dryRun?: boolean }) =>
      setExitCode(await actions.gc(options))
    );
  withRuntime(
    program.command("config").description("the settings of this machine")
      .command("show").description("each setting, its value and where it came from"),
  )
    .option("--owner <name>", "with --project: with the section of this project")
    .option("--project <name>", "the same")
    .option("--json", "as JSON")
    .action(actions.showConfig);
  return program;
}
