/**
 * Our socket's side of the queue bench: a connection per worker and one per submitter, whose messages are those of
 * `protocol/runner/socket.ts`. What a worker has ready travels in one frame: the reports of the jobs of the last frame,
 * and the wish for as many more.
 */
import type { ClientMessageInput } from "../../../protocol/runner/socket.ts";
import type { QueueClient, WorkEvents } from "../driver.ts";
import type { Share } from "../spec.ts";
import { openPeer, type Peer, submitCards } from "./peer.ts";
import { openProject } from "./project.ts";

export async function createSocketClient(share: Share): Promise<QueueClient> {
  const project = await openProject(share);
  const isMixed = share.system === "mixed";
  const count = { length: share.workers };
  const submitters = isMixed ? [] : await Promise.all(
    Array.from(count, () => openPeer(project.base, share.adminToken, 1)),
  );
  const workers = await Promise.all(Array.from(count, async (_, n) => {
    const runner = await project.registerRunner(`p${share.process}-r${n}`);
    return await openPeer(project.base, runner.token, share.batch);
  }));
  return {
    submit: async (n) => isMixed ? await project.submit() : (await submitCards(submitters[n]!, 1))[0]!,
    submitMany: async (n, cards) => void await submitCards(submitters[n]!, cards),
    startWorkers: async (events) => {
      for (const worker of workers) work(worker, share.batch, events);
    },
    close: async () => {},
  };
}

function work(worker: Peer, batch: number, events: WorkEvents): void {
  worker.onAnswers = (count) => events.completed(count);
  worker.onJobs = (jobs) => {
    for (const job of jobs) events.claimed(job.agentDefinition.taskId);
    const reports = jobs.map((job): ClientMessageInput => ({
      type: "report",
      id: worker.nextId(),
      report: {
        jobResult: "success",
        exitCode: 0,
        jobId: job.id,
        runId: job.runId!,
        leaseEpoch: job.leaseEpoch!,
      },
    }));
    worker.send(...reports, { type: "want", credit: jobs.length });
  };
  worker.send({ type: "want", credit: batch });
}
