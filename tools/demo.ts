/**
 * `deno task demo`: a card goes through a line, end to end, on this machine. Starts everything, imports
 * `examples/lines/tidy`, submits a card, follows it, stops at the gate, delivers, and shows what came of it.
 */
import { AGENT_NAMES } from "../protocol/line/agent_names.ts";
import { Command, Option } from "commander";
import { DEMO_LINES, type DemoLine, runDemo } from "./demo/run_demo.ts";
import type { HarnessName } from "../runner-agent/ports.ts";

/** As commander gives them. */
interface Options {
  readonly card?: string;
  readonly repo?: string;
  readonly line: DemoLine;
  readonly harness: HarnessName;
  readonly modelUrl?: string;
  readonly data: string;
  readonly port: string;
  readonly runners: string;
  readonly yes?: boolean;
  readonly exit?: boolean;
}

const RUNNERS_MAX = 16;

function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new RangeError(
    `Cannot start the demo as ${name} must be a whole number from ${min} to ${max}: current value is '${text}'`,
  );
}

const command = new Command("deno task demo")
  .description("Watch a task card go through an assembly line on this machine.")
  .option("--card <file>", "the card to submit, JSON or Markdown (default: a bundled one)")
  .option("--repo <path-or-url>", "the project repository to work on (default: a bundled, untidy one)")
  .addOption(
    new Option(
      "--line <name>",
      "the assembly line; of 'tidy_pipeline' the first station's agent follows a pipeline",
    )
      .choices(DEMO_LINES).default("tidy"),
  )
  .addOption(
    new Option(
      "--harness <name>",
      "the agent of the stations; all but 'command' need its model key in the environment",
    )
      .choices(AGENT_NAMES).default("command"),
  )
  .option(
    "--model-url <url>",
    "where the agent's model is, in place of its provider; such as a model of your own, which may need no key",
  )
  .option("--data <dir>", "where everything is kept", ".shopfloor")
  .option("--port <number>", "the control plane's port", "8787")
  .option("--runners <number>", "how many runners share the line", "2")
  .option("--yes", "approve at the gate, through the public API, after printing the diff")
  .option("--exit", "stop everything at the end instead of staying up");

if (import.meta.main) {
  await command.parseAsync(["deno", "demo", ...Deno.args]);
  const options = command.opts<Options>();
  try {
    const exitCode = await runDemo({
      card: options.card,
      repo: options.repo,
      line: options.line,
      harness: options.harness,
      modelUrl: options.modelUrl,
      dataDir: options.data,
      port: wholeNumber("--port", options.port, 1, 65_535),
      runnerCount: wholeNumber("--runners", options.runners, 1, RUNNERS_MAX),
      isApproving: options.yes === true,
      isExiting: options.exit === true,
    });
    Deno.exit(exitCode);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    Deno.exit(1);
  }
}
