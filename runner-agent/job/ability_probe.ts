/**
 * What this runner can do now, by what its runtime and its harnesses really answered (Line 6). It is asked before each
 * poll, so it must be cheap:
 *
 * 1. Whether the runtime answers is looked at again every {@link ABILITY_MEMO_MS}.
 * 2. A harness can be run when a sandbox like a job's has found its program. That is tried until it succeeds, and then
 *    believed for the life of this process.
 * 3. A runtime that does not answer can run nothing, whatever was believed; one that hangs is waited for, but nobody
 *    waits for it longer than {@link ABILITY_LOOK_MAX_MS}.
 */
import type { RunnerAbility } from "../domain/job_choice.ts";
import { pause } from "../control/retry.ts";
import {
  ABILITY_LOOK_MAX_MS,
  ABILITY_MEMO_MS,
  ABILITY_PROBE_MAX_MS,
  SANDBOX_CPUS,
  SANDBOX_MEMORY_BYTES,
  SANDBOX_PIDS,
  SANDBOX_TMP_BYTES,
} from "../limits.ts";
import { programOf } from "../harness/mod.ts";
import type { Clock, ContainerRuntime, HarnessName } from "../ports.ts";

export interface AbilityProbeDeps {
  readonly runtime: ContainerRuntime;
  /** What the configuration and the keys allow. */
  readonly ability: RunnerAbility;
  /** The image of a sandbox; `{harness}` in it is replaced. */
  readonly image: string;
  readonly clock: Clock;
}

/** Creates the question. Its answer never rejects; at most one look is under way. */
export function createAbilityProbe(deps: AbilityProbeDeps): () => Promise<RunnerAbility> {
  const proven = new Set<HarnessName>();
  let known: { readonly ability: RunnerAbility; readonly atMs: number } | null = null;
  let looking: Promise<RunnerAbility> | null = null;

  async function look(): Promise<RunnerAbility> {
    const harnesses = await answers(deps.runtime) ? await provenHarnesses() : [];
    const ability = { ...deps.ability, harnesses };
    known = { ability, atMs: deps.clock.nowMs() };
    return ability;
  }

  async function provenHarnesses(): Promise<readonly HarnessName[]> {
    const { forcedHarness } = deps.ability;
    const wanted = deps.ability.harnesses.filter((name) => forcedHarness === null || name === forcedHarness);
    await Promise.all(
      wanted.filter((name) => !proven.has(name)).map(async (name) => {
        if (await findsProgram(deps, name)) proven.add(name);
      }),
    );
    return wanted.filter((name) => proven.has(name));
  }

  return async function currentAbility() {
    if (known !== null && deps.clock.nowMs() - known.atMs < ABILITY_MEMO_MS) return known.ability;
    looking ??= look().finally(() => looking = null);
    const done = new AbortController();
    const nothing = pause(deps.clock, ABILITY_LOOK_MAX_MS, done.signal)
      .then((): RunnerAbility => ({ ...deps.ability, harnesses: [] }));
    try {
      return await Promise.race([looking, nothing]);
    } finally {
      done.abort();
    }
  };
}

async function answers(runtime: ContainerRuntime): Promise<boolean> {
  try {
    await runtime.list();
    return true;
  } catch {
    return false;
  }
}

/** Runs a sandbox as sealed as a job's, that only looks for the program. What fails here fails for a job, too. */
async function findsProgram({ runtime, image }: AbilityProbeDeps, name: HarnessName): Promise<boolean> {
  // The run's name says what it is, should a runner die meanwhile: its next start removes it.
  const runId = `probe-${name}-${crypto.randomUUID()}`;
  try {
    const { containerId } = await runtime.create({
      runId,
      jobId: "probe",
      attempt: 1,
      image: image.replaceAll("{harness}", name),
      command: ["/bin/sh", "-c", 'command -v "$0"', programOf(name)],
      env: {},
      workDir: "/tmp",
      mounts: [],
      limits: { memoryBytes: SANDBOX_MEMORY_BYTES, pids: SANDBOX_PIDS, cpus: SANDBOX_CPUS },
      tmpfs: { "/tmp": SANDBOX_TMP_BYTES },
      forwards: {},
      networkProfile: "sealed",
      shadows: [],
    });
    try {
      await runtime.start(containerId);
      return (await runtime.wait(containerId, AbortSignal.timeout(ABILITY_PROBE_MAX_MS))).exitCode === 0;
    } finally {
      await runtime.remove(containerId);
    }
  } catch {
    return false;
  }
}
