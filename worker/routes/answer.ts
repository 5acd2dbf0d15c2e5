/** Turns what the queue says into a response. */
import type { QueueError } from "../domain/job_queue_api.ts";
import { queueRefusal, refusalResponse } from "../errors.ts";
import type { Result } from "../../protocol/result.ts";

/** JSON with the given status, or the mapped refusal. */
export function answer<T>(result: Result<T, QueueError>, status = 200): Response {
  return result.ok ? Response.json(result.value, { status }) : refusalResponse(queueRefusal(result.error));
}
