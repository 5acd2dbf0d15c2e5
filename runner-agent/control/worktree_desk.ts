/**
 * Answers people who look into worktrees of this runner (`protocol/agent/worktree.ts`). Nothing is kept or repeated: who
 * asked waits for a while, and asks again.
 *
 * 1. Only runs that are attached are looked into, and what leaves has their secrets cut (S1).
 * 2. Looks happen one after the other: they cost the machine that the agents work on.
 */
import type { WorktreeAnswer, WorktreeAsk } from "../../protocol/agent/worktree.ts";
import {
  WORKTREE_ANSWER_MAX_BYTES,
  WORKTREE_LOOKS_MAX,
  WORKTREE_WAIT_MS,
} from "../../protocol/agent/limits.ts";
import type { Clock } from "../ports.ts";

export interface WorktreeDesk {
  hear(asks: readonly WorktreeAsk[]): void;
  /** From now on a run may be looked into. @param clean Cuts its secrets. @returns Ends it. */
  attach(runId: string, clean: (text: string) => string): () => void;
}

export interface WorktreeDeskDeps {
  readonly look: (ask: WorktreeAsk, clean: (text: string) => string) => Promise<WorktreeAnswer>;
  /** That it was not heard is no matter: nobody waits any more. */
  readonly answer: (ask: WorktreeAsk, answer: WorktreeAnswer) => Promise<unknown>;
  readonly clock: Clock;
  readonly ended: AbortSignal;
}

export function createWorktreeDesk({ look, answer, clock, ended }: WorktreeDeskDeps): WorktreeDesk {
  const attached = new Map<string, (text: string) => string>();
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  async function serve(ask: WorktreeAsk, heardAtMs: number): Promise<void> {
    if (ended.aborted || clock.nowMs() - heardAtMs >= WORKTREE_WAIT_MS) return;
    const clean = attached.get(ask.runId);
    const seen: WorktreeAnswer = clean === undefined
      ? { kind: "refused", why: "no_worktree" }
      : await look(ask, clean).then(fitted)
        // Told without its words: they are of this machine.
        .catch((): WorktreeAnswer => ({ kind: "refused", why: "failed" }));
    await answer(ask, seen).catch(() => {});
  }

  return {
    hear(asks) {
      for (const ask of asks) {
        if (waiting >= WORKTREE_LOOKS_MAX) return;
        waiting++;
        const heardAtMs = clock.nowMs();
        last = last.then(() => serve(ask, heardAtMs)).finally(() => void waiting--);
      }
    },
    attach(runId, clean) {
      attached.set(runId, clean);
      return () => {
        if (attached.get(runId) === clean) attached.delete(runId);
      };
    },
  };
}

/** As much of it as one request may hold: the beginning. */
function fitted(seen: WorktreeAnswer): WorktreeAnswer {
  if (seen.kind !== "file" && seen.kind !== "diff" && seen.kind !== "folder") return seen;
  let fit: typeof seen = seen;
  while (new TextEncoder().encode(JSON.stringify(fit)).length > WORKTREE_ANSWER_MAX_BYTES) {
    if (fit.kind === "folder") {
      fit = { ...fit, entries: fit.entries.slice(0, Math.floor(fit.entries.length / 2)), isCut: true };
    } else {fit = {
        ...fit,
        text: (fit.text ?? "").slice(0, Math.floor((fit.text ?? "").length / 2)),
        isCut: true,
      };}
  }
  return fit;
}
