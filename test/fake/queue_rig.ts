/**
 * A project's queue without its object: the real deciders over a state in memory, with a clock that is moved by hand
 * and ids from a counter. Every decision is applied at once and its events are kept.
 */
import assert from "node:assert/strict";
import type { AskId, JobId, RunId, RunnerId, TaskId } from "../../protocol/ids.ts";
import type { RunnerReport } from "../../protocol/line/runner.ts";
import { lineInput } from "../../protocol/line/line.ts";
import { taskCard } from "../../protocol/line/task.ts";
import { ok, type Result } from "../../protocol/result.ts";
import { applyChanges, emptyQueueState, type WritableQueueState } from "../../worker/domain/apply_changes.ts";
import { type Claimed, claimJob, offerJob } from "../../worker/domain/claim.ts";
import { decide, type Decision, type Draft } from "../../worker/domain/draft.ts";
import type { OutboxEvent } from "../../worker/domain/event.ts";
import { expire } from "../../worker/domain/expiry.ts";
import { cancelTask, resolveGate } from "../../worker/domain/intervene.ts";
import type { QueueError } from "../../worker/domain/job_queue_api.ts";
import { putLine } from "../../worker/domain/line_catalog.ts";
import type { Job, QueueState, Run, Task, TaskNote } from "../../worker/domain/queue_state.ts";
import { reportRun } from "../../worker/domain/report.ts";
import { registerRunner } from "../../worker/domain/runner_registry.ts";
import { untoldNotes } from "../../worker/domain/task_notes.ts";
import {
  createRunTokens,
  deriveRunKey,
  readRunToken,
  type RunTokenKind,
  type RunTokens,
} from "../../worker/domain/run_token.ts";
import type { Caller } from "../../worker/domain/caller.ts";
import { submitTask } from "../../worker/domain/task.ts";
import { type MintedToken, mintToken } from "../../worker/domain/token.ts";

export const OWNER = "acme";
export const PROJECT = "site";
/** The moment at which every rig starts. */
export const START_MS = 1_700_000_000_000;

const RUN_KEY = deriveRunKey("the admin token of a rig");

type Decider<T> = (draft: Draft) => Result<T, QueueError>;

export interface QueueRig {
  readonly state: QueueState;
  /** Every event so far, in order. */
  readonly events: readonly OutboxEvent[];
  /** Every decision so far, refused ones too. */
  readonly decisions: readonly Decision<unknown>[];
  /** The decision made last, with its changes and events. */
  readonly last: Decision<unknown>;
  nowMs(): number;
  advance(ms: number): void;
  run<T>(decider: Decider<T>): Result<T, QueueError>;
  /** Runs a decision that must not be refused. */
  must<T>(decider: Decider<T>): T;
  /** The tokens of this project's runs. */
  readonly tokens: RunTokens;
  /** Who calls with a token of a run. */
  runCaller(kind: RunTokenKind, runId: RunId): Caller;
  mint(kind: Parameters<typeof mintToken>[0]): MintedToken;
  /** Puts a line in wire form. */
  line(lineId: string, input: object): void;
  runner(name: string, labels?: readonly string[]): RunnerId;
  submit(lineId: string, card?: object, traceparent?: string | null): Task;
  offer(runnerId: RunnerId, capabilities?: readonly string[] | null): Job | null;
  claim(
    runnerId: RunnerId,
    jobId: JobId,
    capabilities?: readonly string[] | null,
  ): Result<Claimed, QueueError>;
  /** Claims what is offered; there must be something. */
  take(runnerId: RunnerId): Claimed;
  report(runnerId: RunnerId, report: RunnerReport): ReturnType<typeof reportRun>;
  /** Claims what is offered and reports it at once. */
  work(runnerId: RunnerId, report: RunnerReport): Run;
  expire(): void;
  cancel(taskId: TaskId, reason?: string): Result<Task, QueueError>;
  resolve(task: Task, action: "approve" | "reject", reason?: string): void;
  task(id: TaskId): Task;
  job(id: JobId): Job;
  /** The job that a task is at; it must be at one. */
  jobOf(id: TaskId): Job;
  /** The timeline of a task, whether or not its log was told. */
  lines(id: TaskId): readonly TaskNote[];
  /** Names of the timeline's entries of a task, in order. */
  timeline(id: TaskId): string[];
}

export const SUCCESS: RunnerReport = { jobResult: "success", exitCode: 0, error: null };
export const FAILURE: RunnerReport = { jobResult: "failed", exitCode: 1, error: "tests are red" };
export const HEARTBEAT: RunnerReport = { jobResult: "in_progress" };

/** A station that makes jobs. */
export function station(id: string, trigger: object = {}): object {
  return { id, name: id.toUpperCase(), trigger: { type: "dispatch_worker", ...trigger } };
}

/** A station at which no job is made. */
export function manual(id: string): object {
  return { id, name: id.toUpperCase(), trigger: { type: "none" } };
}

