/**
 * Telemetry of agents and operators (Line 4.2): OTLP over HTTP as JSON, with the token of the run or of its runner. The
 * path names no project, the token does. What it says of work keeps the clocks of silence; nothing of it is kept.
 */
import { type Context, Hono } from "hono";
import type { z } from "zod";
import { logs, metrics, telemetryTaken, traces } from "../../protocol/line/telemetry.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { AppEnv, PlacedCaller } from "../app_env.ts";
import type { QueueError } from "../domain/job_queue_api.ts";
import { type TelemetryWork, workOfLogs, workOfMetrics, workOfTraces } from "../domain/telemetry.ts";
import { invalidInput, queueRefusal, refusal, refusalResponse } from "../errors.ts";
import { JSON_DEPTH_MAX, TELEMETRY_MAX_BYTES } from "../limits.ts";
import { bodyLimit } from "../middleware/body_limit.ts";
import { jobQueue } from "../stubs/job_queue.ts";
import { liveSession } from "../stubs/live_session.ts";
import { isDeeperThan } from "./input.ts";
import type { Operation } from "./operation.ts";

const PATH = "/api/otel/v1";

export function createTelemetryRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const take = <T extends z.ZodType>(
    signal: string,
    schema: T,
    workOf: (body: z.infer<T>) => TelemetryWork,
  ) =>
    app.post(`${PATH}/${signal}`, bodyLimit(TELEMETRY_MAX_BYTES), async (c) => {
      const callers = await c.var.callersOf!();
      if (callers.length === 0) return refusalResponse(queueRefusal({ reason: "unauthenticated" }));
      const body = await readTelemetry(c);
      if (!body.ok) return body.error;
      const parsed = schema.safeParse(body.value);
      if (!parsed.success) return refusalResponse(invalidInput(parsed.error, "body", body.value));
      const told = await tell(c, callers, workOf(parsed.data));
      return told.ok ? c.json({ partialSuccess: {} }) : refusalResponse(queueRefusal(told.error));
    });
  take("traces", traces, workOfTraces);
  take("metrics", metrics, workOfMetrics);
  take("logs", logs, workOfLogs);
  return app;
}

/** Asks each project that the token may be of; the first that knows it is told. */
async function tell(
  c: Context<AppEnv>,
  callers: readonly PlacedCaller[],
  work: TelemetryWork,
): Promise<Result<null, QueueError>> {
  let refused: QueueError = { reason: "unauthenticated" };
  for (const { owner, project, caller } of callers) {
    const told = await jobQueue(c.env, owner, project).tellTelemetry(caller, work);
    if (!told.ok) {
      refused = told.error;
      continue;
    }
    await Promise.all(told.value.sessionIds.map((id) => liveSession(c.env, id).stir()));
    return ok(null);
  }
  return err(refused);
}

/** The JSON of the body, unpacked; else the refusal to send. */
async function readTelemetry(c: Context<AppEnv>): Promise<Result<unknown, Response>> {
  const refuse = (...parts: Parameters<typeof refusal>) => err(refusalResponse(refusal(...parts)));
  const type = (c.req.header("content-type") ?? "").split(";")[0]!.trim().toLowerCase();
  if (type !== "application/json") {
    const message = `Cannot take telemetry as its content type must be application/json: current value is '${
      type.slice(0, 100)
    }'. Set OTEL_EXPORTER_OTLP_PROTOCOL=http/json`;
    return refuse(415, "telemetry_not_json", message);
  }
  const encoding = (c.req.header("content-encoding") ?? "identity").trim().toLowerCase();
  if (encoding !== "identity" && encoding !== "gzip") {
    return refuse(
      415,
      "encoding_not_supported",
      "Cannot take telemetry as it must be plain or packed with gzip",
    );
  }
  const sent = new Uint8Array(await c.req.arrayBuffer());
  const bytes = encoding === "gzip" ? await unpacked(sent) : sent;
  if (bytes === "too_large") {
    const message = `Cannot read the body as it must be at most ${TELEMETRY_MAX_BYTES} bytes`;
    return refuse(413, "body_too_large", message, { maxBytes: TELEMETRY_MAX_BYTES });
  }
  try {
    if (bytes === "broken") throw new SyntaxError("not gzip");
    const json: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (!isDeeperThan(json, JSON_DEPTH_MAX)) return ok(json);
    const message = `Cannot use body: expected at most ${JSON_DEPTH_MAX} levels of lists and objects`;
    return refuse(400, "invalid_input", message);
  } catch {
    return refuse(400, "invalid_json", "Cannot read the body: expected JSON");
  }
}

/** What was packed may be a thousand times as long: it is counted while it comes out. */
async function unpacked(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array | "broken" | "too_large"> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const reader = (stream as ReadableStream<Uint8Array<ArrayBuffer>>).getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      length += part.value.length;
      if (length > TELEMETRY_MAX_BYTES) {
        await reader.cancel();
        return "too_large";
      }
      parts.push(part.value);
    }
  } catch {
    return "broken";
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

const TAKE = {
  tag: "Telemetry",
  method: "post",
  tokens: ["job", "runner"],
  answers: { 200: telemetryTaken },
  refusals: ["415 telemetry_not_json", "415 encoding_not_supported", "413 body_too_large"],
} as const;
const WORK =
  "A sign of work of the jobs that its resources name by `job.id`, `run.id` or `task.id`: a run's own token speaks of its job alone, a runner's of those that it holds. Plain or packed with gzip.";

export const TELEMETRY_OPERATIONS: readonly Operation[] = [
  {
    ...TAKE,
    paths: [`${PATH}/traces`],
    summary: "Take traces (OTLP as JSON)",
    description: WORK,
    body: traces,
  },
  {
    ...TAKE,
    paths: [`${PATH}/metrics`],
    summary: "Take metrics (OTLP as JSON)",
    description:
      `${WORK} Totals are no work: only counts since the time before. What they say of tokens and money is not read; runners tell of that.`,
    body: metrics,
  },
  { ...TAKE, paths: [`${PATH}/logs`], summary: "Take logs (OTLP as JSON)", description: WORK, body: logs },
];
