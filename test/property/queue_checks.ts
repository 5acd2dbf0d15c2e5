/** What must be true of a queue after every command, and of its whole story at the end (design Q1 to Q4, O2, S1). */
import assert from "node:assert/strict";
import { ATTEMPTS_MAX, RUNS_PER_JOB_MAX } from "../../protocol/limits.ts";
import { applyChanges, emptyQueueState } from "../../worker/domain/apply_changes.ts";
import { authenticate } from "../../worker/domain/authorize.ts";
import type { HistoryRecord } from "../../worker/domain/event.ts";
import type { Change, Job, Run, Task } from "../../worker/domain/queue_state.ts";
import { hasEnded, taskStatus } from "../../worker/domain/task_status.ts";
import { OWNER, PROJECT } from "../fake/queue_rig.ts";
import { stationId } from "../fake/line_arbitrary.ts";
import type { QueuePair } from "./queue_pair.ts";

type Row = Task | Job | Run;

export interface QueueChecks {
  /** Looks at what happened since the last look. */
  afterCommand(): void;
  /** Rebuilds the queue and its history from what was written, and compares. */
  atEnd(): void;
}

/** Makes the checks of one pair. */
export function createQueueChecks({ rig, model, runnerIds }: QueuePair): QueueChecks {
  const log: Change[] = [];
  const ended = new Map<string, Row>();
  const epochs = new Map<string, number>();
  const statuses = new Map<string, string>();
  const places = new Map<string, string>();
  const linesSeen = new Map<string, number>();
  let decisionsSeen = 0;

  function afterCommand(): void {
    const decisions = rig.decisions.slice(decisionsSeen);
    decisionsSeen = rig.decisions.length;
    for (const { result, changes, events } of decisions) {
      if (!result.ok) assert.deepEqual([changes.length, events.length], [0, 0], "D1");
      log.push(...changes.map((change) => JSON.parse(JSON.stringify(change))));
      checkTold(changes, events.flatMap((e) => e.destination === "history" ? [e.record] : []));
      for (const change of changes) freeze(change);
    }
    checkTasks();
    const holding = checkJobs();
    checkRuns(holding);
    checkTokens(holding);
  }

  /** D3: every row that changed is told once, as it is now; of jobs only what is more than a longer lease. */
  function checkTold(changes: readonly Change[], records: readonly HistoryRecord[]): void {
    for (const change of changes) {
      if (change.kind !== "task" && change.kind !== "job" && change.kind !== "run") continue;
      const told = records.filter((record) => idOf(record) === `${change.kind}/${change.row.id}`);
      const shown = change.kind === "job" ? change.row.state.kind : "";
      const isNews = change.kind !== "job" || statuses.get(change.row.id) !== shown;
      if (change.kind === "job") statuses.set(change.row.id, shown);
      same(told.length, isNews ? 1 : 0, `a changed ${change.kind} must be told once`);
    }
  }

  function checkTasks(): void {
    let index = 0;
    same(rig.state.tasks.size, model.tasks.length);
    for (const task of rig.state.tasks.values()) {
      const expected = model.tasks[index++]!;
      const status = taskStatus(task);
      same(status, expected.status);
      same(task.stationId, stationId(expected.station));
      same(task.state.kind === "at_station", expected.job !== null);
      const place = `${task.stationId} ${status} ${task.jobIds.length}`;
      const isMoved = places.get(task.id) !== place;
      const lines = isMoved ? rig.lines(task.id) : [];
      const own = lines.slice(linesSeen.get(task.id) ?? 0);
      if (isMoved) {
        linesSeen.set(task.id, lines.length);
        holds(own.length !== 0, `a task that moved to ${place} must say so on its timeline`);
      }
      if (hasEnded(task) && isMoved) {
        same(own.at(-1)?.ends, status, "the last entry ends the timeline");
      }
      places.set(task.id, place);
      statuses.set(task.id, status);
      stays(task.id, task, hasEnded(task));
      for (const attempts of Object.values(task.attempts)) holds(attempts <= ATTEMPTS_MAX, "Q4");
      if (!isMoved) continue;
      const ends = lines.flatMap((line) => line.ends ?? []);
      assert.deepEqual(ends, hasEnded(task) ? [status] : []);
    }
  }

  /** Q1, Q2, Q4. Returns the runs that hold a job. */
  function checkJobs(): Set<string> {
    let index = 0;
    const holding = new Set<string>();
    same(rig.state.jobs.size, model.jobs.length);
    for (const job of rig.state.jobs.values()) {
      const expected = model.jobs[index++]!;
      same(job.leaseEpoch, expected.epoch);
      holds(job.leaseEpoch >= (epochs.get(job.id) ?? 0), "Q1: the epoch only grows");
      epochs.set(job.id, job.leaseEpoch);
      same(job.runIds.length, job.leaseEpoch);
      same(job.lostRuns, expected.lost);
      holds(job.lostRuns <= RUNS_PER_JOB_MAX && job.runIds.length <= RUNS_PER_JOB_MAX, "Q4");
      same(job.attempt, expected.attempt);
      stays(job.id, job, job.state.kind === "finished");
      if (job.state.kind === "claimed" || job.state.kind === "in_progress") {
        holds(expected.run !== null, "a job that is held has a run");
        const { runId, runnerId, leaseUntilMs, deadlineMs } = job.state;
        same(runId, job.runIds.at(-1));
        same(runnerId, runnerIds[model.runs[expected.run!]!.runner]);
        same(leaseUntilMs, expected.leaseUntil);
        same(deadlineMs, expected.deadline);
        holding.add(runId);
      } else {
        same(expected.run, null);
        same(job.state.kind === "finished" ? job.state.outcome : null, expected.outcome);
      }
    }
    return holding;
  }

  /** Q1, Q2: an active run is the one that its job names, and a runner has one at most. */
  function checkRuns(holding: ReadonlySet<string>): void {
    let index = 0;
    const busy = new Set<string>();
    same(rig.state.runs.size, model.runs.length);
    for (const run of rig.state.runs.values()) {
      const expected = model.runs[index++]!;
      same(run.state.kind === "finished" ? run.state.outcome : null, expected.outcome);
      same(run.state.kind === "active", holding.has(run.id));
      stays(run.id, run, run.state.kind === "finished");
      if (run.state.kind !== "active") continue;
      same(busy.has(run.runnerId), false, "a runner has one run at most");
      busy.add(run.runnerId);
    }
  }

  /** S1: the tokens of a run are good while it holds its job, and never again. */
  function checkTokens(holding: ReadonlySet<string>): void {
    for (const run of rig.state.runs.values()) {
      const caller = { kind: "run_token", token: "repository", runId: run.id } as const;
      same(authenticate(rig.state, caller).ok, holding.has(run.id), "S1");
    }
  }

  /** What has ended is never written again, not even with the same content (Q2, T1). */
  function stays(id: string, row: Row, isOver: boolean): void {
    const known = ended.get(id);
    if (known !== undefined) holds(row === known, "Q2: what ended never changes");
    else if (isOver) ended.set(id, row);
  }

  function atEnd(): void {
    const rebuilt = emptyQueueState(OWNER, PROJECT);
    applyChanges(rebuilt, log);
    assert.deepEqual(rebuilt.settings, rig.state.settings);
    for (
      const part of [
        "lines",
        "latestLineVersion",
        "runners",
        "tokens",
        "tasks",
        "jobs",
        "runs",
        "notes",
        "lineTurns",
      ] as const
    ) {
      assert.deepEqual([...rebuilt[part].entries()], [...rig.state[part].entries()]);
    }
    const told = new Map<string, HistoryRecord>();
    for (const event of rig.events) {
      if (event.destination === "history") told.set(idOf(event.record), event.record);
    }
    const statusOf = (key: string) => (told.get(key) as { status?: string } | undefined)?.status;
    for (const task of rig.state.tasks.values()) assert.equal(statusOf(`task/${task.id}`), taskStatus(task));
    for (const job of rig.state.jobs.values()) assert.equal(statusOf(`job/${job.id}`), job.state.kind);
    for (const run of rig.state.runs.values()) {
      assert.equal(statusOf(`run/${run.id}`) === "finished", run.state.kind === "finished");
    }
    const open = [...told.values()].flatMap((r) => r.kind === "gate" && r.state === "open" ? [r.askId] : []);
    const waiting = [...rig.state.tasks.values()].flatMap((task) =>
      task.state.kind === "awaiting_review" ? [task.state.askId as string] : []
    );
    assert.deepEqual(open.sort(), waiting.sort(), "the history's open gates are those that tasks wait at");
  }

  return { afterCommand, atEnd };
}

/** `assert.equal`, called only where it fails: a story makes millions of these. */
function same(actual: unknown, expected: unknown, why?: string): void {
  if (Object.is(actual, expected)) return;
  if (why === undefined) assert.equal(actual, expected);
  else assert.equal(actual, expected, why);
}

function holds(isSo: boolean, why?: string): void {
  if (!isSo) assert.fail(why ?? "expected it to hold");
}

/** Identity of a snapshot, `{kind}/{id}`. */
function idOf(record: HistoryRecord): string {
  switch (record.kind) {
    case "task":
      return `task/${record.taskId}`;
    case "job":
      return `job/${record.jobId}`;
    case "run":
      return `run/${record.runId}`;
    case "gate":
      return `gate/${record.askId}`;
    case "line":
      return `line/${record.lineId}@${record.version}`;
    case "audit":
      return "audit";
  }
}

/** A decider that writes into a row instead of making a new one throws from here on. */
function freeze(change: Change): void {
  if (!("row" in change)) return;
  Object.freeze(change.row);
  for (const value of Object.values(change.row)) {
    if (typeof value === "object" && value !== null) Object.freeze(value);
  }
}
