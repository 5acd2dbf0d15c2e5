/** Turns what the queue says into a response. */
import type { QueueError } from "../domain/job_queue_api.ts";
import { queueRefusal, refusalResponse } from "../errors.ts";
import type { JsonText } from "../domain/json_text.ts";
import type { Result } from "../../protocol/result.ts";

/** JSON with the given status, or the mapped refusal. */
export function answer<T>(result: Result<T, QueueError>, status = 200): Response {
  if (!result.ok) return refusalResponse(queueRefusal(result.error));
  return status === 200 ? Response.json(result.value) : Response.json(result.value, { status });
}

const JSON_HEADERS = { "content-type": "application/json" };

/** The same of a value that is JSON already; 204 where there is none. */
export function answerJson<T>(result: Result<JsonText<T> | null, QueueError>, status = 200): Response {
  if (!result.ok) return refusalResponse(queueRefusal(result.error));
  if (result.value === null) return new Response(null, { status: 204 });
  return new Response(result.value, { status, headers: JSON_HEADERS });
}
