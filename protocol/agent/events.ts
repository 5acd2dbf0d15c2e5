/** An agent's activity log on its way to the control plane (Runtime 3.7): `POST B/runs/{runId}/jobs/{jobId}/events`. */
import { z } from "zod";
import { AGENT_EVENT_PAYLOAD_MAX_BYTES, AGENT_EVENTS_MAX, PIPELINE_FAULT_MAX_CHARS } from "./limits.ts";

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
  "pipeline_step",
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

/** Longest name of a step or of its place in a timeline; a sender cuts. */
const STEP_NAME_MAX_CHARS = 400;
const tokens = z.number().int().nonnegative().nullable();

/**
 * The payload of `pipeline_step`: where a station's pipeline is. Numbers are of this step alone; null: not known, or not yet.
 * A payload that does not fit is shown as it is, and counts as nothing.
 */
export const pipelineStepPayload = z.object({
  stepId: z.string().max(STEP_NAME_MAX_CHARS),
  /** Where in the pipeline: the ids of the steps around it, outermost first, with `/` between. */
  path: z.string().max(STEP_NAME_MAX_CHARS),
  state: z.enum(["started", "completed", "failed", "skipped"]),
  /** From 0, among the steps beside it; null: it has no fixed place. */
  index: z.number().int().nonnegative().nullable(),
  total: z.number().int().nonnegative().nullable(),
  costUsd: z.number().nonnegative().nullable(),
  inputTokens: tokens,
  outputTokens: tokens,
  /** For people; of `failed`. */
  fault: z.string().max(PIPELINE_FAULT_MAX_CHARS).nullable(),
});
export type PipelineStepPayload = z.infer<typeof pipelineStepPayload>;

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
