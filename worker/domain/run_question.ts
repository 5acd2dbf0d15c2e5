/**
 * What a run asks people in its middle (Pipeline s13): an ask each (`run_question_ask.ts`), which the run waits for.
 *
 *     absent --ask--> open --a person answers--> answered | rejected
 *                      \--cancelled, superseded, the policy's time--> rejected
 *                      \--its own time--> expired
 *                      \--its runner or its run does not wait any more--> rejected
 *
 * 1. One id of a run is one question for ever, and has one end. The ask is told in the decision that opens it (O2).
 * 2. (G1) `answered` comes from a person's answer to the ask alone. Of what ends unanswered, only the question's own time is
 *    `expired`.
 * 3. Which are open is the job's to know (`run_question_open.ts`): they end with the run, and hold up its idle timer. What they
 *    said and how people ended them is a row beside it ({@link QuestionRow}), which is written with the decision.
 * 4. A run has {@link RUN_QUESTIONS_OPEN_MAX} open at once and {@link RUN_QUESTIONS_MAX} in all.
 *
 * Pure; owner: the `JobQueue` object.
 */
import { jsonDigest } from "../../protocol/autonomy/audit_chain.ts";
import type { QuestionKind, QuestionWish } from "../../protocol/agent/question.ts";
import type { AskId, JobId, RunId, RunnerId, TaskId } from "../../protocol/ids.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { AGENT_SAYS_MAX_CHARS, RUN_QUESTIONS_MAX, RUN_QUESTIONS_OPEN_MAX } from "../limits.ts";
import type { Draft } from "./draft.ts";
import type { GateResolution, RunAsks } from "./event.ts";
import type { QueueError } from "./job_queue_api.ts";
import type { Job, Run } from "./queue_state.ts";
import { findRun } from "./report.ts";
import { noteQuestion, openQuestions, putOpen } from "./run_question_open.ts";
import { noteSeen } from "./runner_registry.ts";

/** How people, or its runner, ended a question. Its time and the end of its run are not here: {@link questionStanding}. */
export interface QuestionEnd {
  readonly kind: "answered" | "rejected" | "expired";
  /** Of `answered`; null: approved without a word. */
  readonly text: string | null;
  readonly reason: string | null;
  /** Null: its runner took it back. */
  readonly decidedBy: string | null;
  readonly atMs: number;
}

export interface QuestionRow {
  readonly id: string;
  readonly runId: RunId;
  readonly askId: AskId;
  readonly taskId: TaskId;
  readonly jobId: JobId;
  readonly kind: QuestionKind;
  readonly stepId: string;
  /** Of all that was asked: the same id with other words is refused. */
  readonly digest: string;
  readonly askedAtMs: number;
  readonly expiresAtMs: number | null;
  readonly end: QuestionEnd | null;
}

/** What is known of a run's questions: the one with this id, and how many there are. */
export interface KnownQuestions {
  readonly row: QuestionRow | null;
  readonly count: number;
}

/** Opens a question, or answers the one that has its id. */
export function askQuestion(
  draft: Draft,
  runnerId: RunnerId,
  { runId, wish, known }: {
    readonly runId: string;
    readonly wish: QuestionWish;
    readonly known: KnownQuestions;
  },
): Result<{ readonly row: QuestionRow; readonly isNew: boolean }, QueueError> {
  noteSeen(draft, runnerId);
  const found = findRun(draft, runnerId, { runId });
  if (!found.ok) return found;
  const { run, job } = found.value;
  const digest = digestOf(wish);
  if (known.row !== null) {
    return known.row.digest === digest
      ? ok({ row: known.row, isNew: false })
      : err({ reason: "question_differs", id: wish.id });
  }
  if (run.state.kind === "finished") {
    return err({ reason: "run_finished", runId: run.id, outcome: run.state.outcome });
  }
  const open = openQuestions(job);
  if (open.length >= RUN_QUESTIONS_OPEN_MAX) {
    return err({ reason: "too_many_questions", of: "open", questionsMax: RUN_QUESTIONS_OPEN_MAX });
  }
  if (known.count >= RUN_QUESTIONS_MAX) {
    return err({ reason: "too_many_questions", of: "all", questionsMax: RUN_QUESTIONS_MAX });
  }
  const askId = draft.newId<AskId>();
  const { id, kind, stepId, expiresInMs } = wish;
  const row: QuestionRow = {
    id,
    runId: run.id,
    askId,
    taskId: job.taskId,
    jobId: job.id,
    kind,
    stepId,
    digest,
    askedAtMs: draft.nowMs,
    expiresAtMs: expiresInMs === null ? null : draft.nowMs + expiresInMs,
    end: null,
  };
  const says = wish.message?.slice(0, AGENT_SAYS_MAX_CHARS).toWellFormed() ?? null;
  putOpen(draft, job, [...open, {
    id,
    askId,
    stepId,
    says,
    askedAtMs: draft.nowMs,
    expiresAtMs: row.expiresAtMs,
  }]);
  draft.emit({ destination: "gate", action: "run_asks", askId, asks: asksOf(draft, run, job, row, wish) });
  noteQuestion(draft, job, "question_asked", stepId);
  return ok({ row, isNew: true });
}

