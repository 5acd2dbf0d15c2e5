/**
 * What a queue is, as naively as possible: arrays, indices, and the rules of Line 5 to 8 written down a second time,
 * from the specification and not from the deciders. Every command answers with a word, as the real one must.
 *
 * Tasks, jobs and runs are numbered in the order in which they come to be.
 */
import type { Outcome, TaskStatus } from "../../protocol/line/task.ts";
import type { LineSpec } from "../fake/line_arbitrary.ts";

const LEASE = 90_000;
const GRACE = 120_000;
/** The silence of an agent that a station allows when it does not say, with the same grace. */
const IDLE = 120_000 + GRACE;
const ATTEMPTS = 5;
const LOST_RUNS = 3;

export interface ModelRunner {
  labels: readonly string[];
  lastRun: number | null;
}
export interface ModelTask {
  /** Which line, and the version of it that the task started with. */
  readonly lineNumber: number;
  readonly line: LineSpec;
  readonly priority: number;
  station: number;
  status: TaskStatus;
  /** The job that it is at. */
  job: number | null;
  /** Questions so far; the last one is open while the status is `awaiting_review`. */
  asks: number;
  target: number;
  readonly attempts: Map<number, number>;
}
export interface ModelJob {
  readonly task: number;
  readonly station: number;
  readonly attempt: number;
  readonly queuedAt: number;
  /** The run that holds it; null while it is queued and once it is finished. */
  run: number | null;
  outcome: Outcome | null;
  epoch: number;
  lost: number;
  leaseUntil: number;
  deadline: number;
  /** The agent's last sign of activity in this run; null: none yet. */
  activeAt: number | null;
}
export interface ModelRun {
  readonly job: number;
  readonly runner: number;
  readonly epoch: number;
  hasStarted: boolean;
  outcome: Outcome | "lost" | null;
  report: Said | null;
}

/** What a report says; a field that is absent was not said. */
export interface Said {
  readonly end: Outcome | "stopped";
  readonly exit?: number;
  readonly error?: string;
  readonly summary?: string;
}

export interface Speech {
  readonly runner: number;
  /** Which run is named: by its number, by its job's, or not at all. */
  readonly run: number | null;
  readonly job: number | null;
  readonly epoch: number | null;
  /** Null: a heartbeat. */
  readonly said: Said | null;
  /** It carries output: the agent does something. */
  readonly isOutput?: boolean;
}

export class QueueModel {
  now = 0;
  readonly runners: ModelRunner[] = [];
  readonly tasks: ModelTask[] = [];
  readonly jobs: ModelJob[] = [];
  readonly runs: ModelRun[] = [];
  /** The line of each claim, in order: lines take turns. */
  readonly served: number[] = [];

  submit(lineNumber: number, line: LineSpec, priority: number, station: number): void {
    const task: ModelTask = {
      lineNumber,
      line,
      priority,
      station,
      status: "queued",
      job: null,
      asks: 0,
      target: 0,
      attempts: new Map(),
    };
    this.tasks.push(task);
    this.#arrive(this.tasks.length - 1, station, true);
  }

