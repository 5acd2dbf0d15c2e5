/**
 * Which job comes next, among those that the runner may do: highest priority first (Line 3, pick A22), then the lines
 * in turn, so that a line with a thousand tasks keeps no other line of the project waiting, then the oldest.
 */
import type { Priority } from "../../protocol/line/fields.ts";
import { canDo, type RunnerOffer } from "./matching.ts";
import type { QueuedPlace } from "./queue_heap.ts";
import { isOlder } from "./queue_heap.ts";
import type { JobGroup } from "./queue_index.ts";
import type { Job, QueueState } from "./queue_state.ts";

const RANK: Readonly<Record<Priority, number>> = { high: 0, medium: 1, low: 2 };

interface Candidate {
  readonly rank: number;
  readonly turn: number;
  readonly place: QueuedPlace;
}

/** Picks the job to offer or claim; null when there is none. Looks at one job of each group. */
export function pickJob(
  state: Pick<QueueState, "index" | "jobs" | "lineTurns">,
  runner: RunnerOffer,
): Job | null {
  const may = canDo(runner);
  let best: Candidate | null = null;
  for (const group of state.index.groups.values()) {
    const candidate = candidateOf(group, state.lineTurns);
    if ((best === null || comesBefore(candidate, best)) && may(group)) best = candidate;
  }
  return best === null ? null : state.jobs.get(best.place.jobId)!;
}

function candidateOf(group: JobGroup, turns: QueueState["lineTurns"]): Candidate {
  return { rank: RANK[group.priority], turn: turns.get(group.lineId) ?? 0, place: group.jobs.head()! };
}

function comesBefore(a: Candidate, b: Candidate): boolean {
  if (a.rank !== b.rank) return a.rank < b.rank;
  if (a.turn !== b.turn) return a.turn < b.turn;
  return isOlder(a.place, b.place);
}

/** The turn of the line whose job is claimed now: it comes after all others. */
export function nextTurn(state: Pick<QueueState, "lineTurns">): number {
  let last = 0;
  for (const turn of state.lineTurns.values()) if (turn > last) last = turn;
  return last + 1;
}
