/**
 * A task on its way: submitted, entering stations, ending (Line 2.5, Line 7).
 *
 *   submit -> at_station(queued -> claimed -> in_progress) -> job ends -> next place
 *   next place: another station | awaiting_review | completed | failed
 *
 * Invariants:
 *   T1  A task that ended never changes again, unless a person retries it (`redirect.ts`).
 *   T2  Jobs of one task at one station are counted; after `attemptsMax` the task fails instead of looping (Q4).
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { AskId, JobId, StationId, TaskId } from "../../protocol/ids.ts";
import type { Gate, Station } from "../../protocol/line/line.ts";
import { OPEN_JOBS_MAX, TASKS_IN_MEMORY_MAX } from "../limits.ts";
import type { Draft } from "./draft.ts";
import { needsOf } from "./job_fields.ts";
import type { QueueError } from "./job_queue_api.ts";
import { findLine } from "./line_catalog.ts";
import type { Job, JobState, LineVersion, Task } from "./queue_state.ts";
import type { Submission } from "./submission.ts";
import { hasRules, nextStation } from "./transition.ts";
import { latestCommits } from "./task_commits.ts";
import { attemptsAt } from "./task_memory.ts";

/**
 * Takes a card onto a line, at its first station or at the one that the card names.
 *
 * `mayDispatch` false: whoever submits may not let jobs be made (scope `runs:dispatch`), so the task waits at its station
 * without a job until somebody who may retries or moves it.
 */
export function submitTask(
  draft: Draft,
  actor: string,
  input: Submission & { readonly mayDispatch?: boolean },
): Result<Task, QueueError> {
  const found = findLine(draft.before, input.lineId);
  if (!found.ok) return found;
  if (draft.before.index.openJobs >= OPEN_JOBS_MAX) {
    return err({ reason: "queue_full", openJobsMax: OPEN_JOBS_MAX });
  }
  if (draft.before.tasks.size >= TASKS_IN_MEMORY_MAX) {
    return err({ reason: "too_many_tasks", tasksMax: TASKS_IN_MEMORY_MAX });
  }
  const line = found.value;
  const stationIds = line.definition.stations.map((s) => s.id);
  const stationId = input.card.columnId ?? stationIds[0]!;
  if (!stationIds.includes(stationId)) return err({ reason: "unknown_station", stationId, stationIds });
  const task: Task = {
    id: draft.newId<TaskId>(),
    lineId: line.id,
    lineVersion: line.version,
    title: input.card.title,
    description: input.card.description,
    priority: input.card.priority,
    labels: input.card.labels,
    stationId,
    attempts: {},
    jobIds: [],
    asks: {},
    hasAgentRepository: false,
    state: { kind: "waiting" },
    createdAtMs: draft.nowMs,
    updatedAtMs: draft.nowMs,
    ...(input.traceparent == null ? {} : { traceparent: input.traceparent }),
  };
  draft.note(task, "task_submitted", { stationId, detail: task.title });
  draft.audit("task_submitted", actor, { taskId: task.id, subject: `line:${line.id}` });
  if (input.mayDispatch === false && stationOf(line, stationId).trigger.type !== "none") {
    putTask(draft, task);
    draft.note(task, "task_waiting", { stationId, detail: "for somebody who may dispatch" });
  } else {
    enterStation(draft, line, task, stationId, "submission");
  }
  return ok(draft.task(task.id)!);
}

/** Puts a task at a station: a job if the station dispatches one, else the end or a wait (Line 7 items 5 and 6). */
export function enterStation(
  draft: Draft,
  line: LineVersion,
  task: Task,
  stationId: StationId,
  via: "submission" | "transition",
): void {
  const station = stationOf(line, stationId);
  const moved: Task = {
    ...task,
    stationId,
    hasAgentRepository: task.hasAgentRepository || station.trigger.createAssemblyLineRepo,
  };
  if (station.trigger.type === "none") {
    if (via === "transition" && !hasRules(line.definition, stationId)) {
      return endAtTerminal(draft, moved, station);
    }
    putTask(draft, { ...moved, state: { kind: "waiting" } });
    return draft.note(moved, "task_waiting", { stationId, detail: station.name });
  }
  const attempt = attemptsAt(task, stationId) + 1;
  const { attemptsMax } = draft.timing;
  if (attempt > attemptsMax) {
    return endTask(draft, moved, `attempts_exhausted: ${attemptsMax} jobs at station '${stationId}'`);
  }
  const job: Job = {
    id: draft.newId<JobId>(),
    taskId: task.id,
    stationId,
    attempt,
    labels: station.trigger.labels,
    needs: needsOf(station.trigger),
    priority: task.priority,
    leaseEpoch: 0,
    lostRuns: 0,
    runIds: [],
    queuedAtMs: draft.nowMs,
    state: { kind: "queued" },
  };
  draft.put({ kind: "job", row: job });
  putTask(draft, {
    ...moved,
    attempts: { ...task.attempts, [stationId]: attempt },
    jobIds: [...task.jobIds, job.id],
    state: { kind: "at_station", jobId: job.id, phase: "queued" },
  });
  draft.note(moved, "job_queued", { stationId, jobId: job.id, detail: `attempt ${attempt}` });
}

