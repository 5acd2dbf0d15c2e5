/**
 * pg-boss's side of the queue bench. Throughput: workers that fetch, complete and fetch again without its pauses
 * between polls, which is the most that it can do. Latency: its own workers, woken by LISTEN/NOTIFY.
 */
import { PgBoss } from "pg-boss";
import { type QueueClient, runDriver } from "../driver.ts";
import type { Share } from "../spec.ts";

/** More connections than this are slower on two cores. */
const POOL_MAX = 20;

await runDriver(createClient);

async function createClient(share: Share): Promise<QueueClient> {
  const boss = new PgBoss({
    connectionString: share.url,
    max: POOL_MAX,
    useListenNotify: share.kind === "latency",
    supervise: false,
    schedule: false,
  });
  boss.on("error", (cause) => console.error(cause));
  await boss.start();
  const name = "bench";
  await boss.createQueue(name, { notify: share.kind === "latency" });
  let isStopped = false;
  return {
    submit: async () => (await boss.send(name, { title: "t" }))!,
    submitMany: async (_, count) => {
      await boss.insert(name, Array.from({ length: count }, () => ({ data: { title: "t" } })));
    },
    startWorkers: async (events) => {
      if (share.submitBatch > 1) await boss.getDb().executeSql("analyze");
      if (share.kind === "latency") {
        const options = { localConcurrency: share.workers, batchSize: 1, pollingIntervalSeconds: 0.5 };
        await boss.work(name, options, async (jobs) => {
          for (const job of jobs) events.claimed(job.id);
        });
        return;
      }
      for (let n = 0; n < share.workers; n++) {
        void (async () => {
          while (!isStopped) {
            const jobs = await boss.fetch(name, { batchSize: share.batch });
            if (jobs.length === 0) {
              await new Promise((resolve) => setTimeout(resolve, 50));
              continue;
            }
            await boss.complete(name, jobs.map((job) => job.id));
            events.completed(jobs.length);
          }
        })();
      }
    },
    close: async () => {
      isStopped = true;
      await boss.stop({ graceful: false });
    },
  };
}
