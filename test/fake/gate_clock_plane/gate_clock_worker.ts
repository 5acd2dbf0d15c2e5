/**
 * The whole Worker, and beside it `POST /test/clock/{askId}/{ms}`: moves an ask's clock in its storage and does nothing that is
 * due by it, so that a process which is killed then has never seen the hour come.
 */
import { createApp } from "../../../worker/app.ts";
import type { Env } from "../../../worker/env.ts";
import { HumanGate as RealGate } from "../../../worker/objects/human_gate.ts";

export { JobQueue } from "../../../worker/objects/job_queue.ts";
export { People } from "../../../worker/objects/people.ts";
export { TaskLog } from "../../../worker/objects/task_log.ts";
export { TaskRepository } from "../../../worker/objects/task_repository.ts";

/** The real one; what it has in memory keeps the old hour until it ends. */
export class HumanGate extends RealGate {
  async putClock(offsetMs: number): Promise<void> {
    this.ctx.storage.kv.put("clock_offset_ms", offsetMs);
    await this.ctx.storage.sync();
  }
}

const app = createApp();

export default {
  async fetch(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
    const [, test, what, askId = "", ms = ""] = new URL(request.url).pathname.split("/");
    if (test !== "test" || what !== "clock") return await app.fetch(request, env, ctx);
    await (env.HUMAN_GATE.getByName(askId) as unknown as HumanGate).putClock(Number(ms));
    return new Response(null, { status: 204 });
  },
};
