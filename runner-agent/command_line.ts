/** What may be typed: the commands of a runner with their options and help. */
import { Command } from "commander";
import { hostname } from "node:os";
import { AGENT_NAMES_TEXT } from "../protocol/line/agent_names.ts";
import { SHOPFLOOR_VERSION } from "../protocol/version.ts";
import type { CreateOptions, RunOptions } from "./config.ts";

/** Options of `register`. */
export interface RegisterOptions {
  readonly server: string;
  readonly owner: string;
  readonly project: string;
  readonly name: string;
  readonly labels: string;
  readonly tokenFile?: string;
  readonly data?: string;
  readonly settings?: string;
}

/** Options of the commands to agents of this machine. */
export interface AgentOptions {
  readonly data?: string;
  readonly settings?: string;
  readonly interrupt?: boolean;
  readonly expiresIn?: string;
  readonly readOnly?: boolean;
  readonly follow?: boolean;
  readonly stream?: string;
  readonly json?: boolean;
}

/** What goes with an agent that is deleted. */
export interface DeleteOptions {
  readonly branch?: boolean;
  readonly home?: boolean;
  readonly stop?: boolean;
}

/** What an image is built of, and what it is called. */
export interface ImageBuildOptions {
  readonly tag: string;
  readonly file: string;
  readonly buildArg?: readonly string[];
}

/** Options of the commands to kept turns. */
export interface TurnOptions {
  readonly turn: string;
  readonly branch?: string;
  readonly into?: string;
}

/** What each command does. */
export interface Actions {
  agents(options: AgentOptions): Promise<void>;
  worktrees(options: AgentOptions): Promise<void>;
  turns(run: string, options: AgentOptions): Promise<void>;
  changeTurns(act: "rewind" | "fork", run: string, options: AgentOptions & TurnOptions): Promise<void>;
  tellAgent(
    act: "messages" | "interrupt" | "suspend" | "resume" | "stop",
    run: string,
    text: string | null,
    options: AgentOptions,
  ): Promise<number>;
  scripts(run: string, options: AgentOptions & { readonly stop?: string }): Promise<void>;
  deleteAgent(run: string, options: AgentOptions & DeleteOptions): Promise<void>;
  attach(run: string, options: RunOptions & AgentOptions): Promise<number>;
  agentLogs(run: string, options: AgentOptions): Promise<void>;
  register(options: RegisterOptions): Promise<void>;
  list(options: { readonly data?: string; readonly settings?: string }): Promise<void>;
  run(options: RunOptions): Promise<number>;
  doctor(options: RunOptions): Promise<number>;
  gc(options: RunOptions & { readonly dryRun?: boolean }): Promise<number>;
  showConfig(options: RunOptions & { readonly json?: boolean }): Promise<void>;
  create(options: RunOptions & CreateOptions): Promise<void>;
  pullImage(name: string, options: RunOptions): Promise<void>;
  buildImage(contextDir: string, options: RunOptions & ImageBuildOptions): Promise<void>;
  listImages(options: RunOptions & { readonly json?: boolean }): Promise<void>;
  probeHarness(name: string, options: RunOptions & { readonly json?: boolean }): Promise<number>;
}

