/** A runner as it goes out (Line 2.8): the reference's `{name, status, ...}`, and what else is known of it. */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { RunnerId } from "../../protocol/ids.ts";
import { isoTime } from "../../protocol/line/time.ts";
import { RUNNER_OFFLINE_MS } from "../limits.ts";
import type { QueueError, RunnerView } from "./job_queue_api.ts";
import type { QueueState, Runner } from "./queue_state.ts";
import { heldJobs, intakeOf } from "./runner_registry.ts";

/** What the view knows beside the state: the time, and the runners with an open poll right now. */
export interface Sight {
  readonly nowMs: number;
  readonly liveIds: ReadonlySet<string>;
}

/** Every runner, by name. */
export function listRunners(state: QueueState, sight: Sight): RunnerView[] {
  return [...state.runners.values()].sort((a, b) => a.name < b.name ? -1 : 1)
    .map((runner) => runnerView(state, runner, sight));
}

/** One runner by its id. */
export function readRunner(
  state: QueueState,
  runnerId: string,
  sight: Sight,
): Result<RunnerView, QueueError> {
  const runner = state.runners.get(runnerId as RunnerId);
  if (runner === undefined) return err({ reason: "not_found", what: "runner", id: runnerId });
  return ok(runnerView(state, runner, sight));
}

/** A runner with an open poll is online whatever the clock says. */
export function runnerView(state: QueueState, runner: Runner, sight: Sight): RunnerView {
  const isOnline = sight.liveIds.has(runner.id) || sight.nowMs - runner.lastSeenAtMs < RUNNER_OFFLINE_MS;
  return {
    id: runner.id,
    name: runner.name,
    labels: runner.labels,
    status: isOnline ? "online" : "offline",
    intake: intakeOf(runner),
    capabilities: runner.said?.capabilities ?? null,
    version: runner.said?.version ?? null,
    harnesses: runner.said?.harnesses ?? null,
    registeredAtMs: runner.registeredAtMs,
    lastSeenAtMs: runner.lastSeenAtMs,
    lastSeen: isoTime(runner.lastSeenAtMs),
    currentJobIds: heldJobs(state, runner.id).map((job) => job.id),
  };
}
