/** Runners at work: polls, claims, reports, output. */
import { err } from "../../../protocol/result.ts";
import { admitLog, reportRun } from "../../domain/report.ts";
import type { Handlers } from "./handlers.ts";

type Methods = "poll" | "claim" | "report" | "reportRun" | "admitLog";

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
    return queue.access.asRunner(
      caller,
      (draft, runnerId) => reportRun(draft, runnerId, report),
      queue.access.aboutReport(caller, report),
    );
  },
  admitLog: (queue, caller, input) => {
    return queue.access.asRunner(caller, (draft, runnerId) => admitLog(draft, runnerId, input), input);
  },
};
