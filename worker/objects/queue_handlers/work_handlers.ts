/** Runners at work: polls, claims, reports, output. */
import type { RunId } from "../../../protocol/ids.ts";
import { err } from "../../../protocol/result.ts";
import { tellProgress } from "../../domain/progress.ts";
import { admitLog, reportRun } from "../../domain/report.ts";
import { hasEnded } from "../../domain/task_status.ts";
import { linkStream } from "../../domain/task_stream.ts";
import { authorize } from "../../domain/authorize.ts";
import type { Caller } from "../../domain/caller.ts";
import { jobsMaxOf } from "../../domain/runner_registry.ts";
import type { OpenQueue } from "../open_queue.ts";
import type { Handlers } from "./handlers.ts";

type Methods = "poll" | "claim" | "report" | "reportRun" | "tellProgress" | "admitLog";

export const workHandlers: Handlers<Methods> = {
  poll: (queue, caller, input) => {
    return queue.work.poll(caller, { ...input, maxJobs: input.maxJobs ?? defaultJobsMax(queue, caller) });
  },
  claim: (queue, caller, input) => {
    return queue.work.claim(caller, { ...input, maxJobs: input.maxJobs ?? defaultJobsMax(queue, caller) });
  },
  report: (queue, caller, input) => {
    return queue.access.asRunner(caller, (draft, runnerId) => {
      if (runnerId !== input.runnerId) {
        return err({ reason: "not_your_runner" as const, runnerId: input.runnerId });
      }
      return reportRun(draft, runnerId, input.report);
    }, queue.access.aboutReport(caller, input.report));
  },
  reportRun: (queue, caller, input) => {
    const report = { ...input.report, runId: input.runId };
    return queue.access.asRunner(caller, (draft, runnerId) => {
      const answer = reportRun(draft, runnerId, report);
      const run = draft.run(input.runId as RunId);
      if (!answer.ok || input.stream === undefined || run === undefined) return answer;
      // A stream that is told of too late is no reason to refuse the report that tells of it.
      const task = draft.task(run.taskId)!;
      if (!hasEnded(task)) linkStream(draft, task, input.stream);
      return answer;
    }, queue.access.aboutReport(caller, report));
  },
  tellProgress: (queue, caller, input) => {
    return queue.access.asRunner(caller, (draft, runnerId) => tellProgress(draft, runnerId, input), input);
  },
  admitLog: (queue, caller, input) => {
    return queue.access.asRunner(caller, (draft, runnerId) => admitLog(draft, runnerId, input), input);
  },
};

/** For a runner that does not say how many jobs it wants to hold. */
function defaultJobsMax(queue: OpenQueue, caller: Caller): number {
  const runner = authorize(queue.core.state, caller, "runner");
  return jobsMaxOf(runner.ok ? queue.core.state.runners.get(runner.value.runnerId) : undefined);
}
