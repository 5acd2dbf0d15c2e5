/**
 * Looks for work until there is some: poll, choose, claim.
 *
 * Each turn has an outcome (`claimed`, `idle`, `unable`, `passed`, `taken`, `retryable`, `fatal`); the one loop below turns
 * it into what happens next.
 *
 * 1. What this runner cannot run it does not claim; it waits the polling interval, so that others may.
 * 2. The intent to claim is written before the claim is sent, so that a claim that was answered to a runner that died
 *    is found again.
 * 3. A drain ends the search between two turns, never between a claim and its answer. A runner that must end leaves
 *    its claim; the intent is found again by invariant 2.
 * 4. A job that a poll answers with its run is claimed by that poll (Line 5): no claim is sent, and it is taken whether
 *    this runner can run it or not, as somebody must report it.
 */
import type { PolledJob } from "../../protocol/line/runner.ts";
import { backoffMs } from "../domain/backoff.ts";
import {
  capabilitiesOf,
  chooseJob,
  type HarnessChoiceError,
  type RunnerAbility,
} from "../domain/job_choice.ts";
import { ABILITY_LEAVE_MS, POLL_WAITED_MIN_MS, RETRY_FIRST_MS, RETRY_MAX_MS } from "../limits.ts";
import type { Clock } from "../ports.ts";
import type { ClaimAnswer } from "./answers.ts";
import type { ControlPlane } from "./control_plane.ts";
import { pause, untilAnswered } from "./retry.ts";

export interface ClaimDeps {
  readonly controlPlane: ControlPlane;
  readonly clock: Clock;
  readonly random: () => number;
  readonly runnerName: string;
  /** What this runner can do now; never rejects. */
  readonly currentAbility: () => Promise<RunnerAbility>;
  readonly pollingIntervalMs: number;
  readonly pollWaitMs: number;
  /** Writes the intent to claim (invariant 2), with the offer, which a claim's answer need not repeat. */
  readonly intend: (jobId: string, offer: PolledJob | null) => Promise<void>;
  /** The claim was refused: there is no run. */
  readonly forget: (jobId: string) => Promise<void>;
  readonly onTurn: (turn: ClaimTurn) => void;
  /** The runner must end, with or without the answer to a claim. */
  readonly abandon: AbortSignal;
}

export type ClaimTurn =
  | { readonly kind: "claimed"; readonly job: PolledJob }
  | { readonly kind: "idle"; readonly waitedMs: number }
  /** This runner can run nothing now: it asks for nothing, as some servers give a job to whoever asks. */
  | { readonly kind: "unable" }
  /** Offers that this runner cannot run. */
  | {
    readonly kind: "passed";
    readonly passed: readonly { readonly jobId: string; readonly error: HarnessChoiceError }[];
  }
  /** The runner must end and nobody answered its claim: the intent stays. */
  | { readonly kind: "left"; readonly jobId: string }
  /** Somebody else was faster. */
  | { readonly kind: "taken"; readonly jobId: string; readonly code: string }
  | { readonly kind: "retryable"; readonly detail: string; readonly waitedMs: number }
  /** This runner's token is not accepted: no repetition will help. */
  | { readonly kind: "fatal"; readonly status: number; readonly code: string };

export type SearchOutcome =
  | Extract<ClaimTurn, { kind: "claimed" | "fatal" | "left" }>
  | { readonly kind: "drained" };

/** Never rejects for what the control plane does; rejects if the journal cannot be written. */
export async function searchForWork(deps: ClaimDeps, drain: AbortSignal): Promise<SearchOutcome> {
  for (let failures = 0; !drain.aborted;) {
    const turn = await takeTurn(deps, drain);
    if (turn.kind === "claimed" || turn.kind === "left") {
      deps.onTurn(turn);
      return turn;
    }
    if (drain.aborted) break;
    deps.onTurn(turn);
    if (turn.kind === "fatal") return turn;
    failures = turn.kind === "retryable" || turn.kind === "taken" ? failures + 1 : 0;
    await pause(deps.clock, waitAfter(turn, failures, deps), drain);
  }
  return { kind: "drained" };
}