  /** The job that a runner would get. */
  pick(runner: number, capabilities: readonly string[] | null): number | null {
    if (this.held(runner) !== null) return null;
    const fitting = this.jobs.map((_, index) => index)
      .filter((index) => this.isQueued(index) && this.#fits(index, runner, capabilities));
    fitting.sort((a, b) =>
      this.#priority(b) - this.#priority(a) || this.#lastTurn(a) - this.#lastTurn(b) ||
      this.jobs[a]!.queuedAt - this.jobs[b]!.queuedAt || a - b
    );
    return fitting[0] ?? null;
  }

  claim(runner: number, index: number, capabilities: readonly string[] | null): string {
    const job = this.jobs[index]!;
    if (job.run !== null && this.runs[job.run]!.runner === runner) {
      job.leaseUntil = this.now + LEASE;
      return "again";
    }
    if (!this.isQueued(index)) return "job_not_queued";
    if (this.held(runner) !== null) return "runner_busy";
    if (!this.#fits(index, runner, capabilities)) return "runner_does_not_match";
    job.epoch++;
    job.run = this.runs.length;
    job.leaseUntil = this.now + LEASE;
    job.activeAt = null;
    job.deadline = this.now + this.#station(index).maxTimeoutMinutes * 60_000 + GRACE;
    this.served.push(this.tasks[job.task]!.lineNumber);
    this.runs.push({ job: index, runner, epoch: job.epoch, hasStarted: false, outcome: null, report: null });
    this.runners[runner]!.lastRun = job.run;
    this.tasks[job.task]!.status = "claimed";
    return "claimed";
  }

  speak({ runner, run: named, job: namedJob, epoch, said, isOutput = false }: Speech): string {
    let at = named;
    if (at === null && namedJob !== null) {
      at = this.runs.findLastIndex((run) => run.job === namedJob && run.runner === runner);
      if (at < 0) return "no_active_job";
    }
    at ??= this.held(runner) ?? this.runners[runner]!.lastRun;
    if (at === null) return "no_active_job";
    const run = this.runs[at]!;
    const job = this.jobs[run.job]!;
    if (run.runner !== runner) return "not_your_runner";
    if (namedJob !== null && namedJob !== run.job) return "not_found";
    if (epoch !== null && epoch !== run.epoch) return "stale_lease";
    if (run.outcome === "lost") {
      const isAgain = said?.end === "stopped" && run.report !== null && agree(run.report, said);
      return isAgain && run.epoch === job.epoch ? "done" : "stale_lease";
    }
    if (run.outcome !== null) {
      if (said === null) return "stop";
      return run.report !== null && agree(run.report, said) ? "done" : "run_finished";
    }
    if (said === null) {
      job.leaseUntil = this.now + LEASE;
      if (isOutput) job.activeAt = this.now;
      if (!run.hasStarted) this.tasks[job.task]!.status = "in_progress";
      run.hasStarted = true;
      return "go on";
    }
    run.report = said;
    if (said.end === "stopped") this.#lose(run.job);
    else this.#finish(run.job, said.end);
    return "done";
  }

  /** What time does: the lease or a limit, whichever was over first. */
  alarm(): void {
    const held = this.jobs.map((_, index) => index).filter((index) => this.jobs[index]!.run !== null);
    for (const index of held) {
      const { leaseUntil, deadline, activeAt } = this.jobs[index]!;
      const end = Math.min(deadline, activeAt === null ? Infinity : activeAt + IDLE);
      if (this.now < leaseUntil && this.now < end) continue;
      if (leaseUntil < end) this.#lose(index);
      else this.#finish(index, "cancelled");
    }
  }

  cancel(index: number): string {
    const task = this.tasks[index]!;
    if (this.hasEnded(index)) return "task_ended";
    if (task.job !== null) this.#finish(task.job, "cancelled");
    else task.status = "failed";
    return "cancelled";
  }

  /** `ask` counts the task's questions from 1. */
  resolve(index: number, ask: number, isApproved: boolean): void {
    const task = this.tasks[index]!;
    if (task.status !== "awaiting_review" || ask !== task.asks) return;
    if (isApproved) this.#arrive(index, task.target, false);
    else task.status = "failed";
  }

  isQueued(index: number): boolean {
    const job = this.jobs[index]!;
    return job.run === null && job.outcome === null;
  }

  hasEnded(index: number): boolean {
    return ["completed", "failed"].includes(this.tasks[index]!.status);
  }

  /** The run that a runner is at. */
  held(runner: number): number | null {
    const at = this.runs.findIndex((run) => run.runner === runner && run.outcome === null);
    return at < 0 ? null : at;
  }

  #station(index: number) {
    const job = this.jobs[index]!;
    return this.tasks[job.task]!.line.stations[job.station]!;
  }

  /** When the job's line was served last; -1: never. */
  #lastTurn(index: number): number {
    return this.served.lastIndexOf(this.tasks[this.jobs[index]!.task]!.lineNumber);
  }

  #priority(index: number): number {
    return this.tasks[this.jobs[index]!.task]!.priority;
  }

  #fits(index: number, runner: number, capabilities: readonly string[] | null): boolean {
    const { labels, needs } = this.#station(index);
    return labels.every((label) => this.runners[runner]!.labels.includes(label)) &&
      (capabilities === null || needs.every((need) => capabilities.includes(need)));
  }

  #lose(index: number): void {
    const job = this.jobs[index]!;
    this.runs[job.run!]!.outcome = "lost";
    job.run = null;
    job.lost++;
    if (job.lost === LOST_RUNS) return this.#finish(index, "cancelled");
    this.tasks[job.task]!.status = "queued";
  }

  #finish(index: number, outcome: Outcome): void {
    const job = this.jobs[index]!;
    if (job.run !== null) this.runs[job.run]!.outcome = outcome;
    job.run = null;
    job.outcome = outcome;
    const task = this.tasks[job.task]!;
    task.job = null;
    const { line } = task;
    const rule = line.rules.find((r) =>
      r.from === job.station && (r.condition === outcome || r.condition === "any")
    );
    if (rule?.gate === "ask") {
      task.status = "awaiting_review";
      task.asks++;
      task.target = rule.to;
    } else if (rule !== undefined) this.#arrive(job.task, rule.to, false);
    else if (outcome !== "success") task.status = "failed";
    else if (job.station + 1 < line.stations.length) this.#arrive(job.task, job.station + 1, false);
    else task.status = "completed";
  }

  #arrive(index: number, station: number, isNew: boolean): void {
    const task = this.tasks[index]!;
    task.station = station;
    task.status = "queued";
    if (task.line.stations[station]!.isManual) {
      const isLast = !task.line.rules.some((rule) => rule.from === station);
      if (isLast && !isNew) task.status = "completed";
      return;
    }
    const attempt = (task.attempts.get(station) ?? 0) + 1;
    if (attempt > ATTEMPTS) {
      task.status = "failed";
      return;
    }
    task.attempts.set(station, attempt);
    task.job = this.jobs.length;
    this.jobs.push({
      task: index,
      station,
      attempt,
      queuedAt: this.now,
      run: null,
      outcome: null,
      epoch: 0,
      lost: 0,
      leaseUntil: 0,
      deadline: 0,
      activeAt: null,
    });
  }
}

/** Two reports agree if both are good or both are bad, and nothing that both say differs (A4). */
function agree(one: Said, two: Said): boolean {
  if ((one.end === "success") !== (two.end === "success")) return false;
  const differs = (a: unknown, b: unknown) => a !== undefined && b !== undefined && a !== b;
  const why = (said: Said) => said.end === "cancelled" || said.end === "stopped" ? said.end : undefined;
  return !differs(one.exit, two.exit) && !differs(one.error, two.error) &&
    !differs(one.summary, two.summary) && !differs(why(one), why(two));
}