/**
 * Notes how an ask ended. `row` null: nothing changes, as something else had ended the question. An end that is delivered
 * again took effect, as it did the first time.
 */
export function endQuestion(
  draft: Draft,
  before: QuestionRow,
  resolution: GateResolution,
): { readonly row: QuestionRow | null; readonly tookEffect: boolean } {
  const job = draft.job(before.jobId);
  if (job === undefined || !isOpen(job, before)) {
    return { row: null, tookEffect: before.end !== null && before.end.decidedBy !== null };
  }
  const end = endOf(resolution);
  const said = resolution.isUnanswered === true ? end.kind : `${end.kind} by ${resolution.decidedBy}`;
  noteQuestion(
    draft,
    job,
    "question_ended",
    `${before.stepId}: ${said}${end.reason ? `: ${end.reason}` : ""}`,
  );
  close(draft, job, before);
  return { row: { ...before, end }, tookEffect: true };
}

/** Its runner does not wait for it any more: the ask is withdrawn. Null: nothing changes. */
export function withdrawQuestion(draft: Draft, before: QuestionRow): QuestionRow | null {
  const job = draft.job(before.jobId);
  if (job === undefined || !isOpen(job, before)) return null;
  const reason = "its run does not wait for it any more";
  draft.emit({ destination: "gate", action: "cancel", askId: before.askId, reason });
  noteQuestion(draft, job, "question_ended", `${before.stepId}: ${reason}`);
  close(draft, job, before);
  return { ...before, end: { kind: "rejected", text: null, reason, decidedBy: null, atMs: draft.nowMs } };
}

/** How a question stands; null: it is open. Not in the row are the ends that its time and its run bring. */
export function questionStanding(
  row: QuestionRow,
  { run, job }: { readonly run: Run | undefined; readonly job: Job | undefined },
): QuestionEnd | null {
  if (row.end !== null) return row.end;
  if (run?.state.kind === "active" && job !== undefined && isOpen(job, row)) return null;
  const none = { text: null, decidedBy: null };
  const endedAtMs = run?.state.kind === "finished" ? run.state.endedAtMs : row.expiresAtMs ?? row.askedAtMs;
  // An alarm ends it at its time, or later; and at the end of the run nothing that is over is left open.
  if (row.expiresAtMs !== null && row.expiresAtMs <= endedAtMs) {
    return { ...none, kind: "expired", reason: "nobody answered in time", atMs: row.expiresAtMs };
  }
  return { ...none, kind: "rejected", reason: "the run is over", atMs: endedAtMs };
}

/** Of what is asked, and not of when. */
function digestOf({ kind, stepId, message, detail }: QuestionWish): string {
  return jsonDigest({ kind, stepId, message, detail });
}

function isOpen(job: Job, row: QuestionRow): boolean {
  return openQuestions(job).some(({ askId }) => askId === row.askId);
}

function close(draft: Draft, job: Job, row: QuestionRow): void {
  putOpen(draft, job, openQuestions(job).filter(({ askId }) => askId !== row.askId));
}

/** Invariant 2. */
function endOf(resolution: GateResolution): QuestionEnd {
  const { action, reason, decidedBy, decidedAtMs: atMs, text = null } = resolution;
  const why = { text: null, reason: reason === "" ? null : reason, decidedBy, atMs };
  if (resolution.isUnanswered === true) {
    return { ...why, kind: resolution.isOwnTime === true ? "expired" : "rejected" };
  }
  return action === "approve"
    ? { ...why, kind: "answered", text, reason: null }
    : { ...why, kind: "rejected" };
}

function asksOf(draft: Draft, run: Run, job: Job, row: QuestionRow, wish: QuestionWish): RunAsks {
  const { owner, project } = draft.settings();
  const task = draft.task(job.taskId)!;
  return {
    askId: row.askId,
    owner,
    project,
    taskId: task.id,
    taskTitle: task.title,
    lineId: task.lineId,
    stationId: job.stationId,
    jobId: job.id,
    runId: run.id,
    runnerName: run.runnerName,
    questionId: row.id,
    kind: row.kind,
    stepId: row.stepId,
    message: wish.message?.toWellFormed() ?? null,
    detail: wish.detail?.toWellFormed() ?? null,
    askedAtMs: row.askedAtMs,
    expiresAtMs: row.expiresAtMs,
  };
}
