/** Runners of a project: registration (Line 11), who is online, what they hold. */
import { ok, type Result } from "../../protocol/result.ts";
import type { RunnerId } from "../../protocol/ids.ts";
import type { RunnerRegistered } from "../../protocol/line/runner.ts";
import { isoTime } from "../../protocol/line/time.ts";
import { RUNNER_OFFLINE_MS, RUNNER_SEEN_WRITE_MS } from "../limits.ts";
import type { Draft } from "./draft.ts";
import type { QueueError, RunnerView } from "./job_queue_api.ts";
import { touchProject } from "./project.ts";
import type { Job, QueueState, Runner } from "./queue_state.ts";
import type { MintedToken } from "./token.ts";

/** Registers a runner. The same name again keeps its id and kills its old token (A26). */
export function registerRunner(
  draft: Draft,
  actor: string,
  input: { readonly name: string; readonly labels: readonly string[]; readonly minted: MintedToken },
): Result<RunnerRegistered, QueueError> {
  touchProject(draft);
  const known = [...draft.before.runners.values()].find((r) => r.name === input.name);
  const row: Runner = {
    id: known?.id ?? draft.newId<RunnerId>(),
    name: input.name,
    labels: input.labels,
    registeredAtMs: draft.nowMs,
    lastSeenAtMs: draft.nowMs,
    lastRunId: known?.lastRunId ?? null,
  };
  for (const token of draft.before.tokens.values()) {
    if (token.kind === "runner" && token.runnerId === row.id) {
      draft.put({ kind: "delete_token", hash: token.hash });
    }
  }
  draft.put({ kind: "runner", row });
  draft.put({
    kind: "token",
    row: {
      hash: input.minted.hash,
      kind: "runner",
      name: input.name,
      runnerId: row.id,
      jobId: null,
      taskId: null,
      createdAtMs: draft.nowMs,
    },
  });
  draft.audit("runner_registered", actor, { subject: `runner:${input.name}` });
  return ok({
    id: row.id,
    name: row.name,
    token: input.minted.text,
    registeredAt: isoTime(draft.nowMs),
  });
}

/** Notes that a runner called, at most every {@link RUNNER_SEEN_WRITE_MS}. */
export function noteSeen(draft: Draft, runnerId: RunnerId): void {
  const runner = draft.runner(runnerId);
  if (runner !== undefined && draft.nowMs - runner.lastSeenAtMs >= RUNNER_SEEN_WRITE_MS) {
    draft.put({ kind: "runner", row: { ...runner, lastSeenAtMs: draft.nowMs } });
  }
}

/** Jobs that a runner holds now. */
export function heldJobs(state: QueueState, runnerId: RunnerId): Job[] {
  const held: Job[] = [];
  for (const job of state.openJobs.values()) {
    if (
      (job.state.kind === "claimed" || job.state.kind === "in_progress") && job.state.runnerId === runnerId
    ) {
      held.push(job);
    }
  }
  return held;
}

/** Every runner, by name. `liveIds` are those with an open poll right now: they are online whatever the clock says. */
export function listRunners(state: QueueState, nowMs: number, liveIds: ReadonlySet<string>): RunnerView[] {
  return [...state.runners.values()].sort((a, b) => a.name < b.name ? -1 : 1).map((runner) => ({
    id: runner.id,
    name: runner.name,
    labels: runner.labels,
    status: liveIds.has(runner.id) || nowMs - runner.lastSeenAtMs < RUNNER_OFFLINE_MS ? "online" : "offline",
    registeredAtMs: runner.registeredAtMs,
    lastSeenAtMs: runner.lastSeenAtMs,
    currentJobIds: heldJobs(state, runner.id).map((job) => job.id),
  }));
}
