/** BullMQ's side of the queue bench: `one` Worker with a concurrency of W, or W Workers. */
import { type Job, Queue, Worker } from "bullmq";
import { type QueueClient, runDriver } from "../driver.ts";
import type { Share } from "../spec.ts";

await runDriver(createClient);

async function createClient(share: Share): Promise<QueueClient> {
  const { hostname, port } = new URL(share.url);
  const connection = { host: hostname, port: Number(port), maxRetriesPerRequest: null };
  const queue = new Queue(share.name, { connection });
  await queue.waitUntilReady();
  let claimed: (id: string) => void = () => {};
  const handle = async (job: Job) => claimed(job.id!);
  const workers = Array.from(
    { length: share.variant === "one" ? 1 : share.workers },
    () =>
      new Worker(share.name, handle, {
        connection,
        autorun: false,
        concurrency: share.variant === "one" ? share.workers : 1,
      }),
  );
  await Promise.all(workers.map((worker) => worker.waitUntilReady()));
  return {
    submit: async () => (await queue.add("job", { title: "t" })).id!,
    submitMany: async (_, count) => {
      await queue.addBulk(Array.from({ length: count }, () => ({ name: "job", data: { title: "t" } })));
    },
    startWorkers: async (events) => {
      claimed = events.claimed;
      for (const worker of workers) {
        worker.on("completed", () => events.completed(1));
        void worker.run();
      }
    },
    close: async () => {
      await Promise.all(workers.map((worker) => worker.close(true)));
      await queue.close();
    },
  };
}
