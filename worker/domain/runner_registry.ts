/** Runners of a project: registration (Line 11), rotation, intake; and what they hold. */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { RunnerId } from "../../protocol/ids.ts";
import type { RunnerRegistered, RunnerUpdate } from "../../protocol/line/runner.ts";
import { isoTime } from "../../protocol/line/time.ts";
import { RUNNER_JOBS_MAX } from "../../protocol/limits.ts";
import { RUNNER_SEEN_WRITE_MS } from "../limits.ts";
import type { Draft } from "./draft.ts";
import type { QueueError } from "./job_queue_api.ts";
import { touchProject } from "./project.ts";
import type { Job, QueueState, Runner, RunnerSays } from "./queue_state.ts";
import type { MintedToken } from "./token.ts";

/** Registers a runner. The same name again keeps its id, kills its old token (A26) and opens its intake. */
export function registerRunner(
  draft: Draft,
  actor: string,
  input: { readonly name: string; readonly labels: readonly string[]; readonly minted: MintedToken },
): Result<RunnerRegistered, QueueError> {
  touchProject(draft);
  const known = runnerNamed(draft.before, input.name);
  const row: Runner = {
    id: known?.id ?? draft.newId<RunnerId>(),
    name: input.name,
    labels: input.labels,
    registeredAtMs: draft.nowMs,
    lastSeenAtMs: draft.nowMs,
    lastRunId: known?.lastRunId ?? null,
  };
  draft.put({ kind: "runner", row });
  giveToken(draft, row, input.minted);
  draft.audit("runner_registered", actor, { subject: `runner:${input.name}` });
  return ok(registered(row, input.minted));
}

/** Gives a runner a new token; its old one is nobody's from this decision on. */
export function rotateRunner(
  draft: Draft,
  actor: string,
  input: { readonly runnerId: string; readonly minted: MintedToken },
): Result<RunnerRegistered, QueueError> {
  const runner = findRunner(draft, input.runnerId);
  if (!runner.ok) return runner;
  giveToken(draft, runner.value, input.minted);
  draft.audit("runner_token_rotated", actor, { subject: `runner:${runner.value.name}` });
  return ok(registered(runner.value, input.minted));
}

/** Changes a runner's labels or name; what it holds it keeps. */
export function updateRunner(
  draft: Draft,
  actor: string,
  input: { readonly runnerId: string; readonly update: RunnerUpdate },
): Result<Runner, QueueError> {
  const runner = findRunner(draft, input.runnerId);
  if (!runner.ok) return runner;
  const { name = runner.value.name, labels = runner.value.labels } = input.update;
  const namesake = runnerNamed(draft.before, name);
  if (namesake !== undefined && namesake.id !== runner.value.id) {
    return err({ reason: "runner_name_taken", name });
  }
  const row: Runner = { ...runner.value, name, labels };
  draft.put({ kind: "runner", row });
  draft.audit("runner_updated", actor, { subject: `runner:${name}`, detail: labels.join(" ") });
  return ok(row);
}

/** Opens or closes a runner's intake. What it holds it keeps. */
export function setIntake(
  draft: Draft,
  actor: string,
  input: { readonly runnerId: string; readonly intake: NonNullable<Runner["intake"]> },
): Result<Runner, QueueError> {
  const runner = findRunner(draft, input.runnerId);
  if (!runner.ok) return runner;
  if (intakeOf(runner.value) === input.intake) return runner;
  const row: Runner = { ...runner.value, intake: input.intake };
  draft.put({ kind: "runner", row });
  draft.audit(`runner_${input.intake}`, actor, { subject: `runner:${row.name}` });
  return ok(row);
}

/** May the runner take new work? */
export function intakeOf(runner: Runner): NonNullable<Runner["intake"]> {
  return runner.intake ?? "open";
}

/**
 * Notes that a runner called, at most every {@link RUNNER_SEEN_WRITE_MS}, and what it said of itself when that is new.
 */
export function noteSeen(draft: Draft, runnerId: RunnerId, said?: RunnerSays): void {
  const runner = draft.runner(runnerId);
  if (runner === undefined) return;
  const hasNews = said !== undefined && JSON.stringify(said) !== JSON.stringify(runner.said);
  if (!hasNews && draft.nowMs - runner.lastSeenAtMs < RUNNER_SEEN_WRITE_MS) return;
  draft.put({
    kind: "runner",
    row: { ...runner, lastSeenAtMs: draft.nowMs, ...(said === undefined ? {} : { said }) },
  });
}

/** Notes once that a runner names the jobs that it reports on. */
export function noteNamesJobs(draft: Draft, runnerId: RunnerId): void {
  const runner = draft.runner(runnerId);
  if (runner === undefined || runner.namesJobs === true) return;
  draft.put({ kind: "runner", row: { ...runner, namesJobs: true } });
}

/** How many jobs a runner that does not say may hold: one, unless its reports can be told apart (pick A29). */
export function jobsMaxOf(runner: Runner | undefined): number {
  return runner?.namesJobs === true ? RUNNER_JOBS_MAX : 1;
}

/** Jobs that a runner holds now. */
export function heldJobs(state: QueueState, runnerId: RunnerId): Job[] {
  const held = state.index.heldBy.get(runnerId);
  return held === undefined ? [] : Array.from(held, (jobId) => state.jobs.get(jobId)!);
}

/** How many they are. */
export function heldCount(state: QueueState, runnerId: RunnerId): number {
  return state.index.heldBy.get(runnerId)?.size ?? 0;
}

/** A runner by its id. */
export function findRunner(draft: Draft, runnerId: string): Result<Runner, QueueError> {
  const runner = draft.runner(runnerId as RunnerId);
  return runner === undefined ? err({ reason: "not_found", what: "runner", id: runnerId }) : ok(runner);
}

function runnerNamed(state: Pick<QueueState, "runners">, name: string): Runner | undefined {
  return state.runners.values().find((runner) => runner.name === name);
}

function giveToken(draft: Draft, runner: Runner, minted: MintedToken): void {
  dropTokensOf(draft, runner.id);
  draft.put({
    kind: "token",
    row: {
      hash: minted.hash,
      kind: "runner",
      name: runner.name,
      runnerId: runner.id,
      createdAtMs: draft.nowMs,
    },
  });
}

/** A runner's token is nobody's any more. */
export function dropTokensOf(draft: Draft, runnerId: RunnerId): void {
  for (const token of draft.before.tokens.values()) {
    if (token.kind === "runner" && token.runnerId === runnerId) {
      draft.put({ kind: "delete_token", hash: token.hash });
    }
  }
}

function registered(runner: Runner, minted: MintedToken): RunnerRegistered {
  return {
    id: runner.id,
    name: runner.name,
    token: minted.text,
    registeredAt: isoTime(runner.registeredAtMs),
  };
}
