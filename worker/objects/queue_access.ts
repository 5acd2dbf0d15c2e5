/** The three ways into a queue: as a user, as a runner, as anybody known. Each authorises, then runs one decision. */
import type { Result } from "../../protocol/result.ts";
import type { RunnerId } from "../../protocol/ids.ts";
import type { RunnerReport } from "../../protocol/line/runner.ts";
import { actorLabel, authorize, authorizeReading } from "../domain/authorize.ts";
import type { Caller } from "../domain/caller.ts";
import type { Draft } from "../domain/draft.ts";
import type { QueueError } from "../domain/job_queue_api.ts";
import type { About, QueueCore } from "./queue_core.ts";

export interface QueueAccess {
  asUser<T>(
    caller: Caller,
    decider: (draft: Draft, actor: string) => Result<T, QueueError>,
    about?: About,
  ): Result<T, QueueError>;
  asRunner<T>(
    caller: Caller,
    decider: (draft: Draft, runnerId: RunnerId) => Result<T, QueueError>,
    about?: About,
  ): Result<T, QueueError>;
  /** Reads for people and runners of the project, and for a job what is about its own task. */
  asAny<T>(caller: Caller, read: () => Result<T, QueueError>, about?: About): Result<T, QueueError>;
  /** A report without ids may be about the runner's last run, which may have left memory. */
  aboutReport(caller: Caller, report: RunnerReport): About;
}

/** Makes the ways into one queue. */
export function createQueueAccess(core: QueueCore): QueueAccess {
  return {
    asUser: (caller, decider, about = {}) => {
      const user = authorize(core.state, caller, "user");
      return user.ok ? core.run((draft) => decider(draft, actorLabel(user.value)), about) : user;
    },
    asRunner: (caller, decider, about = {}) => {
      const runner = authorize(core.state, caller, "runner");
      return runner.ok ? core.run((draft) => decider(draft, runner.value.runnerId), about) : runner;
    },
    asAny: (caller, read, about = {}) => {
      const reader = authorizeReading(core.state, caller, about.taskId ?? null);
      if (!reader.ok) return reader;
      core.page(about);
      return read();
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
