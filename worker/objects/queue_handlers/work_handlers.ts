/** Runners at work: polls, claims, reports, output. */
import type { RunId } from "../../../protocol/ids.ts";
import type { ReportAnswer } from "../../../protocol/line/runner.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import { noteAgentNews } from "../../domain/agent_wait.ts";
import type { QueueError } from "../../domain/job_queue_api.ts";
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
    const answer = queue.access.asRunner(caller, (draft, runnerId) => {
      if (runnerId !== input.runnerId) {
        return err({ reason: "not_your_runner" as const, runnerId: input.runnerId });
      }
      return reportRun(draft, runnerId, input.report);
    }, queue.access.aboutReport(caller, input.report));
    const { runId } = input.report;
    // A runner that names no run has no agent of ours that it could tell.
    return runId === undefined ? answer : withCommands(queue, runId, answer);
  },
  reportRun: (queue, caller, input) => {
    const report = { ...input.report, runId: input.runId };
    const answer = queue.access.asRunner(caller, (draft, runnerId) => {
      const answer = reportRun(draft, runnerId, report);
      const run = draft.run(input.runId as RunId);
      if (!answer.ok || input.stream === undefined || run === undefined) return answer;
      // A stream that is told of too late is no reason to refuse the report that tells of it.
      const task = draft.task(run.taskId)!;
      if (!hasEnded(task)) linkStream(draft, task, { ...input.stream, runId: run.id });
      return answer;
    }, queue.access.aboutReport(caller, report));
    return withCommands(queue, input.runId, answer);
  },
  tellProgress: (queue, caller, input) => {
    return queue.access.asRunner(caller, (draft, runnerId) => tellProgress(draft, runnerId, input), input);
  },
  admitLog: (queue, caller, input) => {
    return queue.access.asRunner(caller, (draft, runnerId) => {
      const admitted = admitLog(draft, runnerId, input);
      if (admitted.ok) noteAgentNews(draft, input.runId as RunId, input.news ?? []);
      return admitted;
    }, input);
  },
};

/** A heartbeat's answer brings what people want of the run's agent. */
function withCommands(
  queue: OpenQueue,
  runId: string,
  answer: Result<ReportAnswer, QueueError>,
): Result<ReportAnswer, QueueError> {
  if (!answer.ok || answer.value.leaseUntil === null) return answer;
  const agentCommands = queue.commands.take(runId);
  return agentCommands.length === 0 ? answer : ok({ ...answer.value, agentCommands });
}

/** For a runner that does not say how many jobs it wants to hold. */
function defaultJobsMax(queue: OpenQueue, caller: Caller): number {
  const runner = authorize(queue.core.state, caller, "runner");
  return jobsMaxOf(runner.ok ? queue.core.state.runners.get(runner.value.runnerId) : undefined);
}
