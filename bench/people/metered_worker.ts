/** The people bench's Worker with the queue bench's meters: what the objects write, as the platform would bill it. */
import type { Env } from "../../worker/env.ts";
import metered from "../queue/metered_worker.ts";
import doors from "./worker.ts";

export { HumanGate, JobQueue, People, TaskLog, TaskRepository } from "../queue/metered_worker.ts";

export default {
  async fetch(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
    const isMeter = new URL(request.url).pathname === "/__meter";
    return await (isMeter ? metered : doors).fetch(request, env, ctx);
  },
};
