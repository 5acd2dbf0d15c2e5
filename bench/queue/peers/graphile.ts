/**
 * graphile-worker's side of the queue bench. One by one: each claim and each completion is a statement of its own.
 * In batches: its local queue takes jobs in hundreds, and completions are written together.
 */
import { Logger, run, runMigrations, type Runner } from "graphile-worker";
import pg from "pg";
import { type QueueClient, runDriver, type WorkEvents } from "../driver.ts";
import type { Share } from "../spec.ts";

/** More connections than this are slower on two cores. */
const POOL_MAX = 20;

await runDriver(createClient);

async function createClient(share: Share): Promise<QueueClient> {
  await runMigrations({ connectionString: share.url });
  const pool = new pg.Pool({ connectionString: share.url, max: Math.min(POOL_MAX, share.workers) });
  const workerPool = new pg.Pool({ connectionString: share.url, max: Math.min(POOL_MAX, share.workers + 2) });
  for (const each of [pool, workerPool]) {
    each.on("error", (cause) => console.error(cause));
    each.on("connect", (connection) => void connection.on("error", (cause) => console.error(cause)));
  }
  await Promise.all(Array.from({ length: Math.min(POOL_MAX, share.workers) }, () => pool.query("select 1")));
  let runner: Runner | undefined;
  const logger = new Logger(() => (level, message) => {
    if (level === "error") console.error(message);
  });
  let handled = 0;

  /** No event tells when a completion is in the table, so the end is seen there. */
  async function untilEmpty(events: WorkEvents): Promise<void> {
    const sql = "select exists(select 1 from graphile_worker._private_jobs) as is_left";
    while ((await pool.query(sql)).rows[0].is_left) await new Promise((resolve) => setTimeout(resolve, 2));
    events.completed(handled);
  }

  return {
    submit: async () => {
      const sql = "select id from graphile_worker.add_job('job', $1::json)";
      const { rows } = await pool.query({ name: "add_job", text: sql, values: ['{"title":"t"}'] });
      return String(rows[0].id);
    },
    submitMany: async (_, count) => {
      const sql =
        "select count(*) from graphile_worker.add_jobs(array(select json_populate_record(null::graphile_worker.job_spec," +
        ` '{"identifier":"job","payload":{"title":"t"}}') from generate_series(1, $1::int)))`;
      await pool.query({ name: "add_jobs", text: sql, values: [count] });
    },
    startWorkers: async (events) => {
      if (share.submitBatch > 1) await pool.query("analyze");
      const batched = {
        localQueue: { size: Math.max(share.workers * 2, share.batch * 5) },
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
      };
      runner = await run({
        pgPool: workerPool,
        logger,
        noHandleSignals: true,
        taskList: {
          job: async (_payload, { job }) => {
            events.claimed(String(job.id));
            handled++;
            if (share.kind === "throughput" && handled === share.jobs) void untilEmpty(events);
          },
        },
        preset: {
          worker: {
            concurrentJobs: share.workers,
            ...(share.batch > 1 ? batched : {}),
          },
        },
      });
    },
    close: async () => {
      await runner?.stop();
      await pool.end();
      await workerPool.end();
    },
  };
}
