/**
 * Requests of a run that wait for a person (Line 15): an ask each, and the queue knows which, as they end with their run and
 * hold up its idle timer.
 *
 * 1. A request is held for a run that is alive, by the runner that has it; its ask is told in the same decision (O2).
 * 2. Whatever ends the run withdraws its asks (`approval_held.ts`).
 * 3. From the end of the last one on, the agent's silence counts from that moment.
 *
 * Pure.
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { AskId, JobId, RunnerId, TaskId } from "../../protocol/ids.ts";
import { HELD_REQUESTS_MAX } from "../limits.ts";
import { heldAsks } from "./approval_held.ts";
import type { Draft } from "./draft.ts";
import type { GateResolution, HeldRequest } from "./event.ts";
import type { QueueError } from "./job_queue_api.ts";
import type { Job } from "./queue_state.ts";
import { findRun } from "./report.ts";
import { noteSeen } from "./runner_registry.ts";

/** What a runner asks a person to let through, without what the queue knows itself. */
export type RequestToHold =
  & Pick<HeldRequest, "method" | "url" | "bodySha256" | "bodyPreview" | "digest" | "labels">
  & { readonly jobId: string; readonly timeoutMs: number | null };

/** Who waits: told when the ask is over. */
export interface Waiting {
  readonly runnerId: RunnerId;
  readonly jobId: JobId;
  readonly askId: AskId;
}

/** Opens an ask for a request of the runner's run. */
export function holdRequest(
  draft: Draft,
  runnerId: RunnerId,
  request: RequestToHold,
): Result<HeldRequest, QueueError> {
  noteSeen(draft, runnerId);
  const found = findRun(draft, runnerId, { jobId: request.jobId });
  if (!found.ok) return found;
  const { run, job } = found.value;
  if (run.state.kind === "finished") {
    return err({ reason: "run_finished", runId: run.id, outcome: run.state.outcome });
  }
  const held = heldAsks(job);
  if (held.length >= HELD_REQUESTS_MAX) return err({ reason: "too_many_held", heldMax: HELD_REQUESTS_MAX });
  const { timeoutMs, jobId: _, ...about } = request;
  const { owner, project } = draft.settings();
  const task = draft.task(job.taskId)!;
  const askId = draft.newId<AskId>();
  const asked: HeldRequest = {
    ...about,
    askId,
    owner,
    project,
    taskId: task.id,
    taskTitle: task.title,
    stationId: job.stationId,
    jobId: job.id,
    runId: run.id,
    runnerId,
    runnerName: run.runnerName,
    heldAtMs: draft.nowMs,
    expiresAtMs: timeoutMs === null ? null : draft.nowMs + timeoutMs,
  };
  putHeld(draft, job, [...held, askId]);
  draft.emit({ destination: "gate", action: "hold", askId, request: asked });
  const text = `${request.method} ${request.url}`;
  draft.note(task, "approval_asked", aboutRun(job, text, run.runnerName));
  return ok(asked);
}

/** Notes that an ask is over. Null: no run waits for it any more, and nothing changes. */
export function releaseRequest(draft: Draft, resolution: GateResolution): Waiting | null {
  const askId = resolution.askId as AskId;
  const task = draft.task(resolution.taskId as TaskId);
  const job = task && draft.job(task.jobIds.at(-1)!);
  if (task === undefined || job === undefined || !heldAsks(job).includes(askId)) return null;
  const { action, decidedBy, reason, isUnanswered = false } = resolution;
  const said = isUnanswered ? `not decided (${decidedBy})` : `${action} by ${decidedBy}`;
  const text = reason === "" ? said : `${said}: ${reason}`;
  draft.note(task, "approval_decided", aboutRun(job, text, null));
  return dropHeld(draft, job, askId);
}

/** Notes that nobody waits for an ask any more; it is withdrawn. Null: nobody did. */
export function withdrawRequest(
  draft: Draft,
  runnerId: RunnerId,
  input: { readonly askId: string; readonly jobId: string; readonly reason: string },
): Waiting | null {
  const job = draft.job(input.jobId as JobId);
  const askId = input.askId as AskId;
  if (job === undefined || !heldAsks(job).includes(askId)) return null;
  const { state } = job;
  if ((state.kind !== "claimed" && state.kind !== "in_progress") || state.runnerId !== runnerId) return null;
  draft.emit({ destination: "gate", action: "cancel", askId, reason: input.reason });
  return dropHeld(draft, job, askId);
}

function dropHeld(draft: Draft, job: Job, askId: AskId): Waiting | null {
  putHeld(draft, job, heldAsks(job).filter((held) => held !== askId));
  const { state } = job;
  if (state.kind !== "claimed" && state.kind !== "in_progress") return null;
  return { runnerId: state.runnerId, jobId: job.id, askId };
}

function putHeld(draft: Draft, job: Job, held: readonly AskId[]): void {
  const { state } = job;
  if (state.kind !== "claimed" && state.kind !== "in_progress") return;
  const { heldAskIds: _, ...rest } = state;
  // (3) A run whose silence was never judged is not judged now.
  const active = state.activeAtMs === undefined ? {} : { activeAtMs: draft.nowMs };
  const next = held.length === 0 ? { ...rest, ...active } : { ...rest, heldAskIds: held };
  draft.put({ kind: "job", row: { ...job, state: next } });
}

function aboutRun(job: Job, detail: string, runnerName: string | null) {
  return { stationId: job.stationId, jobId: job.id, runId: job.runIds.at(-1) ?? null, runnerName, detail };
}
