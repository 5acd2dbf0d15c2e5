/**
 * What this runner can do now, by what its runtime and its harnesses really answered (Line 6). It is asked before each
 * poll, so it must be cheap:
 *
 * 1. Whether the runtime answers is looked at again every {@link ABILITY_MEMO_MS}.
 * 2. A harness can be run when a sandbox like a job's has found its program, and what is known of its version says so
 *    (`probe/capability_desk.ts`). That is tried until it succeeds, and then believed as long as its image is the same.
 * 3. A runtime that does not answer can run nothing, whatever was believed; one that hangs is waited for, but nobody
 *    waits for it longer than {@link ABILITY_LOOK_MAX_MS}.
 * 4. A version that nobody knows is probed before it is offered, one at a time. Who can do something else meanwhile does
 *    not wait for it.
 */
import type { SessionHarnessName } from "../agent_ports.ts";
import type { CapabilityVerdict } from "../domain/agent/capability.ts";
import type { RunnerAbility } from "../domain/job_choice.ts";
import { pause } from "../control/retry.ts";
import { ABILITY_LOOK_MAX_MS, ABILITY_MEMO_MS, ABILITY_PROBE_MAX_MS } from "../limits.ts";
import { programOf } from "../harness/mod.ts";
import type { Clock, ContainerRuntime, HarnessName } from "../ports.ts";
import { probeSpec } from "./probe_spec.ts";

export interface AbilityProbeDeps {
  readonly runtime: ContainerRuntime;
  /** What the configuration and the keys allow. */
  readonly ability: RunnerAbility;
  /** The image of a sandbox; `{harness}` in it is replaced. */
  readonly image: string;
  readonly clock: Clock;
  /** Judges the version of an agent CLI in an image (invariant 4); absent: each is taken as it is. */
  readonly capabilities?: {
    judge(name: SessionHarnessName, image: string): Promise<CapabilityVerdict | null>;
  };
}

/** Creates the question. Its answer never rejects; at most one look is under way. */
export function createAbilityProbe(deps: AbilityProbeDeps): () => Promise<RunnerAbility> {
  /** With the image in which each was. */
  const proven = new Map<HarnessName, string | null>();
  /** Judged in the background. */
  const judging = new Map<HarnessName, Promise<void>>();
  let lastJudged: Promise<unknown> = Promise.resolve();
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
    await Promise.all(wanted.map(prove));
    const provenNow = () => wanted.filter((name) => proven.has(name));
    // Invariant 4.
    while (provenNow().length === 0 && judging.size > 0) await Promise.race(judging.values());
    return provenNow();
  }

  async function prove(name: HarnessName): Promise<void> {
    const image = imageFor(deps, name);
    const id = await deps.runtime.imageId(image).catch(() => null);
    if (judging.has(name) || (proven.has(name) && proven.get(name) === id)) return;
    proven.delete(name);
    if (!await findsProgram(deps, name)) return;
    const { capabilities } = deps;
    if (capabilities === undefined || name === "command") return void proven.set(name, id);
    const judged = lastJudged.then(async () => {
      const verdict = await capabilities.judge(name, image);
      if (verdict !== null && verdict.kind !== "unavailable") proven.set(name, id);
      judging.delete(name);
      // What was answered meanwhile said nothing of it.
      known = null;
    });
    lastJudged = judged;
    judging.set(name, judged);
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

function imageFor({ image }: AbilityProbeDeps, name: HarnessName): string {
  return image.replaceAll("{harness}", name);
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
async function findsProgram(deps: AbilityProbeDeps, name: HarnessName): Promise<boolean> {
  const { runtime } = deps;
  try {
    const { containerId } = await runtime.create(
      probeSpec(name, imageFor(deps, name), ["/bin/sh", "-c", 'command -v "$0"', programOf(name)]),
    );
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