/** Repeatable option. */
function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** Builds the commands. Each action's exit code goes to `setExitCode`. */
export function commandLine(actions: Actions, setExitCode: (code: number) => void): Command {
  const dataHelp =
    "where registrations and state are kept (SHOPFLOOR_RUNNER_DATA; default ~/.local/state/shopfloor-runner)";
  const withData = (command: Command) =>
    command
      .option("--data <dir>", dataHelp)
      .option(
        "--settings <file>",
        "settings of this machine (SHOPFLOOR_SETTINGS; default ~/.config/shopfloor/settings.yaml)",
      );
  const withRuntime = (command: Command) =>
    withData(command)
      .option("--runtime <name>", "podman, or process, which isolates nothing (default podman)")
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
  withData(program.command("register"))
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
    .action(actions.register);
  withRuntime(program.command("run").description("takes jobs and runs them, until SIGTERM or Ctrl-C"))
    .option("--name <name>", "which registration, when there are several")
    .option("--server <url>", "the same, by its control plane")
    .option("--owner <name>", "the same, by its owner")
    .option("--project <name>", "the same, by its project")
    .option(
      "--harness <name>",
      `run every station with this agent: ${AGENT_NAMES_TEXT}`,
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
      "--asset-max-mib <MiB>",
      "a larger asset of a task is left out (SHOPFLOOR_RUNNER_ASSET_MAX_MIB; default 100)",
    )
    .option(
      "--transport <name>",
      "how it talks to the control plane: socket, sse, poll, or auto, which tries the socket first (SHOPFLOOR_RUNNER_TRANSPORT)",
    )
    .option(
      "--task-branch <form>",
      "what a task's branch is called (SHOPFLOOR_TASK_BRANCH; default task-{taskId})",
    )
    .option("--no-harness-probe", "offer agents whose version nobody has probed, as they are")
    .option("--once", "end after one job")
    .option("--stream-output", "print what agents write, behind the name of their station")
    .option("--log-format <name>", "json or text, on standard error", "json")
    .action(async (options: RunOptions) => setExitCode(await actions.run(options)));
  withData(program.command("list").description("registrations, and what their servers say of them"))
    .action(actions.list);
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
  agentCommands(program, actions, setExitCode, withData, withRuntime);
  imageCommands(program, actions, withRuntime);
  withRuntime(
    program.command("harness").description("the agent CLIs in this machine's images")
      .command("probe <name>").description(
        "boots an agent (claude, codex, gemini or opencode) against a built-in model, and keeps what holds for its version",
      ),
  )
    .option("--image <name>", "local image of the sandbox; {harness} in it is replaced (SHOPFLOOR_IMAGE)")
    .option("--json", "the record, as JSON")
    .action(async (name: string, options: RunOptions & { readonly json?: boolean }) =>
      setExitCode(await actions.probeHarness(name, options))
    );
  withRuntime(
    program.command("config").description("the settings of this machine")
      .command("show").description("each setting, its value and where it came from"),
  )
    .option("--owner <name>", "with --project: with the section of this project")
    .option("--project <name>", "the same")
    .option("--json", "as JSON")
    .action(actions.showConfig);
  withRuntime(program.command("create").description("what a run's sandbox would be: with --dry-run, as JSON"))
    .option("--dry-run", "print the whole container and the home's files with their hashes, and make nothing")
    .option("--card <file>", "a task card, as JSON")
    .option("--station <file>", "a station as a line has it, as JSON")
    .option("--template <name>", "in the place of the station's")
    .option("--agent <name>", `in the place of the station's: ${AGENT_NAMES_TEXT}`)
    .option("--repository <dir>", "a clone of the project, for the templates of its HEAD")
    .option("--owner <name>", "with --project: with the section of this project")
    .option("--project <name>", "the same")
    .option("--image <name>", "local image of the sandbox; {harness} in it is replaced (SHOPFLOOR_IMAGE)")
    .option("--network <profile>", "sealed, proxy_only or open")
    .action(actions.create);
  return program;
}

/** The images that sandboxes are made of. */
function imageCommands(
  program: Command,
  actions: Actions,
  withRuntime: (command: Command) => Command,
): void {
  const image = program.command("image").description("the images that sandboxes are made of");
  withRuntime(image.command("pull <name>").description("fetches an image from a registry"))
    .action(actions.pullImage);
  withRuntime(image.command("build [dir]").description("makes an image from a directory (default: this one)"))
    .requiredOption("--tag <name>", "what it is called, such as localhost/my-agents:1")
    .option("--file <path>", "its recipe, below the directory", "Containerfile")
    .option("--build-arg <name=value>", "an ARG of the recipe; repeatable", collect)
    .action((dir: string | undefined, options: RunOptions & ImageBuildOptions) =>
      actions.buildImage(dir ?? ".", options)
    );
  withRuntime(image.command("list").description("the images of this machine, and which of them runs use"))
    .option("--image <name>", "the image that runs use; {harness} in it is replaced (SHOPFLOOR_IMAGE)")
    .option("--json", "as JSON")
    .action(actions.listImages);
}

