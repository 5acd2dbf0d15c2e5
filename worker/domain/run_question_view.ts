/** A question of a run as the wire says it. Pure. */
import type { QuestionAnswer } from "../../protocol/agent/question.ts";
import type { QuestionEnd, QuestionRow } from "./run_question.ts";

/** @param end Null: it is open. */
export function questionView(row: QuestionRow, end: QuestionEnd | null): QuestionAnswer {
  return {
    id: row.id,
    askId: row.askId,
    kind: row.kind,
    stepId: row.stepId,
    status: end?.kind ?? "pending",
    text: end?.text ?? null,
    reason: end?.reason ?? null,
    decidedBy: end?.decidedBy ?? null,
    askedAt: isoOf(row.askedAtMs),
    expiresAt: row.expiresAtMs === null ? null : isoOf(row.expiresAtMs),
    endedAt: end === null ? null : isoOf(end.atMs),
  };
}

function isoOf(atMs: number): string {
  return new Date(atMs).toISOString();
}
