/** Runners at work: polls, claims, reports, output. */
import type { RunId } from "../../../protocol/ids.ts";
import { err } from "../../../protocol/result.ts";
import { tellProgress } from "../../domain/progress.ts";
import { admitLog, reportRun } from "../../domain/report.ts";
import { hasEnded } from "../../domain/task_status.ts";
import { linkStream } from "../../domain/task_stream.ts";
import type { Handlers } from "./handlers.ts";

type Methods = "poll" | "claim" | "report" | "reportRun" | "tellProgress" | "admitLog";

export const workHandlers: Handlers<Methods> = {
  poll: (queue, caller, input) => {
    return queue.work.poll(caller, input);
  },
  claim: (queue, caller, input) => {
    return queue.work.claim(caller, input);
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
