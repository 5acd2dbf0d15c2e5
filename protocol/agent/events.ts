/** An agent's activity log on its way to the control plane (Runtime 3.7): `POST B/runs/{runId}/jobs/{jobId}/events`. */
import { z } from "zod";
import { AGENT_EVENT_PAYLOAD_MAX_BYTES, AGENT_EVENTS_MAX } from "./limits.ts";

export const AGENT_EVENT_TYPES = [
  "status_change",
  "text",
  "thinking",
  "tool_call",
  "tool_result",
  "commit",
  "message",
  "prompt_assembled",
  "script_start",
  "script_stop",
  "loop_iteration",
  "loop_complete",
  "loop_stopped",
  "service",
  "usage",
  "bridge_disconnected",
] as const;

export const agentEvent = z.strictObject({
  /** Counts from 0 per run and never repeats. */
  sequence: z.number().int().nonnegative(),
  atMs: z.number().int().nonnegative(),
  type: z.enum(AGENT_EVENT_TYPES),
  payload: z.record(z.string(), z.unknown()).refine(
    (payload) => new TextEncoder().encode(JSON.stringify(payload)).length <= AGENT_EVENT_PAYLOAD_MAX_BYTES,
    { error: `expected at most ${AGENT_EVENT_PAYLOAD_MAX_BYTES} bytes of JSON` },
  ),
});
export type WireAgentEvent = z.infer<typeof agentEvent>;

/** In ascending order of their sequences. What the server has is dropped. */
export const agentEventsInput = z.strictObject({
  leaseEpoch: z.number().int().nonnegative().optional(),
  events: z.array(agentEvent).min(1).max(AGENT_EVENTS_MAX).refine(
    (events) => events.every((event, i) => i === 0 || event.sequence > events[i - 1]!.sequence),
    { error: "expected ascending sequences" },
  ),
});
/** `nextSequence`: all before it are kept. */
export const agentEventsAnswer = z.object({ nextSequence: z.number().int(), cancel: z.boolean() });

/** `GET B/tasks/{task}/events`: a page in the order of arrival. */
export const activityEntry = z.object({
  id: z.number().int(),
  runId: z.string(),
  stationId: z.string(),
  sequence: z.number().int(),
  at: z.string(),
  atMs: z.number().int(),
  type: z.enum([...AGENT_EVENT_TYPES, "dropped"]),
  /** Of `dropped`: `{events, bytes}` that stood here and were more than is kept. */
  payload: z.record(z.string(), z.unknown()),
});
export type ActivityEntry = z.infer<typeof activityEntry>;
export const activityPage = z.object({ events: z.array(activityEntry), nextCursor: z.string().nullable() });
export const activityQuery = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(100),
  cursor: z.string().regex(/^\d{1,15}$/, { error: "expected the 'nextCursor' of the page before" })
    .optional(),
  runId: z.string().max(100).optional(),
});
