/**
 * `deno task interop`: checks any Assembly Line Protocol server, or any runner, from outside. One line per check: verdict,
 * id, section of the protocol, requirement level, and what was expected and came.
 *
 * Exit code 1 when a MUST, or anything that is claimed, is not met; 2 when the command line is wrong.
 */
import { Command } from "commander";
import type { Check } from "../test/interop/alp/check.ts";
import { RUNNER_CHECKS, RUNNER_CLAIMS } from "../test/interop/alp/runner_suite.ts";
import { RunnerBench } from "../test/interop/alp/runner/bench.ts";
import { ServerBench } from "../test/interop/alp/server/bench.ts";
import { SERVER_CLAIMS, SETUPS } from "../test/interop/alp/server_setup.ts";
import { SERVER_CHECKS } from "../test/interop/alp/server_suite.ts";
import {
  type CheckResult,
  isSelected,
  resultLine,
  runCheck,
  type Selection,
  summaryLine,
} from "../test/interop/alp/suite_run.ts";

interface Options {
  readonly server?: string;
  readonly token?: string;
  readonly runner?: string;
  readonly mcpUrl?: string;
  readonly owner: string;
  readonly project?: string;
  readonly setup: string;
  readonly claim?: readonly string[];
  readonly only?: readonly string[];
  readonly leaseMs?: string;
  readonly slow?: boolean;
  readonly list?: boolean;
  readonly json?: boolean;
}

const program = new Command("deno task interop")
  .description(
    "Checks an assembly line server (--server, --token), or a runner (--runner), by the published protocol.\n" +
      "How to set up another server: test/interop/alp/server_setup.ts; another runner: test/interop/alp/runner/bench.ts.",
  )
  .option("--server <url>", "check this server")
  .option("--token <token>", "a user token of it (ALP_USER_TOKEN)")
  .option("--runner <command>", "check the runner that this shell command starts")
  .option("--mcp-url <text>", "where its jobs find the operator's MCP server, e.g. '$AGENTICS_BASE_URL/mcp'")
  .option("--owner <name>", "whose project to act in", "interop")
  .option("--project <name>", "which; default: a fresh name")
  .option("--setup <name>", `how the server is set up: ${Object.keys(SETUPS).join(", ")}`, "shopfloor")
  .option("--claim <name...>", "check these optional parts only; 'none' for no optional part")
  .option("--only <id...>", "only checks whose id begins so")
  .option("--lease-ms <ms>", "the server's lease; with one, and --slow, leases are checked")
  .option("--slow", "also what waits for timeouts")
  .option("--list", "print the checks and run nothing")
  .option("--json", "one JSON object per line")
  .parse(Deno.args, { from: "user" });
const options = program.opts<Options>();

Deno.exit(await main());

async function main(): Promise<number> {
  if (options.list === true) {
    for (const check of [...SERVER_CHECKS, ...RUNNER_CHECKS]) {
      console.log(
        [check.id.padEnd(34), check.section.padEnd(16), check.level.padEnd(9), check.says].join(" "),
      );
    }
    return 0;
  }
  if (options.runner !== undefined && options.server === undefined) {
    const known = Object.keys(RUNNER_CLAIMS);
    const { runner: command, mcpUrl } = options;
    const claims = new Set(claimed(known, new Set(known)));
    if (mcpUrl === undefined) claims.delete("completion-tool");
    await using bench = new RunnerBench({ command, ...(mcpUrl === undefined ? {} : { mcpUrl }) });
    return await run(RUNNER_CHECKS, bench, claims);
  }
  const token = options.token ?? Deno.env.get("ALP_USER_TOKEN");
  if (options.server === undefined || token === undefined || token === "" || options.runner !== undefined) {
    return usage("Cannot check as either --server with --token, or --runner must be given");
  }
  const setup = SETUPS[options.setup]?.();
  if (setup === undefined) {
    return usage(
      `Cannot check as --setup must be one of ${Object.keys(SETUPS)}: current value is ${options.setup}`,
    );
  }
  const leaseMs = options.leaseMs === undefined ? null : Number(options.leaseMs);
  if (leaseMs !== null && !(leaseMs > 0)) {
    return usage(`Cannot check as --lease-ms must be a number above 0: current value is ${options.leaseMs}`);
  }
  const bench = new ServerBench({
    place: {
      serverUrl: new URL(options.server).origin,
      userToken: token,
      owner: options.owner,
      project: options.project ?? `interop-${crypto.randomUUID().slice(0, 8)}`,
    },
    setup,
    leaseMs,
    passTime: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  });
  const claims = new Set(claimed(Object.keys(SERVER_CLAIMS), setup.claims));
  if (leaseMs === null) { for (const name of ["lease", "server-timeouts"]) claims.delete(name); }
  return await run(SERVER_CHECKS, bench, claims);
}

function claimed(known: readonly string[], byDefault: ReadonlySet<string>): ReadonlySet<string> {
  if (options.claim === undefined) return byDefault;
  const wanted = options.claim.filter((name) => name !== "none");
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    program.error(`Cannot check as --claim must be among ${known.join(", ")}: current value is ${unknown}`);
  }
  return new Set(wanted);
}

async function run<Bench>(
  checks: readonly Check<Bench>[],
  bench: Bench,
  claims: ReadonlySet<string>,
): Promise<number> {
  const selection: Selection = { claims, isSlow: options.slow ?? false, only: options.only ?? [] };
  const selected = checks.filter((check) => isSelected(check, selection.only));
  if (selected.length === 0) {
    return usage(`Cannot check as --only must match a check: ${options.only} matches none`);
  }
  const results: CheckResult[] = [];
  for (const check of selected) {
    const result = await runCheck(check, bench, selection);
    console.log(options.json === true ? JSON.stringify(result) : resultLine(result));
    results.push(result);
  }
  if (options.json !== true) console.log(`\n${summaryLine(results)}`);
  return results.some((result) => result.verdict === "fail") ? 1 : 0;
}

function usage(message: string): number {
  console.error(message);
  return 2;
}
