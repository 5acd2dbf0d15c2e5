/**
 * Decisions that a queue makes all day: a runner claims a job, its lease is renewed, and a run ends and its task goes on
 * or ends. All their rows follow from a few values and from the state before them, so the log holds these alone.
 *
 * Invariants:
 *   1. `rowsOf(state, routineOf(state, changes, nowMs), nowMs)` is `changes`, row by row, in their order: a decision that
 *      differs in anything is none of these, and is logged by its rows.
 *   2. What a routine stands for never changes: logs are out there. When a decider changes, (1) sends its decisions to
 *      their rows until there is a new routine for them. So nothing in here asks a decider.
 *
 * Pure.
 */
import type { JobId, RunId, RunnerId, StationId } from "../../../protocol/ids.ts";
import type { Outcome } from "../../../protocol/line/task.ts";
import type { Change, FinalReport, Job, QueueState, Run, Task, TaskNote } from "../../domain/queue_state.ts";
import { isSame } from "./is_same.ts";

/** A runner claims a queued job. `idleLimitMs` null: its silence is not judged. */
export interface ClaimRoutine {
  readonly kind: "claim";
  readonly jobId: JobId;
  readonly runId: RunId;
  readonly runnerId: RunnerId;
  readonly leaseMs: number;
  readonly maxMs: number;
  readonly idleLimitMs: number | null;
}

/** A run that has started is heard of. `activeAgoMs` null: nothing new of its agent. */
export interface RenewRoutine {
  readonly kind: "renew";
  readonly jobId: JobId;
  readonly leaseMs: number;
  readonly activeAgoMs: number | null;
}

/** A run ends with its job, as its runner reported. */
export interface EndRoutine {
  readonly kind: "end";
  readonly runId: RunId;
  readonly outcome: Outcome;
  readonly reason: string | null;
  readonly report: PackedReport | null;
  readonly next: Next;
}

/** A report without the names of its fields. */
export type PackedReport = readonly [
  result: FinalReport["result"],
  exitCode: number | null,
  error: string | null,
  summary: string | null,
  reason: string | null,
  baseCommit: string | null,
  headCommit: string | null,
];

/** What becomes of the task. */
export type Next =
  | { readonly kind: "completed" }
  | { readonly kind: "failed"; readonly reason: string }
  | {
    readonly kind: "station";
    readonly jobId: JobId;
    readonly stationId: StationId;
    readonly labels: readonly string[];
    readonly needs: readonly string[];
    readonly hasAgentRepository: boolean;
  };

export type Routine = ClaimRoutine | RenewRoutine | EndRoutine;

/** The routine that these changes of `state` are; null if they are none. */
export function routineOf(state: QueueState, changes: readonly Change[], nowMs: number): Routine | null {
  const routine = likelyRoutine(state, changes, nowMs);
  if (routine === null) return null;
  const rows = rowsOf(state, routine, nowMs);
  return rows !== null && isSame(rows, changes) ? routine : null;
}

/** Reads the values out of the rows that a routine would have; whether it is one is seen by comparing. */
function likelyRoutine(state: QueueState, changes: readonly Change[], nowMs: number): Routine | null {
  const [first, second, third, fourth] = changes;
  if (first?.kind === "job" && second === undefined) return likelyRenewal(state, first.row, nowMs);
  if (first?.kind !== "run" || second?.kind !== "job") return null;
  const { row: run } = first;
  const { row: job } = second;
  if (job.state.kind === "claimed" && third?.kind === "line_turn") {
    const { leaseUntilMs, deadlineMs, idleLimitMs = null } = job.state;
    return {
      kind: "claim",
      jobId: job.id,
      runId: run.id,
      runnerId: run.runnerId,
      leaseMs: leaseUntilMs - nowMs,
      maxMs: deadlineMs - nowMs,
      idleLimitMs,
    };
  }
  if (job.state.kind !== "finished" || run.state.kind !== "finished") return null;
  const next = third?.kind === "job" && fourth?.kind === "task"
    ? nextOf(fourth.row, third.row)
    : third?.kind === "task"
    ? nextOf(third.row, null)
    : null;
  if (next === null) return null;
  const { outcome, reason } = job.state;
  const report = run.state.report && packReport(run.state.report);
  return { kind: "end", runId: run.id, outcome, reason, report, next };
}

