/** A task's output and timeline: in from runners (Line 4.2 `logs`), out to readers and viewers. */
import { type Context, Hono } from "hono";
import { type LogAnswer, logQuery, outputQuery, paceAnswer, viewerQuery } from "../../protocol/line/log.ts";
import { LOG_CHUNK_MAX_BYTES } from "../../protocol/limits.ts";
import type { AppEnv } from "../app_env.ts";
import { type ByteSpan, cutSpans, readRange, spannedBytes } from "../domain/byte_range.ts";
import type { TaskLogApi } from "../domain/task_log_api.ts";
import { refusal, refusalResponse } from "../errors.ts";
import { OUTPUT_READ_MAX_BYTES } from "../limits.ts";
import { taskLog } from "../stubs/task_log.ts";
import { answer } from "./answer.ts";
import { readQuery } from "./input.ts";
import { logAnswer, timelineAnswer } from "../../protocol/line/answers.ts";
import { type Operation, PROJECT_PATH } from "./operation.ts";

/** `GET .../log`, `.../log/ws`, `.../timeline`; `POST .../runs/{runId}/jobs/{jobId}/logs`. */
export function createLogRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const project = "/api/owners/:owner/projects/:project";

  // HEAD comes here too: its answer is that of GET without the body.
  app.get(`${project}/tasks/:taskId/log`, async (c) => {
    const query = readQuery(c, outputQuery);
    if (!query.ok) return query.error;
    const log = await logFor(c);
    if (log instanceof Response) return log;
    const shape = await log.shape(query.value.run ?? null);
    if (shape.expiredAtMs !== null) return expired(shape.expiredAtMs);
    const selected = cutSpans(shape.spans, query.value.offset, Infinity);
    const bytes = spannedBytes(selected);
    // There is nothing by which a client could know that what it has is still what we have: If-Range never holds.
    const range = readRange(
      c.req.header("if-range") === undefined ? c.req.header("range") : undefined,
      bytes,
    );
    const headers: Record<string, string> = {
      "content-type": "text/plain; charset=utf-8",
      "x-content-type-options": "nosniff",
      // What a range counts are these bytes: nobody on the way may pack them.
      "cache-control": "no-store, no-transform",
      "accept-ranges": "bytes",
      "x-shopfloor-total-bytes": String(shape.totalBytes),
      "x-shopfloor-has-ended": String(shape.hasEnded),
    };
    if (range.kind === "unsatisfiable") {
      const message =
        `Cannot send this range as it must begin before the end: current length is ${bytes} bytes`;
      const refused = refusal(416, "range_not_satisfiable", message);
      return refusalResponse({ ...refused, headers: { "content-range": `bytes */${bytes}` } });
    }
    const { from, to } = range.kind === "part" ? range : { from: 0, to: bytes };
    if (range.kind === "part") headers["content-range"] = `bytes ${from}-${to - 1}/${bytes}`;
    const status = range.kind === "part" ? 206 : 200;
    headers["content-length"] = String(to - from);
    if (c.req.method === "HEAD") return new Response(null, { status, headers });
    return new Response(streamOf(log, cutSpans(selected, from, to)), { status, headers });
  });

  app.get(`${project}/tasks/:taskId/log/ws`, async (c) => {
    const query = readQuery(c, viewerQuery);
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
    const { expiredAtMs } = await log.read(0, 0);
    if (expiredAtMs !== null) return expired(expiredAtMs);
    const { offset, acks, activity } = query.value;
    const request = new Request(`https://log/ws?offset=${offset}&acks=${acks}&activity=${activity}`, {
      headers: { upgrade: "websocket" },
    });
    return await log.fetch(request);
  });

  app.get(`${project}/tasks/:taskId/log/pace`, async (c) => {
    const log = await logFor(c);
    if (log instanceof Response) return log;
    const [{ totalBytes, expiredAtMs }, pace] = await Promise.all([log.read(0, 0), log.pace()]);
    return expiredAtMs === null ? c.json({ totalBytes, ...pace }) : expired(expiredAtMs);
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
    const { nextOffset, isWatched } = await log.append({ runId, stationId, sequence, offset, bytes });
    return c.json({ ok: true, cancel, nextOffset, isWatched } satisfies LogAnswer);
  });
  return app;
}