/** To the agents in terminals that run on this machine; RUN is a run's id, or the beginning of one. */
function agentCommands(
  program: Command,
  actions: Actions,
  setExitCode: (code: number) => void,
  withData: (command: Command) => Command,
  withRuntime: (command: Command) => Command,
): void {
  const command = (name: string, about: string) => withData(program.command(name).description(about));
  command("agents", "the agents in terminals that run on this machine")
    .option("--json", "as JSON").action(actions.agents);
  command("worktrees", "where runs of this machine work, on which branch, and how far they have come")
    .option("--json", "as JSON").action(actions.worktrees);
  command("message <run> <text>", "gives an agent a message; ends when the agent has taken it")
    .option("--interrupt", "ends the turn under way and goes before what waits")
    .option(
      "--expires-in <time>",
      "what the agent was not given in this time, such as 90s or 10m, is expired",
    )
    .action(async (run: string, text: string, options: AgentOptions) =>
      setExitCode(await actions.tellAgent("messages", run, text, options))
    );
  const plain = {
    interrupt: "ends the turn that an agent is in",
    suspend: "takes an agent's sandbox away; it can go on later",
    stop: "ends an agent's run",
  } as const;
  for (const [act, about] of Object.entries(plain)) {
    command(`${act} <run>`, about).action(async (run: string, options: AgentOptions) =>
      setExitCode(await actions.tellAgent(act as keyof typeof plain, run, null, options))
    );
  }
  command("scripts <run>", "the programs that run beside an agent in its sandbox")
    .option("--stop <id>", "ends one, with all of its group")
    .option("--json", "as JSON").action(actions.scripts);
  command("delete <run>", "ends a suspended agent's run for good and removes its sandbox and worktree")
    .option("--branch", "its work goes, too: nothing of it is pushed")
    .option("--home", "its home goes, too; also that of one deleted before")
    .option("--stop", "also an agent that is at work")
    .action(actions.deleteAgent);
  command("resume <run> [text]", "lets a suspended agent go on, and says TEXT to it")
    .action(async (run: string, text: string | undefined, options: AgentOptions) =>
      setExitCode(await actions.tellAgent("resume", run, text ?? null, options))
    );
  command("turns <run>", "the states that an agent's worktree had: at the start, and after each turn")
    .option("--json", "as JSON").action(actions.turns);
  command("rewind <run>", "puts an agent's files back to how they were after a turn, and tells the agent")
    .requiredOption("--turn <number>", "which, as 'turns' lists them")
    .action((run: string, options: AgentOptions & TurnOptions) =>
      actions.changeTurns("rewind", run, options)
    );
  command("fork <run>", "makes a repository with a branch of what an agent's worktree was after a turn")
    .requiredOption("--turn <number>", "which, as 'turns' lists them")
    .requiredOption("--branch <name>", "what the branch is called")
    .option("--into <dir>", "a directory that is not there yet (default: below the runner's own)")
    .action((run: string, options: AgentOptions & TurnOptions) => actions.changeTurns("fork", run, options));
  withRuntime(program.command("attach <run>").description("an agent's terminal, here; Ctrl-b d leaves it"))
    .option("--read-only", "only to look: nothing that is typed reaches the agent")
    .action(async (run: string, options: RunOptions & AgentOptions) =>
      setExitCode(await actions.attach(run, options))
    );
  command("logs <run>", "what an agent has done, or what its terminal has shown")
    .option(
      "--stream <name>",
      "activity, raw (its terminal's bytes) or lines (the same without control codes)",
      "activity",
    )
    .option("--follow", "goes on while the agent does").action(actions.agentLogs);
}