function likelyRenewal({ jobs }: QueueState, { id: jobId, state }: Job, nowMs: number): Routine | null {
  const before = jobs.get(jobId)?.state;
  if (state.kind !== "in_progress" || before?.kind !== "in_progress") return null;
  const { leaseUntilMs, activeAtMs } = state;
  const isNew = activeAtMs !== undefined && activeAtMs !== before.activeAtMs;
  return {
    kind: "renew",
    jobId,
    leaseMs: leaseUntilMs - nowMs,
    activeAgoMs: isNew ? nowMs - activeAtMs : null,
  };
}

function nextOf(task: Task, job: Job | null): Next | null {
  if (job !== null) {
    const { id: jobId, stationId, labels, needs } = job;
    return { kind: "station", jobId, stationId, labels, needs, hasAgentRepository: task.hasAgentRepository };
  }
  if (task.state.kind === "completed") return { kind: "completed" };
  return task.state.kind === "failed" ? { kind: "failed", reason: task.state.reason } : null;
}

function packReport(report: FinalReport): PackedReport {
  const { result, exitCode, error, summary, reason, baseCommit, headCommit } = report;
  return [result, exitCode, error, summary, reason, baseCommit, headCommit];
}

function unpackReport(packed: PackedReport): FinalReport {
  const [result, exitCode, error, summary, reason, baseCommit, headCommit] = packed;
  return { result, exitCode, error, summary, reason, baseCommit, headCommit };
}

/** The rows that a routine stands for, in the order in which they were decided; null if `state` lacks what it is about. */
export function rowsOf(state: QueueState, routine: Routine, nowMs: number): readonly Change[] | null {
  switch (routine.kind) {
    case "claim":
      return claimRows(state, routine, nowMs);
    case "renew":
      return renewRows(state, routine, nowMs);
    case "end":
      return endRows(state, routine, nowMs);
  }
}

function renewRows({ jobs }: QueueState, routine: RenewRoutine, nowMs: number): readonly Change[] | null {
  const { jobId, leaseMs, activeAgoMs } = routine;
  const job = jobs.get(jobId);
  if (job?.state.kind !== "in_progress") return null;
  const active = activeAgoMs === null ? {} : { activeAtMs: nowMs - activeAgoMs };
  return [{
    kind: "job",
    row: { ...job, state: { ...job.state, ...active, leaseUntilMs: nowMs + leaseMs } },
  }];
}

function claimRows(state: QueueState, routine: ClaimRoutine, nowMs: number): readonly Change[] | null {
  const { runId, leaseMs, maxMs, idleLimitMs } = routine;
  const job = state.jobs.get(routine.jobId);
  const runner = state.runners.get(routine.runnerId);
  const task = job && state.tasks.get(job.taskId);
  if (job === undefined || runner === undefined || task === undefined) return null;
  const run: Run = {
    id: runId,
    jobId: job.id,
    taskId: job.taskId,
    stationId: job.stationId,
    runnerId: runner.id,
    runnerName: runner.name,
    leaseEpoch: job.leaseEpoch + 1,
    claimedAtMs: nowMs,
    startedAtMs: null,
    state: { kind: "active" },
  };
  const claimed: Job = {
    ...job,
    leaseEpoch: run.leaseEpoch,
    runIds: [...job.runIds, runId],
    state: {
      kind: "claimed",
      runId,
      runnerId: runner.id,
      leaseUntilMs: nowMs + leaseMs,
      deadlineMs: nowMs + maxMs,
      ...(idleLimitMs === null ? {} : { idleLimitMs }),
    },
  };
  const note: TaskNote = {
    atMs: nowMs,
    kind: "run_claimed",
    stationId: job.stationId,
    jobId: job.id,
    runId,
    runnerName: runner.name,
    detail: `attempt ${job.attempt}, lease ${run.leaseEpoch}`,
    ends: null,
  };
  return [
    { kind: "run", row: run },
    { kind: "job", row: claimed },
    { kind: "line_turn", row: { id: task.lineId, turn: turnAfter(state) } },
    { kind: "runner", row: { ...runner, lastSeenAtMs: nowMs, lastRunId: runId } },
    {
      kind: "task",
      row: { ...task, state: { kind: "at_station", jobId: job.id, phase: "claimed" }, updatedAtMs: nowMs },
    },
    ...noteRows(state, task, [note]),
  ];
}

