/**
 * Looks into worktrees that people wait for, asked of the runner's socket. In memory: each lives as long as the request that
 * waits for it, and nothing of an answer is kept.
 */
import type { WorktreeAnswer } from "../../protocol/agent/worktree.ts";
import { WORKTREE_LOOKS_MAX, WORKTREE_WAIT_MS } from "../../protocol/agent/limits.ts";

export interface WorktreeAsks {
  readonly isFull: boolean;
  /** What the runner of a run says to it; null: it said nothing in time. */
  wait(runId: string, commandId: string): Promise<WorktreeAnswer | null>;
  /** False: nobody waits for it. */
  hear(runId: string, commandId: string, answer: WorktreeAnswer): boolean;
}

export function createWorktreeAsks(): WorktreeAsks {
  const waiting = new Map<string, (answer: WorktreeAnswer | null) => void>();
  const keyOf = (runId: string, commandId: string) => `${runId} ${commandId}`;
  return {
    get isFull() {
      return waiting.size >= WORKTREE_LOOKS_MAX;
    },
    wait: (runId, commandId) => {
      const { promise, resolve } = Promise.withResolvers<WorktreeAnswer | null>();
      const key = keyOf(runId, commandId);
      const timer = setTimeout(() => resolve(null), WORKTREE_WAIT_MS);
      waiting.set(key, resolve);
      return promise.finally(() => {
        clearTimeout(timer);
        waiting.delete(key);
      });
    },
    hear: (runId, commandId, answer) => {
      const resolve = waiting.get(keyOf(runId, commandId));
      resolve?.(answer);
      return resolve !== undefined;
    },
  };
}
