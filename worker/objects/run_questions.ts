/**
 * Questions of runs (`domain/run_question.ts`): their rows, and who waits for an answer right now.
 *
 * 1. (O2) A row is a part of the write of the decision that made or ended its question.
 * 2. (O4) Which runs have rows is read when the object wakes; who waited was cut off, and asks again.
 * 3. Rows of a run that is under way are never forgotten: its runner may come back for an answer.
 */
import type { KnownQuestions, QuestionRow } from "../domain/run_question.ts";
import type { Change } from "../domain/queue_state.ts";
import { RUN_QUESTIONS_KEPT } from "../limits.ts";
import type { QuestionTable } from "../store/queue/question_table.ts";

export interface RunQuestions {
  known(runId: string, id: string): KnownQuestions;
  /** Null: no question has this ask. */
  ofAsk(askId: string): QuestionRow | null;
  /** Oldest first. */
  list(runId: string): readonly QuestionRow[];
  /** A part of a decision's write (`QueueCore.beside`). */
  put(row: QuestionRow): void;
  /** Resolves when something has happened to the job, or after `waitMs`. */
  moved(jobId: string, waitMs: number): Promise<void>;
  /** What was decided: wakes who waits. Of runs that ended, what is to be written with it; null: nothing. */
  tell(changes: readonly Change[]): (() => void) | null;
}

export function createRunQuestions(table: QuestionTable): RunQuestions {
  const living = new Set(table.livingRuns());
  const waiting = new Map<string, Set<() => void>>();

  return {
    known: (runId, id) =>
      living.has(runId)
        ? { row: table.read(runId, id), count: table.count(runId) }
        : { row: table.read(runId, id), count: 0 },
    ofAsk: table.readAsk,
    list: table.list,
    put: (row) => {
      table.put(row);
      living.add(row.runId);
    },
    moved: async (jobId, waitMs) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const own = waiting.get(jobId) ?? new Set();
      waiting.set(jobId, own.add(resolve));
      // The timer ends with the wait: one that is left keeps the object in memory.
      const timer = setTimeout(resolve, waitMs);
      await promise;
      clearTimeout(timer);
      own.delete(resolve);
      if (own.size === 0 && waiting.get(jobId) === own) waiting.delete(jobId);
    },
    tell: (changes) => {
      const ended: string[] = [];
      for (const change of changes) {
        if (change.kind === "job") {
          for (const wake of waiting.get(change.row.id) ?? []) wake();
        } else if (change.kind === "run" && change.row.state.kind === "finished") {
          if (living.delete(change.row.id)) ended.push(change.row.id);
        }
      }
      return ended.length === 0
        ? null
        : () => ended.forEach((runId) => table.noteOver(runId, RUN_QUESTIONS_KEPT));
    },
  };
}