/** The log of the path's task, if the caller may look at it; else the refusal. */
async function logFor(c: Context<AppEnv>): Promise<TaskLogApi | Response> {
  const { owner, project } = c.var.at;
  const task = await c.var.queue.authorizeTask(c.var.caller, c.req.param("taskId") ?? "");
  return task.ok ? taskLog(c.env, owner, project, task.value.taskId) : answer(task);
}

function expired(atMs: number): Response {
  const message = "Cannot send the output of this task as it was deleted at the end of its retention; " +
    "its timeline is kept";
  return refusalResponse(refusal(410, "output_expired", message, { expiredAtMs: atMs }));
}

/** Reads piece by piece, so that no answer has to fit in memory. The length is known, and said to the client. */
function streamOf(log: TaskLogApi, spans: readonly ByteSpan[]): ReadableStream<Uint8Array> {
  const { readable, writable } = new FixedLengthStream(spannedBytes(spans));
  const copying = async () => {
    const writer = writable.getWriter();
    try {
      for (const span of spans) {
        let at = span.offset;
        const end = span.offset + span.bytes;
        while (at < end) {
          const { bytes } = await log.read(at, Math.min(OUTPUT_READ_MAX_BYTES, end - at));
          if (bytes.length === 0) throw new Error("Cannot go on as the output must be there: it has expired");
          await writer.write(bytes);
          at += bytes.length;
        }
      }
      await writer.close();
    } catch (cause) {
      // The client sees an answer that ends too early, or is itself gone.
      await writer.abort(cause).catch(() => {});
    }
  };
  void copying();
  return readable;
}

const READ_LOG = {
  tag: "Output and timeline",
  method: "get",
  tokens: ["user", "runner", "job"],
  scope: "tasks:read",
} as const;
const OF_TASK = `${PROJECT_PATH}/tasks/:taskId`;

export const LOG_OPERATIONS: readonly Operation[] = [
  {
    ...READ_LOG,
    paths: [`${OF_TASK}/log`],
    summary: "Read a task's output",
    description: "With `Range` in part.",
    query: outputQuery,
    answers: {
      200: { contentType: "text/plain", description: "The output, as the agents wrote it." },
      206: { contentType: "text/plain", description: "The range that was asked for." },
    },
    refusals: ["404 task_not_found", "410 output_expired", "416 range_not_satisfiable"],
  },
  {
    ...READ_LOG,
    paths: [`${OF_TASK}/log/ws`],
    summary: "Watch a task's output and timeline over a WebSocket",
    query: viewerQuery,
    answers: { 101: { contentType: "application/json", description: "Frames of output and timeline." } },
    refusals: ["400 upgrade_required", "404 task_not_found", "410 output_expired"],
  },
  {
    ...READ_LOG,
    paths: [`${OF_TASK}/log/pace`],
    summary: "Read when a task's output came",
    description: "For showing it again as it was printed; at most some thousand moments.",
    answers: { 200: paceAnswer },
    refusals: ["404 task_not_found", "410 output_expired"],
  },
  {
    ...READ_LOG,
    paths: [`${OF_TASK}/timeline`],
    summary: "Read a task's timeline",
    answers: { 200: timelineAnswer },
    refusals: ["404 task_not_found"],
  },
  {
    tag: "Runners at work",
    method: "post",
    paths: [`${PROJECT_PATH}/runs/:runId/jobs/:jobId/logs`],
    summary: "Send a piece of a run's output",
    description: "A sign of life and of activity. With `sequence` a repeated piece is taken once.",
    tokens: ["runner"],
    query: logQuery,
    body: { contentType: "text/plain", description: "At most 64 KiB." },
    answers: { 200: logAnswer },
    refusals: [
      "403 not_your_runner",
      "404 run_not_found",
      "404 job_not_found",
      "409 stale_lease",
      "413 chunk_too_large",
      "413 body_too_large",
    ],
  },
];
