/**
 * A task and the job that it is at: every state against everything that runners, people and time may do, on the line
 *
 *     build (a job) --success--> gate --approve--> deliver (a job) -> done
 *     build --failure--> triage (type none, with a rule)
 */
import { taskStatus } from "../../worker/domain/task_status.ts";
import { moveTask, retryTask } from "../../worker/domain/redirect.ts";
import { admitLog } from "../../worker/domain/report.ts";
import type { Result } from "../../protocol/result.ts";
import type { RunnerId, StationId, TaskId } from "../../protocol/ids.ts";
import { RUN_DEADLINE_GRACE_MS } from "../../worker/limits.ts";
import {
  IDLE_TIMEOUT_DEFAULT_MINUTES,
  LEASE_MS,
  MAX_TIMEOUT_DEFAULT_MINUTES,
} from "../../protocol/limits.ts";
import {
  createQueueRig,
  FAILURE,
  HEARTBEAT,
  lineOf,
  manual,
  type QueueRig,
  station,
  SUCCESS,
} from "../../test/fake/queue_rig.ts";
import { type Cell, runPairs, type StateTable } from "./table.ts";

const LINE = lineOf(
  [station("build"), manual("triage"), station("deliver")],
  [
    { fromStationId: "build", toStationId: "deliver", condition: "success", gateId: "review" },
    { fromStationId: "build", toStationId: "triage", condition: "failure" },
    { fromStationId: "triage", toStationId: "build", condition: "any" },
  ],
  [{ id: "review", name: "Review" }],
);

const BUILD = "build" as StationId;
const DELIVER = "deliver" as StationId;

interface Stage {
  readonly rig: QueueRig;
  readonly taskId: TaskId;
  readonly runner: RunnerId;
  readonly other: RunnerId;
}

/** What was done to a fresh task to bring it there. */
const STATES: Readonly<Record<string, (stage: Stage) => void>> = {
  queued: () => {},
  claimed: ({ rig, runner }) => void rig.take(runner),
  in_progress: (stage) => {
    stage.rig.take(stage.runner);
    stage.rig.report(stage.runner, HEARTBEAT);
  },
  waiting: ({ rig, runner }) => void rig.work(runner, FAILURE),
  awaiting_review: ({ rig, runner }) => void rig.work(runner, SUCCESS),
  completed: ({ rig, runner, taskId }) => {
    rig.work(runner, SUCCESS);
    rig.resolve(rig.task(taskId), "approve");
    rig.work(runner, SUCCESS);
  },
  failed: ({ rig, taskId }) => void rig.cancel(taskId),
};

const EVENTS: Readonly<Record<string, (stage: Stage) => Result<unknown, { readonly reason: string }>>> = {
  "the runner claims": ({ rig, runner, taskId }) => rig.claim(runner, lastJob(rig, taskId)),
  "another runner claims": ({ rig, other, taskId }) => rig.claim(other, lastJob(rig, taskId)),
  heartbeat: ({ rig, runner }) => rig.report(runner, HEARTBEAT),
  "a chunk of output": ({ rig, runner, taskId }) => {
    const job = rig.job(lastJob(rig, taskId));
    const runId = job.runIds.at(-1) ?? "none";
    return rig.run((draft) => admitLog(draft, runner, { runId, jobId: job.id, leaseEpoch: null }));
  },
  "report: success": ({ rig, runner }) => rig.report(runner, SUCCESS),
  "report: failed": ({ rig, runner }) => rig.report(runner, FAILURE),
  "report: timeout": ({ rig, runner }) => rig.report(runner, { ...FAILURE, reason: "timeout" }),
  "report: runner stopped": ({ rig, runner }) => rig.report(runner, { ...FAILURE, reason: "runner_stopped" }),
  "the lease ends": (stage) => pass(stage, LEASE_MS),
  "the run's limit ends": (stage) => {
    const limitMs = MAX_TIMEOUT_DEFAULT_MINUTES * 60_000 + RUN_DEADLINE_GRACE_MS;
    for (let spentMs = 0; spentMs < limitMs; spentMs += LEASE_MS / 2) {
      stage.rig.report(stage.runner, HEARTBEAT);
      stage.rig.advance(LEASE_MS / 2);
    }
    return pass(stage, LEASE_MS / 2);
  },
  "the agent is silent for too long": (stage) => {
    const limitMs = IDLE_TIMEOUT_DEFAULT_MINUTES * 60_000 + RUN_DEADLINE_GRACE_MS;
    for (let idleMs = 0; idleMs < limitMs; idleMs += LEASE_MS / 2) {
      stage.rig.report(stage.runner, { ...HEARTBEAT, idleMs });
      stage.rig.advance(LEASE_MS / 2);
    }
    return pass(stage, LEASE_MS / 2);
  },
  "a person cancels": ({ rig, taskId }) => rig.cancel(taskId),
  "a person approves": ({ rig, taskId }) => decide(rig, taskId, "approve"),
  "a person rejects": ({ rig, taskId }) => decide(rig, taskId, "reject"),
  "a person retries": ({ rig, taskId }) =>
    rig.run((draft) => retryTask(draft, PERSON, { taskId, stationId: BUILD, reason: "" })),
  "a person moves it to deliver": ({ rig, taskId }) =>
    rig.run((draft) => moveTask(draft, PERSON, { taskId, stationId: DELIVER, reason: "" })),
};

const PERSON = "user:ada";

/** The table of `worker/domain`. */
export function taskTable(): StateTable {
  const states = Object.keys(STATES);
  return {
    title: "Task, with the job that it is at",
    about:
      "`worker/domain/{task,claim,report,expiry,intervene,redirect,transition}.ts`, in the object of a project. The line: " +
      "`build`, then the gate `review`, then `deliver`; a failed `build` waits at `triage`, of type `none`. In " +
      "brackets: the station, and how many runs were lost.",
    states,
    rows: runPairs(states, Object.keys(EVENTS), play),
  };
}

function play(state: string, event: string): Cell {
  const rig = createQueueRig();
  rig.line("line", LINE);
  const stage = { rig, runner: rig.runner("ada"), other: rig.runner("bob"), taskId: rig.submit("line").id };
  STATES[state]!(stage);
  const before = placeOf(rig, stage.taskId);
  const result = EVENTS[event]!(stage);
  const after = placeOf(rig, stage.taskId);
  if (!result.ok) return { kind: "refused", code: result.error.reason };
  if (after !== before) return { kind: "moved", to: after };
  return rig.last.changes.length === 0 ? { kind: "stayed" } : { kind: "noted", what: "noted" };
}

function placeOf(rig: QueueRig, taskId: TaskId): string {
  const task = rig.task(taskId);
  const { lostRuns } = rig.job(task.jobIds.at(-1)!);
  const status = task.state.kind === "waiting" ? "waiting" : taskStatus(task);
  return `${status} (${task.stationId}${lostRuns === 0 ? "" : `, ${lostRuns} lost`})`;
}

function lastJob(rig: QueueRig, taskId: TaskId) {
  return rig.task(taskId).jobIds.at(-1)!;
}

function pass({ rig }: Stage, ms: number) {
  rig.advance(ms);
  rig.expire();
  return { ok: true as const, value: null };
}

/** Nobody was ever asked where the task has not come to its gate: there is nothing to answer. */
function decide(rig: QueueRig, taskId: TaskId, action: "approve" | "reject") {
  const task = rig.task(taskId);
  if (Object.keys(task.asks).length === 0) {
    return { ok: false as const, error: { reason: "gate_not_waiting" } };
  }
  rig.resolve(task, action);
  return { ok: true as const, value: null };
}