function waitAfter(
  turn: Exclude<ClaimTurn, { kind: "claimed" | "fatal" | "left" }>,
  failures: number,
  deps: ClaimDeps,
): number {
  const backoff = () => backoffMs(failures, { firstMs: RETRY_FIRST_MS, maxMs: RETRY_MAX_MS }, deps.random());
  switch (turn.kind) {
    case "idle":
      return turn.waitedMs >= Math.min(POLL_WAITED_MIN_MS, deps.pollWaitMs) && deps.pollWaitMs > 0
        ? 0
        : deps.pollingIntervalMs;
    case "passed":
    case "unable":
      return deps.pollingIntervalMs;
    case "retryable":
      // A socket's poll waits for the connection, and that wait is already one.
      return Math.max(0, backoff() - turn.waitedMs);
    case "taken":
      return backoff();
  }
}

async function takeTurn(deps: ClaimDeps, drain: AbortSignal): Promise<ClaimTurn> {
  const ability = await unlessAborted(deps.currentAbility(), drain, deps.clock);
  if (ability === null) return { kind: "idle", waitedMs: 0 };
  const capabilities = capabilitiesOf(ability);
  if (capabilities.length === 0) return { kind: "unable" };
  const startedAtMs = deps.clock.nowMs();
  const polled = await deps.controlPlane.poll(capabilities, deps.pollWaitMs, drain);
  const waitedMs = deps.clock.nowMs() - startedAtMs;
  if (polled.kind === "unreachable") return { kind: "retryable", detail: polled.detail, waitedMs };
  if (polled.kind === "refused") {
    if (polled.status === 401 || polled.status === 403) {
      return { kind: "fatal", status: polled.status, code: polled.code };
    }
    // 404 is "no job" for the reference's runners; anything else may be put right on the other side.
    return polled.status === 404
      ? { kind: "idle", waitedMs: 0 }
      : { kind: "retryable", detail: `status ${polled.status} ${polled.code}`, waitedMs };
  }
  if (polled.value.jobs.length === 0) return { kind: "idle", waitedMs };
  const held = polled.value.jobs.find((job) => job.runId !== undefined);
  if (held !== undefined) return { kind: "claimed", job: held };
  const { job: offer, passed } = chooseJob(polled.value.jobs, ability);
  if (offer === null) return { kind: "passed", passed };
  return drain.aborted ? { kind: "idle", waitedMs: 0 } : await claimJob(deps, offer.id, offer);
}

/**
 * Null where `signal` aborts and no answer comes soon after it: a look that is under way cleans up after itself, one that
 * hangs is left behind.
 */
async function unlessAborted<T>(asked: Promise<T>, signal: AbortSignal, clock: Clock): Promise<T | null> {
  const answered = new AbortController();
  const left = async () => {
    const { promise: aborted, resolve } = Promise.withResolvers<void>();
    const either = AbortSignal.any([signal, answered.signal]);
    either.addEventListener("abort", () => resolve());
    if (!either.aborted) await aborted;
    if (!answered.signal.aborted) await pause(clock, ABILITY_LEAVE_MS, answered.signal);
    return null;
  };
  try {
    return await Promise.race([asked, left()]);
  } finally {
    answered.abort();
  }
}

/** Claims one job by id: after an offer, and again for an intent that a dead runner left (invariant 2). */
export async function claimJob(
  deps: Pick<
    ClaimDeps,
    "controlPlane" | "clock" | "random" | "runnerName" | "intend" | "forget" | "abandon"
  >,
  jobId: string,
  offer: PolledJob | null,
): Promise<Extract<ClaimTurn, { kind: "claimed" | "left" | "taken" | "retryable" }>> {
  await deps.intend(jobId, offer);
  const claimed = await untilAnswered(
    () => deps.controlPlane.claim(jobId, deps.runnerName),
    deps,
    deps.abandon,
  );
  if (claimed.kind === "given_up") return { kind: "left", jobId };
  const job = claimed.kind === "ok" ? claimedJob(claimed.value, offer) : null;
  if (job !== null) return { kind: "claimed", job };
  await deps.forget(jobId);
  if (claimed.kind === "refused") return { kind: "taken", jobId, code: claimed.code };
  return { kind: "retryable", detail: "the claim's answer names no run", waitedMs: 0 };
}

/** The job of an answer, or the offer with what the answer adds; null where there is no run, or nothing known of it. */
function claimedJob({ job, ...added }: ClaimAnswer, offer: PolledJob | null): PolledJob | null {
  const known = job ?? offer;
  if (known === null || added.runId === undefined) return null;
  const named = Object.fromEntries(Object.entries(added).filter(([, value]) => value !== undefined));
  // A server that counts no epochs but wants a claim is the reference's kind.
  return { ...known, ...named, ...(added.leaseEpoch === undefined ? { reportsByRun: true } : {}) };
}
