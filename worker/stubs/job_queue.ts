/** Typed RPC to a project's queue. No logic. */
import type { JobQueueApi } from "../domain/job_queue_api.ts";
import type { Env } from "../env.ts";

/** The queue of one project, by name. */
export function jobQueue(env: Pick<Env, "JOB_QUEUE">, owner: string, project: string): JobQueueApi {
  return env.JOB_QUEUE.getByName(`${owner}/${project}`) as unknown as JobQueueApi;
}
