/** The kept turns of all runs: what `turn_commits.ts` does, one thing after the other for each run. */
import type { Result } from "../../protocol/result.ts";
import { isBranchName, type KeptTurn, type TurnsError } from "../domain/turns.ts";
import type { OneByOne } from "./one_by_one.ts";
import { keepTurn, rewindTo } from "./turn_commits.ts";
import { forkTurn, type ForkWish } from "./turn_fork.ts";
import { findTurn, listTurns, type TurnsPlace } from "./turn_git.ts";

type Done<T> = Promise<Result<T, TurnsError>>;

export interface WorktreeTurns {
  readonly turns: RunTurns;
}

export interface RunTurns {
  /** After a turn of the agent and the harvest of it. */
  keep(
    runId: string,
    turn: { readonly atMs: number; readonly prompt: string | null; readonly headCommit: string },
  ): Done<KeptTurn>;
  /** The oldest first. */
  list(runId: string): Done<readonly KeptTurn[]>;
  /** The one with that number. */
  find(runId: string, turn: number): Done<KeptTurn>;
  /** While no process of the agent lives. */
  rewind(
    runId: string,
    turn: number,
    now: { readonly atMs: number; readonly headCommit: string },
  ): Done<{ readonly turn: KeptTurn; readonly keptAs: number }>;
  /** Also while the agent works: a state that is kept does not change. */
  fork(
    runId: string,
    turn: number,
    to: ForkWish,
  ): Done<{ readonly commit: string }>;
}

export function createWorktreeTurns(
  placeOf: (runId: string) => Promise<TurnsPlace>,
  oneByOne: OneByOne,
): RunTurns {
  const at = <T>(runId: string, act: (place: TurnsPlace) => Done<T>): Done<T> =>
    oneByOne(runId, async () => await act(await placeOf(runId)));
  return {
    keep: (runId, turn) => at(runId, (place) => keepTurn(place, { ...turn, kind: "turn" })),
    list: (runId) => at(runId, listTurns),
    find: (runId, turn) => at(runId, (place) => findTurn(place, turn)),
    rewind: (runId, turn, now) => at(runId, (place) => rewindTo(place, turn, now)),
    fork(runId, turn, to) {
      if (isBranchName(to.branch)) return at(runId, (place) => forkTurn(place, turn, to));
      const message = "Cannot fork as the branch must be a name of letters, digits, '.', '_', '-' and '/': " +
        `current value is ${to.branch}`;
      return Promise.resolve({ ok: false, error: { code: "branch_invalid", message } });
    },
  };
}
