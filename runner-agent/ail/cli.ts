/** What may be typed: `ail` with its options and subcommands (Pipeline 3.1). Usage errors are exit code 2. */
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { SHOPFLOOR_VERSION } from "../../protocol/version.ts";
import { HOOK_COMMANDS, type HookKind } from "../pipeline/backend_permission.ts";
import type { DeleteOptions } from "./delete_command.ts";
import type { InitOptions } from "./init/init_command.ts";
import type { LogOptions } from "./log_command.ts";
import type { LogsOptions } from "./logs_command.ts";
import type { MaterializeOptions } from "./materialize_command.ts";
import type { RunOptions } from "./run_command.ts";
import type { SpecOptions } from "./spec_command.ts";
import type { StdioOptions } from "./stdio_command.ts";
import type { ValidateOptions } from "./validate_command.ts";

/** What each command does; a number is its exit code. */
export interface Actions {
  run(prompt: string, options: RunOptions): Promise<number>;
  validate(options: ValidateOptions): Promise<number>;
  materialize(options: MaterializeOptions): Promise<number>;
  log(runId: string | null, options: LogOptions): Promise<number>;
  logs(options: LogsOptions): Promise<number>;
  delete(runId: string, options: DeleteOptions): Promise<number>;
  stdio(options: StdioOptions): Promise<number>;
  spec(options: SpecOptions): Promise<number>;
  init(source: string | null, options: InitOptions): Promise<number>;
  agentGuide(format: string): Promise<number>;
  doctor(options: { readonly json?: boolean }): Promise<number>;
  /** What Claude Code starts before it uses a tool. */
  hook(kind: HookKind, socketPath: string): Promise<number>;
  out(text: string): void;
  err(text: string): void;
}

const USAGE_ERROR = 2;
const HINT = 'Nothing to do: give a prompt, as in  ail "fix the tests",  or see  ail --help\n';

/** @param args Without the program's name. @returns The exit code. */
export async function runCommandLine(args: readonly string[], actions: Actions): Promise<number> {
  let code = 0;
  const program = build(actions, (given) => code = given);
  try {
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : USAGE_ERROR;
  }
  return code;
}

function build(actions: Actions, end: (code: number) => void): Command {
  const program = new Command("ail")
    .description("Runs a pipeline of prompts, checks and gates around the answer of an agent.")
    .version(`ail ${SHOPFLOOR_VERSION}`, "--version", "print the version")
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: actions.out, writeErr: actions.err })
    .argument("[prompt]", "what to do")
    .option("--once <prompt>", "the same as the prompt itself")
    .option("--headless", "nobody can be asked: gates are passed with a warning, tools are allowed")
    .addOption(outputFormat())
    .option("--show-thinking", "what the model thinks, on standard error")
    .option("--show-work", "one line for each step")
    .option("--watch", "progress and responses on standard error")
    .addOption(new Option("--show-responses", "the same as --watch").hideHelp())
    .option("--dry-run", "calls no model: prompts are answered with a fixed text, commands run");
  withProvider(withPipeline(program));
  program.hook("preSubcommand", () => {
    if (program.opts()["once"] !== undefined) {
      program.error("error: --once cannot be used with a subcommand");
    }
  });
  program.action(async (prompt: string | undefined, options: RunOptions & RunFlags) => {
    const { once, showResponses, ...rest } = options;
    if (prompt !== undefined && once !== undefined) {
      program.error("error: a prompt and --once cannot be combined");
    }
    const text = prompt ?? once;
    if (text === undefined) return actions.out(HINT);
    end(await actions.run(text, showResponses === true ? { ...rest, watch: true } : rest));
  });
  addPipelineCommands(program, actions, end);
  addLogCommands(program, actions, end);
  addHelpCommands(program, actions, end);
  return program;
}

interface RunFlags {
  readonly once?: string;
  readonly showResponses?: boolean;
}

