/**
 * The conformance probe of an agent CLI (Runtime 4.1 item 8): the version in an image is booted in a real sandbox against the
 * built-in model, and what of it is as the runner needs it is noted.
 *
 * 1. One probe at a time per data directory; the caller has the lock (`capability_desk.ts`).
 * 2. Nothing of it leaves this machine, and nothing of it is left.
 */
import { join } from "node:path";
import type { SessionHarness } from "../agent_ports.ts";
import type { CapabilityCheck, CapabilityRecord } from "../domain/agent/capability.ts";
import type { Clock, ContainerRuntime } from "../ports.ts";
import { removeTree } from "../worktree/run_directory.ts";
import { adapterVersion } from "./adapter_version.ts";
import { CheckList } from "./check_list.ts";
import type { CliVersion } from "./cli_version.ts";
import { startScriptedModel } from "./model/server.ts";
import { haveConversation } from "./probe_checks.ts";
import { ProbeFault, ProbeSandbox } from "./probe_sandbox.ts";
import { LARGE_MESSAGE, PROBE_SCRIPT } from "./probe_script.ts";

export interface HarnessProbeDeps {
  readonly runtime: ContainerRuntime;
  readonly dataDir: string;
  readonly uid: number;
  readonly clock: Clock;
  /** Told each check when it is done. */
  readonly onCheck?: (check: CapabilityCheck) => void;
  /** Breaks it off: a fault. */
  readonly signal?: AbortSignal;
}

/** Below the data directory: what is a probe's own while it goes on. */
export const PROBE_DIR = "harness-probe";
/** Sandboxes' users pass through to what they see of it. */
export const PASSABLE = 0o711;
/** What a CLI without a version is called in its record, which is never kept. */
export const NO_VERSION = "unknown";

/** @throws {ProbeFault} this machine could not do its part, which says nothing of the CLI. */
export async function probeHarness(
  deps: HarnessProbeDeps,
  harness: SessionHarness,
  image: string,
  { version, said }: CliVersion,
): Promise<CapabilityRecord> {
  const { clock } = deps;
  const list = new CheckList(clock, deps.onCheck ?? (() => {}));
  list.note("version", { isOk: version !== null, seen: version ?? (said === "" ? "nothing" : said) });
  if (version !== null) await boot(deps, harness, image, list);
  return {
    harness: harness.name,
    cliVersion: version ?? NO_VERSION,
    adapter: adapterVersion(harness),
    image,
    probedAtMs: clock.nowMs(),
    checks: list.end(),
  };
}

async function boot(
  { runtime, dataDir, uid, clock, signal }: HarnessProbeDeps,
  harness: SessionHarness,
  image: string,
  list: CheckList,
): Promise<void> {
  const workDir = join(dataDir, PROBE_DIR, "work");
  const key = `probe-${crypto.randomUUID()}`;
  // What a probe that was killed has left.
  await removeTree(workDir);
  await Deno.mkdir(workDir, { recursive: true, mode: PASSABLE });
  try {
    await using model = startScriptedModel({
      keys: { [harness.provider.name]: key },
      script: PROBE_SCRIPT,
    });
    const sandbox = await ProbeSandbox.prepare(
      { runtime, image, workDir, uid, clock, signal: signal ?? new AbortController().signal },
      harness,
      { model, key },
      LARGE_MESSAGE,
    );
    try {
      await haveConversation(sandbox, list, clock);
    } finally {
      await sandbox.end();
    }
  } catch (error) {
    if (error instanceof ProbeFault) throw error;
    throw new ProbeFault(error instanceof Error ? error.message : "unknown", { cause: error });
  } finally {
    await removeTree(workDir);
  }
}
