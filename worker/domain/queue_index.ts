/**
 * What a queue is asked all the time, kept at hand instead of searched for: the oldest queued job of each group, what a
 * runner holds, who waits at a station. Derived from the rows; written by `apply_changes.ts` alone.
 *
 * A group is the queued jobs of one line with the same priority and the same demands: whoever may do one of them may do
 * all, so choosing looks at groups, of which there are few, and never at jobs, of which there are many.
 */
import type { JobId, LineId, RunnerId } from "../../protocol/ids.ts";
import type { Priority } from "../../protocol/line/fields.ts";
import { QueueHeap } from "./queue_heap.ts";
import { SortedIds } from "./queue_sorted_ids.ts";
import type { Job, QueueState, Task } from "./queue_state.ts";

export interface JobGroup {
  readonly lineId: LineId;
  readonly priority: Priority;
  readonly labels: readonly string[];
  readonly needs: readonly string[];
  /** Never empty: a group goes with its last job. */
  readonly jobs: QueueHeap;
}

/** What is asked of the index. */
export interface QueueIndex {
  readonly groups: ReadonlyMap<string, JobGroup>;
  /** Ids of the jobs that a runner holds, in the order in which it took them. */
  readonly heldBy: ReadonlyMap<RunnerId, ReadonlySet<JobId>>;
  /** Jobs that are queued or held. */
  readonly openJobs: number;
}

/** The same, as its writer holds it. */
export interface WritableQueueIndex extends QueueIndex {
  readonly groups: Map<string, JobGroup>;
  readonly heldBy: Map<RunnerId, Set<JobId>>;
  openJobs: number;
  /** Of each open job: its order of creation, and the group that it is queued in. */
  readonly open: Map<JobId, OpenJob>;
  /** Key: {@link stationKey}. */
  readonly waiting: Map<string, SortedIds>;
  nextOrder: number;
}

interface OpenJob {
  readonly order: number;
  groupKey: string | null;
  heldBy: RunnerId | null;
}

export function emptyQueueIndex(): WritableQueueIndex {
  return {
    groups: new Map(),
    heldBy: new Map(),
    openJobs: 0,
    open: new Map(),
    waiting: new Map(),
    nextOrder: 0,
  };
}

/** Follows a job's row. `lineId` is its task's. */
export function indexJob(index: WritableQueueIndex, job: Job, lineId: LineId): void {
  const known = index.open.get(job.id);
  if (job.state.kind === "finished") {
    if (known === undefined) return;
    moveTo(index, job, known, null, null);
    index.open.delete(job.id);
    index.openJobs--;
    return;
  }
  let open = known;
  if (open === undefined) {
    open = { order: index.nextOrder++, groupKey: null, heldBy: null };
    index.open.set(job.id, open);
    index.openJobs++;
  }
  if (job.state.kind !== "queued") return moveTo(index, job, open, null, job.state.runnerId);
  const key = groupKey(job, lineId);
  if (open.groupKey === key) return;
  moveTo(index, job, open, key, null);
  let group = index.groups.get(key);
  if (group === undefined) {
    const { priority, labels, needs } = job;
    group = { lineId, priority, labels, needs, jobs: new QueueHeap() };
    index.groups.set(key, group);
  }
  group.jobs.add({ jobId: job.id, queuedAtMs: job.queuedAtMs, order: open.order });
}

/** Takes an open job out of where it is, and notes where it is now. */
function moveTo(
  index: WritableQueueIndex,
  job: Job,
  open: OpenJob,
  key: string | null,
  holder: RunnerId | null,
): void {
  if (open.groupKey !== null && open.groupKey !== key) {
    const group = index.groups.get(open.groupKey)!;
    group.jobs.remove(job.id);
    if (group.jobs.size === 0) index.groups.delete(open.groupKey);
  }
  open.groupKey = key;
  if (open.heldBy === holder) return;
  if (open.heldBy !== null) {
    const held = index.heldBy.get(open.heldBy)!;
    held.delete(job.id);
    if (held.size === 0) index.heldBy.delete(open.heldBy);
  }
  open.heldBy = holder;
  if (holder === null) return;
  const held = index.heldBy.get(holder);
  if (held === undefined) index.heldBy.set(holder, new Set([job.id]));
  else held.add(job.id);
}

function groupKey(job: Job, lineId: LineId): string {
  const { priority, labels, needs } = job;
  if (labels.length === 0 && needs.length === 0) return `${priority} ${lineId}`;
  return `${priority} ${lineId} ${JSON.stringify([labels, needs])}`;
}

/** Follows a task's row from its form before; null when it is new, or leaves memory. */
export function indexTask(index: WritableQueueIndex, before: Task | null, after: Task | null): void {
  const from = before !== null && isWaiting(before) ? stationKey(before) : null;
  const to = after !== null && isWaiting(after) ? stationKey(after) : null;
  if (from === to) return;
  if (from !== null) {
    const ids = index.waiting.get(from)!;
    ids.remove(before!.id);
    if (ids.size === 0) index.waiting.delete(from);
  }
  if (to === null) return;
  const ids = index.waiting.get(to);
  if (ids !== undefined) return ids.add(after!.id);
  const first = new SortedIds();
  first.add(after!.id);
  index.waiting.set(to, first);
}

/** How many tasks of the same line wait at the same station and came before. */
export function waitingBefore(index: QueueIndex, task: Task): number {
  return (index as WritableQueueIndex).waiting.get(stationKey(task))?.countBefore(task.id) ?? 0;
}

/** Every queued job, in no order. */
export function queuedJobs(state: Pick<QueueState, "index" | "jobs">): Job[] {
  const jobs: Job[] = [];
  for (const group of state.index.groups.values()) {
    for (const { jobId } of group.jobs.places()) jobs.push(state.jobs.get(jobId)!);
  }
  return jobs;
}

/** Every job in the hands of a runner, in order of creation: the same before an eviction and after it (O4). */
export function allHeldJobs({ index, jobs }: Pick<QueueState, "index" | "jobs">): Job[] {
  const { open } = index as WritableQueueIndex;
  const ids = [...index.heldBy.values()].flatMap((held) => [...held]);
  return ids.sort((a, b) => open.get(a)!.order - open.get(b)!.order).map((id) => jobs.get(id)!);
}

/** What the wire calls `queued`: for a runner, or for somebody who moves the task on. */
function isWaiting({ state }: Task): boolean {
  return state.kind === "waiting" || (state.kind === "at_station" && state.phase === "queued");
}

function stationKey(task: Task): string {
  return `${task.lineId} ${task.stationId}`;
}
