/**
 * Lists out of the queue's memory: living tasks and open jobs, newest first. What ended is the history's to list: here it
 * is forgotten minutes later.
 *
 * Ids are ULIDs, which sort by their time of creation, and nothing old is ever made anew: a cursor (the last id of a
 * page) is right however much happens between two pages.
 *
 * A full queue is mostly tasks that nobody has touched since they were submitted: of these no row is made but for the
 * page itself (`fresh_tasks.ts`).
 */
import type { FreshSource } from "./fresh_tasks.ts";
import type { Job, QueueState, Task } from "./queue_state.ts";
import { hasEnded, taskStatus } from "./task_status.ts";

export interface PageOf<T> {
  readonly rows: readonly T[];
  readonly nextCursor: string | null;
}

interface PageWish {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly line?: string | undefined;
}

/** Living tasks. `sees` says whether the caller may see a line. */
export function pageOfTasks(
  state: QueueState,
  wish: PageWish & { readonly status?: string | undefined; readonly station?: string | undefined },
  sees: (lineId: string) => boolean,
): PageOf<Task> {
  return pageOf(state.tasks, wish, (id) => {
    const { lineId, stationId, status } = glanceAtTask(state, id);
    return status !== null &&
      (wish.line === undefined || lineId === wish.line) &&
      (wish.station === undefined || stationId === wish.station) &&
      (wish.status === undefined || status === wish.status) &&
      sees(lineId);
  });
}

/** Open jobs: queued, or in the hands of a runner. */
export function pageOfJobs(
  state: QueueState,
  wish: PageWish & { readonly status?: string | undefined },
  sees: (lineId: string) => boolean,
): PageOf<Job> {
  return pageOf(state.jobs, wish, (id) => {
    const { lineId, status } = glanceAtJob(state, id);
    return status !== null && (wish.line === undefined || lineId === wish.line) &&
      (wish.status === undefined || status === wish.status) && sees(lineId);
  });
}

/** What a filter asks of a row; `status` null: it has ended. */
interface Glance {
  readonly lineId: string;
  readonly stationId: string;
  readonly status: string | null;
}

function glanceAtTask(state: QueueState, id: Task["id"]): Glance {
  const fresh = freshGlance(state.tasks.sourceOf(id));
  if (fresh !== null) return fresh;
  const task = state.tasks.get(id)!;
  return {
    lineId: task.lineId,
    stationId: task.stationId,
    status: hasEnded(task) ? null : taskStatus(task),
  };
}

function glanceAtJob(state: QueueState, id: Job["id"]): Glance {
  const fresh = freshGlance(state.jobs.sourceOf(id));
  if (fresh !== null) return fresh;
  const { state: { kind }, taskId, stationId } = state.jobs.get(id)!;
  const { lineId } = glanceAtTask(state, taskId);
  return { lineId, stationId, status: kind === "finished" ? null : kind };
}

function freshGlance(place: FreshPlace): Glance | null {
  if (place === null) return null;
  const { fresh } = place.source;
  const [lineId, , stationId] = fresh.commons[fresh.commonOf(place.at)]!;
  return { lineId, stationId, status: "queued" };
}

type FreshPlace = { readonly source: FreshSource<unknown>; readonly at: number } | null;

function pageOf<K extends string, T>(
  all: ReadonlyMap<K, T>,
  wish: PageWish,
  wants: (id: K) => boolean,
): PageOf<T> {
  const { cursor } = wish;
  // In order already, but for a few: sorting looks at each once.
  const ids = [...all.keys()].filter((id) => cursor === undefined || id < cursor).sort();
  const found: K[] = [];
  for (let at = ids.length - 1; at >= 0 && found.length <= wish.limit; at--) {
    if (wants(ids[at]!)) found.push(ids[at]!);
  }
  const page = found.slice(0, wish.limit);
  return {
    rows: page.map((id) => all.get(id)!),
    nextCursor: found.length > page.length ? page.at(-1)! : null,
  };
}
