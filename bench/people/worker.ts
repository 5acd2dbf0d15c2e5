/**
 * Our Worker, whole, with three doors more for the people bench: `GET /bench/view?name=` opens a viewer of a task's log
 * as the route does after it has asked the queue, and `POST /bench/append?name=&messages=&bytes=` hands it so many pieces,
 * one after the other. `POST /bench/link?name=` makes the link of an ask, as a notice to its holder would have it.
 */
import type { HumanGateApi } from "../../worker/domain/human_gate_api.ts";
import type { TaskLogApi } from "../../worker/domain/task_log_api.ts";
import type { Env } from "../../worker/env.ts";
import main from "../../worker/main.ts";

export { HumanGate, JobQueue, People, TaskLog, TaskRepository } from "../../worker/main.ts";

export default {
  ...main,
  async fetch(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
    const url = new URL(request.url);
    const name = url.searchParams.get("name") ?? "";
    if (url.pathname === "/bench/view") {
      return await env.TASK_LOG.getByName(name).fetch(new Request(`${url.origin}/?offset=0`, request));
    }
    if (url.pathname === "/bench/link") {
      const gate = env.HUMAN_GATE.getByName(name) as unknown as HumanGateApi;
      return Response.json(await gate.issueToken({ holder: "user:ada", channel: "link", scope: "redeem" }));
    }
    if (url.pathname !== "/bench/append") return await main.fetch(request, env, ctx);
    const log = env.TASK_LOG.getByName(name) as unknown as TaskLogApi;
    const bytes = new Uint8Array(Number(url.searchParams.get("bytes"))).fill(97);
    for (let sequence = 0; sequence < Number(url.searchParams.get("messages")); sequence++) {
      await log.append({ runId: "run", stationId: "station", sequence, offset: null, bytes });
    }
    return Response.json({ ok: true });
  },
};
