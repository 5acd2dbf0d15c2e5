/** A task's output and timeline: in from runners (Line 4.2 `logs`), out to readers and viewers. */
import { type Context, Hono } from "hono";
import { z } from "zod";
import { type LogAnswer, logQuery } from "../../protocol/line/log.ts";
import { LOG_CHUNK_MAX_BYTES } from "../../protocol/limits.ts";
import type { AppEnv } from "../app_env.ts";
import type { TaskLogApi } from "../domain/task_log_api.ts";
import { refusal, refusalResponse } from "../errors.ts";
import { OUTPUT_READ_MAX_BYTES } from "../limits.ts";
import { taskLog } from "../stubs/task_log.ts";
import { answer } from "./answer.ts";
import { readQuery } from "./input.ts";

const readInput = z.object({ offset: z.coerce.number().int().nonnegative().default(0) });

/** `GET .../log`, `.../log/ws`, `.../timeline`; `POST .../runs/{runId}/jobs/{jobId}/logs`. */
export function createLogRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const project = "/api/owners/:owner/projects/:project";

  app.get(`${project}/tasks/:taskId/log`, async (c) => {
    const query = readQuery(c, readInput);
    if (!query.ok) return query.error;
    const log = await logFor(c);
    if (log instanceof Response) return log;
    const { totalBytes, hasEnded } = await log.read(query.value.offset, 0);
    return new Response(streamOf(log, Math.min(query.value.offset, totalBytes), totalBytes), {
      headers: {
        "content-type": "text/plain; charset=utf-8",
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
        "x-shopfloor-total-bytes": String(totalBytes),
        "x-shopfloor-has-ended": String(hasEnded),
      },
    });
  });

  app.get(`${project}/tasks/:taskId/log/ws`, async (c) => {
    const query = readQuery(c, readInput);
    if (!query.ok) return query.error;
    if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
      const message = "Cannot stream output as the request must be a WebSocket upgrade";
      return refusalResponse({
        ...refusal(400, "upgrade_required", message),
        headers: { upgrade: "websocket" },
      });
    }
    const log = await logFor(c);
    if (log instanceof Response) return log;
    const request = new Request(`https://log/ws?offset=${query.value.offset}`, {
      headers: { upgrade: "websocket" },
    });
    return await log.fetch(request);
  });

  app.get(`${project}/tasks/:taskId/timeline`, async (c) => {
    const log = await logFor(c);
    if (log instanceof Response) return log;
    return c.json({ entries: await log.timeline() });
  });

  app.post(`${project}/runs/:runId/jobs/:jobId/logs`, async (c) => {
    const query = readQuery(c, logQuery);
    if (!query.ok) return query.error;
    const bytes = new Uint8Array(await c.req.arrayBuffer());
    if (bytes.length > LOG_CHUNK_MAX_BYTES) {
      const message =
        `Cannot take chunk as it must be at most ${LOG_CHUNK_MAX_BYTES} bytes: current value is ${bytes.length}`;
      return refusalResponse(refusal(413, "chunk_too_large", message, { maxBytes: LOG_CHUNK_MAX_BYTES }));
    }
    const { owner, project } = c.var.at;
    const { runId, jobId } = c.req.param();
    const { sequence = null, offset = null, leaseEpoch = null } = query.value;
    const admitted = await c.var.queue.admitLog(c.var.caller, {
      runId,
      jobId,
      leaseEpoch,
    });
    if (!admitted.ok) return answer(admitted);
    const { taskId, stationId, cancel } = admitted.value;
    const log = taskLog(c.env, owner, project, taskId);
    const { nextOffset } = await log.append({ runId, stationId, sequence, offset, bytes });
    return c.json({ ok: true, cancel, nextOffset } satisfies LogAnswer);
  });
  return app;
}

/** The log of the path's task, if the caller may look at it; else the refusal. */
async function logFor(c: Context<AppEnv>): Promise<TaskLogApi | Response> {
  const { owner, project } = c.var.at;
  const task = await c.var.queue.authorizeTask(c.var.caller, c.req.param("taskId") ?? "");
  return task.ok ? taskLog(c.env, owner, project, task.value.taskId) : answer(task);
}

/** Reads piece by piece, so that no answer has to fit in memory. */
function streamOf(log: TaskLogApi, fromOffset: number, toOffset: number): ReadableStream<Uint8Array> {
  let at = fromOffset;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (at < toOffset) {
        const page = await log.read(at, Math.min(OUTPUT_READ_MAX_BYTES, toOffset - at));
        at += page.bytes.length;
        controller.enqueue(page.bytes);
      }
      if (at >= toOffset) controller.close();
    },
  });
}