/** A line in wire form. */
export function lineOf(
  stations: readonly object[],
  transitionRules: readonly object[] = [],
  gates: readonly object[] = [],
) {
  return { name: "A line", stations, transitionRules, gates };
}

/** Makes an empty project, or goes on with a `state`. `onDecision` hears of each decision before it is applied to `before`. */
export function createQueueRig(
  onDecision: (before: QueueState, decision: Decision<unknown>, nowMs: number) => void = () => {},
  state: WritableQueueState = emptyQueueState(OWNER, PROJECT),
): QueueRig {
  const events: OutboxEvent[] = [];
  let nowMs = START_MS;
  let counter = 0;
  const decisions: Decision<unknown>[] = [];

  const bytes = (size: number) => {
    const random = new Uint8Array(size);
    new DataView(random.buffer).setUint32(0, ++counter);
    return random;
  };
  const rig: QueueRig = {
    state,
    events,
    decisions,
    get last() {
      return decisions.at(-1)!;
    },
    nowMs: () => nowMs,
    advance: (ms) => {
      nowMs += ms;
    },
    run: (decider) => {
      const decision = decide(state, { nowMs, seed: bytes(16) }, decider);
      onDecision(state, decision, nowMs);
      applyChanges(state, decision.changes);
      events.push(...decision.events);
      decisions.push(decision);
      return decision.result;
    },
    must: (decider) => {
      const result = rig.run(decider);
      assert.ok(result.ok, `Cannot go on as the decision must be allowed: ${JSON.stringify(result)}`);
      return result.value;
    },
    mint: (kind) => mintToken(kind, OWNER, PROJECT, bytes(32)),
    tokens: createRunTokens(RUN_KEY, OWNER, PROJECT),
    runCaller: (kind, runId) => {
      const read = readRunToken(rig.tokens[kind](runId), RUN_KEY, OWNER, PROJECT)!;
      return { kind: "run_token", token: read.kind, runId: read.runId };
    },
    line: (lineId, input) => {
      const line = lineInput.parse(input);
      rig.must((draft) => putLine(draft, "user:admin", { lineId: lineId as never, line }));
    },
    runner: (name, labels = []) =>
      rig.must((draft) => registerRunner(draft, "user:admin", { name, labels, minted: rig.mint("runner") }))
        .id as RunnerId,
    submit: (lineId, card = {}, traceparent = null) => {
      const parsed = taskCard.parse({ title: "Tidy", description: "", ...card });
      return rig.must((draft) => submitTask(draft, "user:admin", { lineId, card: parsed, traceparent }));
    },
    offer: (runnerId, capabilities = null) =>
      rig.must((draft) => ok(offerJob(draft, runnerId, capabilities))),
    claim: (runnerId, jobId, capabilities = null) =>
      rig.run((draft) => claimJob(draft, { runnerId, jobId, capabilities })),
    take: (runnerId) => {
      const job = rig.offer(runnerId);
      assert.ok(job, "Cannot take a job as one must be offered");
      const claimed = rig.claim(runnerId, job.id);
      assert.ok(claimed.ok, JSON.stringify(claimed));
      return claimed.value;
    },
    report: (runnerId, report) => rig.run((draft) => reportRun(draft, runnerId, report)),
    work: (runnerId, report) => {
      const { run } = rig.take(runnerId);
      const answer = rig.report(runnerId, { ...report, runId: run.id });
      assert.ok(answer.ok, JSON.stringify(answer));
      return state.runs.get(run.id)!;
    },
    expire: () => {
      rig.must((draft) => ok(expire(draft)));
    },
    cancel: (taskId, reason = "") => rig.run((draft) => cancelTask(draft, "user:admin", taskId, reason)),
    resolve: (task, action, reason = "") => {
      const askId: AskId | undefined = task.state.kind === "awaiting_review"
        ? task.state.askId
        : Object.values(task.asks).at(-1);
      assert.ok(askId, "Cannot resolve a gate as the task must have come to one");
      rig.must((draft) =>
        ok(resolveGate(draft, {
          askId,
          taskId: task.id,
          action,
          reason,
          decidedBy: "user:ada",
          decidedAtMs: nowMs,
        }))
      );
    },
    task: (id) => state.tasks.get(id)!,
    job: (id) => state.jobs.get(id)!,
    jobOf: (id) => {
      const task = state.tasks.get(id)!;
      assert.equal(task.state.kind, "at_station");
      return state.jobs.get(task.jobIds.at(-1)!)!;
    },
    lines: (id) => {
      const told = events.flatMap((event) =>
        event.destination === "task_log" && event.taskId === id ? [{ ...event.entry, ends: event.ends }] : []
      );
      return [...told, ...untoldNotes(state, state.tasks.get(id)!)];
    },
    timeline: (id) => rig.lines(id).map((line) => line.kind),
  };
  return rig;
}