function turnAfter({ lineTurns }: QueueState): number {
  let last = 0;
  for (const turn of lineTurns.values()) if (turn > last) last = turn;
  return last + 1;
}

function endRows(state: QueueState, routine: EndRoutine, nowMs: number): readonly Change[] | null {
  const { outcome, reason, next } = routine;
  const report = routine.report && unpackReport(routine.report);
  const run = state.runs.get(routine.runId);
  const job = run && state.jobs.get(run.jobId);
  const task = job && state.tasks.get(job.taskId);
  if (run === undefined || job === undefined || task === undefined) return null;
  const finished: Job = { ...job, state: { kind: "finished", outcome, reason, endedAtMs: nowMs } };
  const note: TaskNote = {
    atMs: nowMs,
    kind: "job_finished",
    stationId: job.stationId,
    jobId: job.id,
    runId: run.id,
    runnerName: run.runnerName,
    detail: reason === null ? outcome : `${outcome}: ${reason}`,
    ends: null,
  };
  const gone = next.kind === "station" ? movedOn(task, next, nowMs) : ended(task, next, outcome, nowMs);
  return [
    {
      kind: "run",
      row: {
        ...run,
        startedAtMs: run.startedAtMs ?? (report === null ? null : run.claimedAtMs),
        state: { kind: "finished", outcome, report, endedAtMs: nowMs },
      },
    },
    { kind: "job", row: finished },
    ...gone.changes,
    ...noteRows(state, task, [note, gone.note]),
  ];
}

interface Gone {
  readonly changes: readonly Change[];
  readonly note: TaskNote;
}

function ended(
  task: Task,
  next: Exclude<Next, { kind: "station" }>,
  outcome: Outcome,
  nowMs: number,
): Gone {
  const end = { endedAtMs: nowMs, outcome };
  const state: Task["state"] = next.kind === "completed"
    ? { kind: "completed", ...end }
    : { kind: "failed", reason: next.reason, ...end };
  return {
    changes: [{ kind: "task", row: { ...task, state, updatedAtMs: nowMs } }],
    note: {
      atMs: nowMs,
      kind: `task_${next.kind}`,
      stationId: task.stationId,
      jobId: null,
      runId: null,
      runnerName: null,
      detail: next.kind === "failed" ? next.reason : "",
      ends: next.kind,
    },
  };
}

function movedOn(task: Task, next: Extract<Next, { kind: "station" }>, nowMs: number): Gone {
  const { jobId, stationId, labels, needs, hasAgentRepository } = next;
  const before = Object.hasOwn(task.attempts, stationId) ? task.attempts[stationId]! : 0;
  const attempt = before + 1;
  const job: Job = {
    id: jobId,
    taskId: task.id,
    stationId,
    attempt,
    labels,
    needs,
    priority: task.priority,
    leaseEpoch: 0,
    lostRuns: 0,
    runIds: [],
    queuedAtMs: nowMs,
    state: { kind: "queued" },
  };
  const moved: Task = {
    ...task,
    stationId,
    hasAgentRepository,
    attempts: { ...task.attempts, [stationId]: attempt },
    jobIds: [...task.jobIds, jobId],
    state: { kind: "at_station", jobId, phase: "queued" },
    updatedAtMs: nowMs,
  };
  return {
    changes: [{ kind: "job", row: job }, { kind: "task", row: moved }],
    note: {
      atMs: nowMs,
      kind: "job_queued",
      stationId,
      jobId,
      runId: null,
      runnerName: null,
      detail: `attempt ${attempt}`,
      ends: null,
    },
  };
}

/** Lines are added to those that a task keeps; most keep none (`task_notes.ts`). */
function noteRows(state: QueueState, task: Task, added: readonly TaskNote[]): readonly Change[] {
  const known = state.notes.get(task.id);
  if (known === undefined || known.hasLog) return [];
  return [{ kind: "notes", row: { ...known, entries: [...known.entries, ...added] } }];
}
