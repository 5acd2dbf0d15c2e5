/**
 * Which questions of a run are open (`run_question.ts`): a part of its job's state, so that they end with the run, by their own
 * time, and hold up its idle timer meanwhile. Pure.
 */
import type { Draft } from "./draft.ts";
import type { Job, OpenQuestion } from "./queue_state.ts";
import { putTask } from "./task.ts";

/** Oldest first. */
export function openQuestions(job: Job | undefined): readonly OpenQuestion[] {
  const state = job?.state;
  return state?.kind === "claimed" || state?.kind === "in_progress" ? state.questions ?? [] : [];
}

/** When the first of them ends by its own time; null: none does. */
export function nextQuestionMs(questions: readonly OpenQuestion[] | undefined): number | null {
  let earliest: number | null = null;
  for (const { expiresAtMs } of questions ?? []) {
    if (expiresAtMs !== null && (earliest === null || expiresAtMs < earliest)) earliest = expiresAtMs;
  }
  return earliest;
}

/** Ends those whose own time is over, and takes their asks back. */
export function expireQuestions(draft: Draft, job: Job): void {
  const open = openQuestions(job);
  const isOver = ({ expiresAtMs }: OpenQuestion) => expiresAtMs !== null && expiresAtMs <= draft.nowMs;
  const over = open.filter(isOver);
  if (over.length === 0) return;
  for (const { askId, stepId } of over) {
    draft.emit({ destination: "gate", action: "cancel", askId, reason: "nobody answered in time" });
    noteQuestion(draft, job, "question_ended", `${stepId}: nobody answered in time`);
  }
  putOpen(draft, job, open.filter((one) => !isOver(one)));
}

/** The run is over: who was asked need not answer. */
export function withdrawQuestions(draft: Draft, job: Job, why: string): void {
  for (const { askId } of openQuestions(job)) {
    draft.emit({ destination: "gate", action: "cancel", askId, reason: `the run is over: ${why}` });
  }
}

/** From the end of the last one on, the agent's silence counts from that moment; one that was never judged is not now. */
export function putOpen(draft: Draft, job: Job, open: readonly OpenQuestion[]): void {
  const { state } = job;
  if (state.kind !== "claimed" && state.kind !== "in_progress") return;
  const { questions: _, ...rest } = state;
  const active = state.activeAtMs === undefined ? {} : { activeAtMs: draft.nowMs };
  const next = open.length === 0 ? { ...rest, ...active } : { ...rest, questions: open };
  draft.put({ kind: "job", row: { ...job, state: next } });
  // The board asks whether a task has changed: this one has.
  putTask(draft, draft.task(job.taskId)!);
}

export function noteQuestion(
  draft: Draft,
  job: Job,
  kind: "question_asked" | "question_ended",
  detail: string,
): void {
  const run = draft.run(job.runIds.at(-1)!);
  draft.note(draft.task(job.taskId)!, kind, {
    stationId: job.stationId,
    jobId: job.id,
    runId: run?.id ?? null,
    runnerName: run?.runnerName ?? null,
    detail,
  });
}
