/**
 * What the scripted model does at one answer. Scripts are functions, or data that `script.ts` checks; a step is the same
 * in both.
 */

import { z } from "zod";

/** What an answer says it used; apart from each other, each provider counts them in its own way. */
const usageSchema = z.strictObject({
  inputTokens: z.int().min(0).default(10),
  outputTokens: z.int().min(0).default(5),
  cacheReadTokens: z.int().min(0).default(0),
  cacheWriteTokens: z.int().min(0).default(0),
});

/** Ten minutes: longer than any CLI waits for a model. */
const WAIT_MAX_MS = 600_000;
const common = {
  /** Before the first byte. */
  delayMs: z.int().min(0).max(WAIT_MAX_MS).optional(),
  usage: usageSchema.optional(),
};

export const MODEL_ERRORS = [
  "bad_request",
  "key_refused",
  "rate_limited",
  "server_error",
  "overloaded",
] as const;
export type ModelErrorKind = (typeof MODEL_ERRORS)[number];

export const stepSchema = z.discriminatedUnion("kind", [
  /** The CLI's shell runs the command. */
  z.strictObject({ kind: z.literal("tool"), command: z.string().min(1), ...common }),
  /** Any tool: by its whole name, or by what stands after the CLI's prefix for an MCP server. */
  z.strictObject({ kind: z.literal("call"), tool: z.string().min(1), input: z.unknown(), ...common }),
  /** `streamMs`: the text comes word by word over that time, so that a person can break in. */
  z.strictObject({
    kind: z.literal("text"),
    text: z.string(),
    streamMs: z.int().min(0).max(WAIT_MAX_MS).optional(),
    ...common,
  }),
  /** `times`: so often, and then the next step; without it, always. */
  z.strictObject({
    kind: z.literal("error"),
    error: z.enum(MODEL_ERRORS),
    message: z.string().optional(),
    times: z.int().min(1).optional(),
    ...common,
  }),
]);

export type ScriptedStep = z.input<typeof stepSchema>;
export type AnswerStep = Exclude<ScriptedStep, { kind: "error" }>;
export type StepUsage = z.output<typeof usageSchema>;

/** The counters of a step, with what it leaves out. */
export function usageOf(step: ScriptedStep): StepUsage {
  return usageSchema.parse(step.usage ?? {});
}
