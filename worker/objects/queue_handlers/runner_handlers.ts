/** Runners: registration, work, reports. */
import { err, ok } from "../../../protocol/result.ts";
import { requireProject } from "../../domain/project.ts";
import { admitLog, reportRun } from "../../domain/report.ts";
import { listRunners, registerRunner } from "../../domain/runner_registry.ts";
import type { Handlers } from "./handlers.ts";

type Methods = "registerRunner" | "listRunners" | "poll" | "claim" | "report" | "reportRun" | "admitLog";

export const runnerHandlers: Handlers<Methods> = {
  registerRunner: (queue, caller, input) => {
    return queue.access.asUser(
      caller,
      { scope: "runners:write", lineId: null },
      (draft, actor) => registerRunner(draft, actor, { ...input, minted: queue.mint("runner") }),
    );
  },
  listRunners: (queue, caller) => {
    const { core, clock, waiters } = queue;
    return queue.access.asAny(caller, () => {
      const found = requireProject(core.state.settings);
      return found.ok ? ok(listRunners(core.state, clock.nowMs(), waiters.live())) : found;
    });
  },
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