function addPipelineCommands(program: Command, actions: Actions, end: (code: number) => void): void {
  withPipeline(program.command("validate").description("checks a pipeline file, and tells all its faults"))
    .addOption(outputFormat())
    .option("--watch", "checks again whenever the file changes")
    .action(async (options: ValidateOptions) => end(await actions.validate(inherit(options, program))));
  withPipeline(
    program.command("materialize").alias("mp").description(
      "prints the pipeline with its inheritance resolved",
    ),
  )
    .option("--out <file>", "writes a file instead")
    .option("--expand-pipelines", "puts named pipelines in place of their calls")
    .action(async (options: MaterializeOptions) => end(await actions.materialize(inherit(options, program))));
  withProvider(withPipeline(
    program.command("stdio").description(
      "talks with a program: prompts on standard input, answers on standard output",
    ),
  ))
    .option("-m, --message <prompt>", "one prompt, then the end")
    .option("--stream", "events as JSON lines instead of text")
    .action(async (options: StdioOptions) => end(await actions.stdio(inherit(options, program))));
  program.command("init").description("puts a template of pipelines into .ail/; without a name: lists them")
    .argument("[template]", "its name, github:owner/repo[@ref][/folder], or the URL of a template.yaml")
    .option("--force", "overwrites files that are there")
    .option("--dry-run", "says what would be written, and writes nothing")
    .action(async (source: string | undefined, options: InitOptions) =>
      end(await actions.init(source ?? null, options))
    );
}

function addLogCommands(program: Command, actions: Actions, end: (code: number) => void): void {
  program.command("log").description("one run, the newest without an id")
    .argument("[run-id]")
    .option("--format <name>", "markdown, json or raw", "markdown")
    .option("--follow", "goes on until the run ends")
    .action(async (runId: string | undefined, options: LogOptions) =>
      end(await actions.log(runId ?? null, options))
    );
  program.command("logs").description("the runs of this folder, newest first")
    .option("--session <prefix>", "only ids that begin so")
    .option("--query <text>", "only runs in which this is said (an FTS5 expression)")
    .addOption(new Option("--format <name>", "text or json").choices(["text", "json"]).default("text"))
    .option("--tail", "goes on, and prints new runs")
    .addOption(new Option("--limit <n>", "how many").default(20).argParser(positive))
    .action(async (options: LogsOptions) => end(await actions.logs(options)));
  program.command("delete").description("removes a run and its log")
    .argument("<run-id>")
    .option("--force", "also when its log file is gone")
    .option("--json", "the outcome as JSON")
    .action(async (runId: string, options: DeleteOptions) => end(await actions.delete(runId, options)));
}

function addHelpCommands(program: Command, actions: Actions, end: (code: number) => void): void {
  program.command("spec").description("the specification of the pipeline language")
    .option("--format <name>", "prose, compact or schema", "prose")
    .option("--section <ids>", "these sections, with commas between")
    .option("--list", "the sections and their titles")
    .option("--core", "the language")
    .option("--runner", "the contract of prompt backends")
    .action(async (options: SpecOptions) => end(await actions.spec(options)));
  program.command("agent-guide").description("a text for the instructions of agents")
    .option("--format <name>", "claudemd, agents-md, claudemd-full or agents-md-full", "claudemd")
    .action(async ({ format }: { readonly format: string }) => end(await actions.agentGuide(format)));
  for (const kind of ["ask", "check"] as const) {
    program.command(HOOK_COMMANDS[kind], { hidden: true })
      .requiredOption("--socket <path>")
      .action(async ({ socket }: { readonly socket: string }) => end(await actions.hook(kind, socket)));
  }
  program.command("doctor").description("what works on this machine and what does not")
    .option("--json", "as JSON")
    .action(async (options: { readonly json?: boolean }) => end(await actions.doctor(options)));
}

function withPipeline(command: Command): Command {
  return command.option("--pipeline <path>", "the pipeline file");
}

function withProvider(command: Command): Command {
  return command
    .option("--model <name>", "the model, whatever the file says")
    .option("--provider-url <url>", "where the model is served")
    .option("--provider-token <token>", "the token for it");
}

function outputFormat(): Option {
  return new Option("--output-format <name>", "text or json").choices(["text", "json"]).default("text");
}

/** What was said before the subcommand stands where it says nothing else. */
function inherit<T extends object>(options: T, program: Command): T {
  const { pipeline, model, providerUrl, providerToken } = program.opts();
  return { ...JSON.parse(JSON.stringify({ pipeline, model, providerUrl, providerToken })), ...options };
}

function positive(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("It must be a whole number above 0.");
}
