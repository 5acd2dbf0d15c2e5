/**
 * How a `JobQueue` answers each method of its contract. Handlers are grouped by resource, one file each; the class puts
 * them on its prototype (`job_queue.ts`), and their answers leave behind the write of what they decided.
 */
import type { JobQueueApi } from "../../domain/job_queue_api.ts";
import type { OpenQueue } from "../open_queue.ts";

/** The methods that routes call. The rest of the contract is of the platform and of other objects. */
export type QueueMethod = Exclude<keyof JobQueueApi, "fetch" | "gateResolved" | "gateNoted">;

type Answered<M extends QueueMethod> = Awaited<ReturnType<JobQueueApi[M]>>;

/** One function per method: the open queue first, then what the method takes. */
export type Handlers<M extends QueueMethod> = {
  readonly [K in M]: (
    queue: OpenQueue,
    ...args: Parameters<JobQueueApi[K]>
  ) => Answered<K> | Promise<Answered<K>>;
};
