/** The part of `deno task soak` about agents: each of the four CLIs is probed in a real sandbox, by the command line. */
import type { CapabilityRecord, CapabilityVerdict } from "../runner-agent/domain/agent/capability.ts";
import { SESSION_HARNESS_NAMES } from "../runner-agent/harness/mod.ts";
import { repositoryPath } from "./local/paths.ts";
import { runnerCommand } from "./local/runner.ts";
import { prepareSandbox } from "./local/sandbox.ts";

/** One CLI's row of `bench/results/soak_harness.json`. */
export interface HarnessRow {
  readonly harness: string;
  readonly version: string;
  readonly verdict: CapabilityVerdict;
  readonly seconds: number;
  /** Outcome and milliseconds of each check. */
  readonly checks: Readonly<Record<string, string>>;
}

export interface HarnessReport {
  readonly rows: readonly HarnessRow[];
  readonly faults: readonly string[];
}

/** @param say Told a line per CLI. */
export async function probeAllHarnesses(say: (line: string) => void): Promise<HarnessReport> {
  const dataDir = await Deno.makeTempDir({ prefix: "shopfloor_soak_" });
  // Sandboxes' users pass through.
  await Deno.chmod(dataDir, 0o711);
  const rows: HarnessRow[] = [];
  const faults: string[] = [];
  try {
    for (const name of SESSION_HARNESS_NAMES) {
      const startedMs = performance.now();
      const { code, stdout, stderr } = await probe(name, `${dataDir}/data`, say);
      const seconds = Math.round((performance.now() - startedMs) / 100) / 10;
      if (stdout === "") {
        faults.push(`${name}: exit code ${code}: ${stderr.trim()}`);
        continue;
      }
      const record: CapabilityRecord & { readonly verdict: CapabilityVerdict } = JSON.parse(stdout);
      const checks = record.checks.map(({ name, outcome, ms }) => [name, `${outcome} ${ms}`]);
      const { cliVersion: version, verdict } = record;
      rows.push({ harness: name, version, verdict, seconds, checks: Object.fromEntries(checks) });
      for (const { name: check, outcome, seen } of record.checks) {
        if (outcome === "failed") faults.push(`${name} ${version}: ${check}: ${seen}`);
      }
      if (code !== 0) faults.push(`${name} ${version}: exit code ${code}`);
      say(`${name} ${version}: ${verdict.kind}, ${seconds} s`);
    }
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
  return { rows, faults };
}

async function probe(
  name: typeof SESSION_HARNESS_NAMES[number],
  dataDir: string,
  say: (line: string) => void,
) {
  const sandbox = await prepareSandbox({ dataDir: repositoryPath(".shopfloor"), harness: name, say });
  try {
    const [program, ...args] = runnerCommand([
      ...["harness", "probe", name, "--json", `--data=${dataDir}`],
      ...sandbox.runnerArgs,
    ]);
    const done = await new Deno.Command(program!, { args, stdin: "null" }).output();
    const decoder = new TextDecoder();
    return { code: done.code, stdout: decoder.decode(done.stdout), stderr: decoder.decode(done.stderr) };
  } finally {
    await sandbox.stop();
  }
}
