/** Cards, long polls that claim, and reports: one HTTP request each, on connections that are kept. */
import type { PollAnswer } from "../../../protocol/line/runner.ts";
import type { QueueClient } from "../driver.ts";
import type { Share } from "../spec.ts";
import { openProject } from "./project.ts";

export async function createHttpClient(share: Share): Promise<QueueClient> {
  const project = await openProject(share);
  const runners = await Promise.all(
    Array.from({ length: share.workers }, (_, n) => project.registerRunner(`p${share.process}-r${n}`)),
  );
  const ended = new AbortController();
  return {
    submit: () => project.submit(),
    submitMany: () => Promise.reject(new Error("Cannot submit many as HTTP takes one card at a time")),
    startWorkers: async (events) => {
      for (const runner of runners) {
        void (async () => {
          while (!ended.signal.aborted) {
            const polled = await project.call<PollAnswer | null>(
              "POST",
              "/runners/jobs",
              runner.token,
              {},
              ended.signal,
            );
            if (polled === null) continue;
            const { id: jobId, runId, leaseEpoch, agentDefinition } = polled.jobs[0]!;
            events.claimed(agentDefinition.taskId);
            const report = { jobResult: "success", exitCode: 0, jobId, runId, leaseEpoch };
            await project.call("PATCH", `/runners/${runner.id}`, runner.token, report);
            events.completed(1);
          }
        })().catch((cause) => {
          if (!ended.signal.aborted) throw cause;
        });
      }
    },
    close: async () => ended.abort(),
  };
}
