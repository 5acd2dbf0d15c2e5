/**
 * Lists out of the queue's memory: living tasks and open jobs, newest first. What ended is the history's to list: here it
 * is forgotten minutes later.
 *
 * Ids are ULIDs, which sort by their time of creation, and nothing old is ever made anew: a cursor (the last id of a
 * page) is right however much happens between two pages.
 */
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
  return pageOf(state.tasks.values(), wish, (task) =>
    !hasEnded(task) &&
    (wish.line === undefined || task.lineId === wish.line) &&
    (wish.station === undefined || task.stationId === wish.station) &&
    (wish.status === undefined || taskStatus(task) === wish.status) &&
    sees(task.lineId));
}

/** Open jobs: queued, or in the hands of a runner. */
export function pageOfJobs(
  state: QueueState,
  wish: PageWish & { readonly status?: string | undefined },
  sees: (lineId: string) => boolean,
): PageOf<Job> {
  return pageOf(state.jobs.values(), wish, (job) => {
    if (job.state.kind === "finished") return false;
    const { lineId } = state.tasks.get(job.taskId)!;
    return (wish.line === undefined || lineId === wish.line) &&
      (wish.status === undefined || job.state.kind === wish.status) && sees(lineId);
  });
}

function pageOf<T extends { readonly id: string }>(
  all: Iterable<T>,
  wish: PageWish,
  wants: (row: T) => boolean,
): PageOf<T> {
  const found: T[] = [];
  for (const row of all) {
    if ((wish.cursor === undefined || row.id < wish.cursor) && wants(row)) found.push(row);
  }
  found.sort((a, b) => a.id < b.id ? 1 : -1);
  const rows = found.slice(0, wish.limit);
  return { rows, nextCursor: found.length > rows.length ? rows.at(-1)!.id : null };
}
