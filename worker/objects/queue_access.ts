/** The three ways into a queue: as a user, as a runner, as anybody known. Each authorises, then runs one decision. */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { RunId, RunnerId } from "../../protocol/ids.ts";
import type { RunnerReport } from "../../protocol/line/runner.ts";
import {
  actorLabel,
  authenticate,
  authorize,
  authorizeReading,
  authorizeUser,
  type Principal,
  type UserPrincipal,
} from "../domain/authorize.ts";
import type { Caller } from "../domain/caller.ts";
import type { Draft } from "../domain/draft.ts";
import { decideOnce } from "../domain/idempotency.ts";
import type { QueueError } from "../domain/job_queue_api.ts";
import type { Run } from "../domain/queue_state.ts";
import type { Demand } from "../domain/scope.ts";
import type { About, QueueCore } from "./queue_core.ts";

export interface QueueAccess {
  /**
   * `demand` is what the call needs of a user's token. A call with an idempotency key is decided once; `holdsSecret`: its
   * answer is not kept for a repeat.
   */
  asUser<T>(
    caller: Caller,
    demand: Demand,
    decider: (draft: Draft, actor: string, user: UserPrincipal) => Result<T, QueueError>,
    about?: About & { readonly holdsSecret?: boolean },
  ): Result<T, QueueError>;
  asRunner<T>(
    caller: Caller,
    decider: (draft: Draft, runnerId: RunnerId) => Result<T, QueueError>,
    about?: About,
  ): Result<T, QueueError>;
  /** The run that a runner speaks of: its own, whatever has become of it. */
  ownRun(caller: Caller, runId: string): Result<Run, QueueError>;
  /** Reads for people and runners of the project, and for a job what is about its own task. */
  asAny<T>(
    caller: Caller,
    read: (reader: Principal) => Result<T, QueueError>,
    about?: About,
  ): Result<T, QueueError>;
  /** A report without ids may be about the runner's last run, which may have left memory. */
  aboutReport(caller: Caller, report: RunnerReport): About;
}

/** Makes the ways into one queue. */
export function createQueueAccess(core: QueueCore): QueueAccess {
  return {
    asUser: (caller, demand, decider, about = {}) => {
      const known = authorize(core.state, caller, "user");
      if (!known.ok) return known;
      core.page(about);
      const user = authorizeUser(core.state, caller, demand, core.nowMs());
      if (!user.ok) return user;
      return core.run((draft) => {
        const decide = () => decider(draft, actorLabel(user.value), user.value);
        return decideOnce(draft, caller, about.holdsSecret !== true, decide);
      }, about);
    },
    asRunner: (caller, decider, about = {}) => {
      const runner = authorize(core.state, caller, "runner");
      return runner.ok ? core.run((draft) => decider(draft, runner.value.runnerId), about) : runner;
    },
    ownRun: (caller, runId) => {
      const runner = authorize(core.state, caller, "runner");
      if (!runner.ok) return runner;
      core.page({ runId });
      const run = core.state.runs.get(runId as RunId);
      if (run === undefined) return err({ reason: "not_found", what: "run", id: runId });
      return run.runnerId === runner.value.runnerId
        ? ok(run)
        : err({ reason: "not_your_runner", runnerId: run.runnerId });
    },
    asAny: (caller, read, about = {}) => {
      const known = authenticate(core.state, caller);
      if (!known.ok) return known;
      core.page(about);
      const reader = authorizeReading(core.state, caller, about.taskId ?? null, core.nowMs());
      return reader.ok ? read(reader.value) : reader;
    },
    aboutReport: (caller, report) => {
      if (report.runId !== undefined || report.jobId !== undefined) {
        return { runId: report.runId, jobId: report.jobId };
      }
      const runner = authorize(core.state, caller, "runner");
      const lastRunId = runner.ok
        ? core.state.runners.get(runner.value.runnerId)?.lastRunId ?? undefined
        : undefined;
      return { runId: lastRunId };
    },
  };
}
