/**
 * What a queue is asked all the time, kept at hand instead of searched for: the oldest queued job of each group, what a
 * runner holds, who waits at a station. Derived from the rows; written by `apply_changes.ts` alone.
 *
 * A group is the queued jobs of one line with the same priority and the same demands: whoever may do one of them may do
 * all, so choosing looks at groups, of which there are few, and never at jobs, of which there are many.
 */
import type { JobId, LineId, RunnerId, TaskId } from "../../protocol/ids.ts";
import type { Priority } from "../../protocol/line/fields.ts";
import type { FreshCommon, FreshTasks } from "./fresh_tasks.ts";
import { type QueuedPlace, QueueHeap } from "./queue_heap.ts";
import { SortedIds } from "./queue_sorted_ids.ts";
import type { Job, QueueState, Task } from "./queue_state.ts";

export interface JobGroup {
  /** In the index. */
  readonly key: string;
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

interface OpenJob extends QueuedPlace {
  /** The group in which it is queued, and the one in whose heap its place may still be. */
  group: JobGroup | null;
  lastGroup: JobGroup | null;
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
    leaveGroup(index, known);
    setHolder(index, known, null);
    index.open.delete(job.id);
    index.openJobs--;
    return;
  }
  let open = known ?? newOpenJob(index, job.id, job.queuedAtMs);
  if (job.state.kind !== "queued") {
    leaveGroup(index, open);
    return setHolder(index, open, job.state.runnerId);
  }
  setHolder(index, open, null);
  const key = groupKey(job, lineId);
  if (open.group?.key === key) return;
  leaveGroup(index, open);
  const group = groupOf(index, key, job, lineId);
  if (open.slot === "left" && open.lastGroup !== group) {
    // Its old place stays marked where it is.
    open = { ...open, slot: "none" };
    index.open.set(job.id, open);
  }
  open.group = open.lastGroup = group;
  group.jobs.add(open);
}

/** Follows tasks that come into memory together, each with its queued job. */
export function indexFresh(index: WritableQueueIndex, fresh: FreshTasks): void {
  const placeOf = ([lineId, , stationId, priority, , , labels, needs]: FreshCommon) => {
    const demand = { priority, labels, needs };
    const waitingKey = stationKey({ lineId, stationId });
    return { group: groupOf(index, groupKey(demand, lineId), demand, lineId), waitingKey };
  };
  // Made for a task: a common part that none has, as old snapshots hold, has no group.
  const places: (ReturnType<typeof placeOf> | undefined)[] = [];
  for (let at = 0; at < fresh.size; at++) {
    const common = fresh.commonOf(at);
    const { group, waitingKey } = places[common] ??= placeOf(fresh.commons[common]!);
    const open = newOpenJob(index, fresh.jobId(at), fresh.createdAtMs(at));
    open.group = open.lastGroup = group;
    group.jobs.add(open);
    addWaiting(index, waitingKey, fresh.taskId(at));
  }
}

type Demand = Pick<Job, "priority" | "labels" | "needs">;

function groupOf(index: WritableQueueIndex, key: string, demand: Demand, lineId: LineId): JobGroup {
  let group = index.groups.get(key);
  if (group === undefined) {
    const { priority, labels, needs } = demand;
    group = { key, lineId, priority, labels, needs, jobs: new QueueHeap() };
    index.groups.set(key, group);
  }
  return group;
}

function newOpenJob(index: WritableQueueIndex, jobId: JobId, queuedAtMs: number): OpenJob {
  const open: OpenJob = {
    jobId,
    queuedAtMs,
    order: index.nextOrder++,
    slot: "none",
    group: null,
    lastGroup: null,
    heldBy: null,
  };
  index.open.set(jobId, open);
  index.openJobs++;
  return open;
}

function leaveGroup(index: WritableQueueIndex, open: OpenJob): void {
  const { group } = open;
  if (group === null) return;
  open.group = null;
  group.jobs.remove(open);
  if (group.jobs.size === 0) index.groups.delete(group.key);
}

function setHolder(index: WritableQueueIndex, open: OpenJob, holder: RunnerId | null): void {
  if (open.heldBy === holder) return;
  if (open.heldBy !== null) {
    const held = index.heldBy.get(open.heldBy)!;
    held.delete(open.jobId);
    if (held.size === 0) index.heldBy.delete(open.heldBy);
  }
  open.heldBy = holder;
  if (holder === null) return;
  const held = index.heldBy.get(holder);
  if (held === undefined) index.heldBy.set(holder, new Set([open.jobId]));
  else held.add(open.jobId);
}

function groupKey({ priority, labels, needs }: Demand, lineId: LineId): string {
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
  if (to !== null) addWaiting(index, to, after!.id);
}

function addWaiting(index: WritableQueueIndex, key: string, taskId: TaskId): void {
  let ids = index.waiting.get(key);
  if (ids === undefined) index.waiting.set(key, ids = new SortedIds());
  ids.add(taskId);
}

/** How many tasks of the same line wait at the same station and came before. */
export function waitingBefore(index: QueueIndex, task: Task): number {
  return (index as WritableQueueIndex).waiting.get(stationKey(task))?.countBefore(task.id) ?? 0;
}

/** Every queued job, in no order. */
export function queuedJobs(state: Pick<QueueState, "index" | "jobs">): Job[] {
  const jobs: Job[] = [];
  for (const group of state.index.groups.values()) {
    for (const jobId of group.jobs.jobIds()) jobs.push(state.jobs.get(jobId)!);
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

function stationKey(task: Pick<Task, "lineId" | "stationId">): string {
  return `${task.lineId} ${task.stationId}`;
}