/** A terminal station says how tasks end there; how their last job ended is kept beside it (Line 7 item 6). */
function endAtTerminal(draft: Draft, task: Task, station: Station): void {
  if (station.terminalStatus !== "failed") return endTask(draft, task, null);
  const last = lastEnd(draft, task);
  endTask(draft, task, `stopped at station '${station.id}'${last?.reason ? `: ${last.reason}` : ""}`);
}

/** How the newest job of a task ended; null while it has none that did. */
function lastEnd(draft: Draft, task: Task): Extract<JobState, { kind: "finished" }> | null {
  const state = task.jobIds.length === 0 ? undefined : draft.job(task.jobIds.at(-1)!)?.state;
  return state?.kind === "finished" ? state : null;
}

function stationOf(line: LineVersion, stationId: StationId): Station {
  return line.definition.stations.find((station) => station.id === stationId)!;
}

/** Applies the transition rules after a job has finished. */
export function leaveStation(draft: Draft, task: Task, job: Job): void {
  if (job.state.kind !== "finished") {
    throw new TypeError(
      `Cannot leave station as the job must be finished: current value is ${job.state.kind}`,
    );
  }
  const line = draft.line(task.lineId, task.lineVersion)!;
  const next = nextStation(line.definition, job.stationId, job.state.outcome, job.state.reason);
  switch (next.kind) {
    case "advance":
      if (next.passedGate !== null) {
        draft.note(task, "gate_passed", { stationId: job.stationId, detail: next.passedGate.name });
      }
      return enterStation(draft, line, task, next.toStationId, "transition");
    case "gate":
      return openGate(draft, line, task, job, next.gate, next.toStationId);
    case "complete":
      return endTask(draft, task, null);
    case "fail":
      return endTask(draft, task, next.reason);
  }
}

function openGate(
  draft: Draft,
  line: LineVersion,
  task: Task,
  job: Job,
  gate: Gate,
  toStationId: StationId,
): void {
  const askId = draft.newId<AskId>();
  const station = (id: StationId) => stationOf(line, id);
  const commits = latestCommits(draft, task);
  putTask(draft, {
    ...task,
    asks: { ...task.asks, [gate.id]: askId },
    state: { kind: "awaiting_review", askId, gateId: gate.id, toStationId },
  });
  draft.note(task, "gate_opened", { stationId: job.stationId, jobId: job.id, detail: gate.name });
  const { owner, project } = draft.settings();
  draft.emit({
    destination: "gate",
    action: "open",
    askId,
    ask: {
      askId,
      owner,
      project,
      taskId: task.id,
      taskCreatedAtMs: task.createdAtMs,
      taskTitle: task.title,
      taskDescription: task.description,
      lineId: line.id,
      lineName: line.definition.name,
      gateId: gate.id,
      gateName: gate.name,
      gateDescription: gate.description ?? "",
      ...(gate.notifyEmails === undefined ? {} : { notifyEmails: gate.notifyEmails }),
      fromStationId: job.stationId,
      fromStationName: station(job.stationId).name,
      fromOutcome: job.state.kind === "finished" ? job.state.outcome : "",
      toStationId,
      toStationName: station(toStationId).name,
      baseCommit: commits.baseCommit,
      headCommit: commits.headCommit,
      openedAtMs: draft.nowMs,
    },
  });
  draft.emit({
    destination: "history",
    record: {
      kind: "gate",
      origin: "line_gate",
      askId,
      taskId: task.id,
      gateId: gate.id,
      gateName: gate.name,
      state: "open",
      outcome: null,
      decidedBy: null,
      reason: null,
      openedAtMs: draft.nowMs,
      endedAtMs: null,
    },
  });
}

/** Ends a task: completed without a reason, failed with one. */
export function endTask(draft: Draft, task: Task, failure: string | null): void {
  const status = failure === null ? "completed" : "failed";
  const end = { endedAtMs: draft.nowMs, outcome: lastEnd(draft, task)?.outcome ?? null };
  putTask(draft, {
    ...task,
    state: failure === null ? { kind: "completed", ...end } : { kind: "failed", reason: failure, ...end },
  });
  draft.note(task, `task_${status}`, { stationId: task.stationId, detail: failure ?? "" }, status);
}

/** Writes a task with a fresh `updatedAtMs`. */
export function putTask(draft: Draft, task: Task): void {
  draft.put({ kind: "task", row: { ...task, updatedAtMs: draft.nowMs } });
}
