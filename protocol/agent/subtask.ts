/** Subtasks as they cross the wire (Runtime 3.4): their states, the outcomes of verification, and what is told of one. */
import { z } from "zod";
import { name } from "../line/fields.ts";
import { SUBTASK_NOTE_MAX_CHARS } from "./limits.ts";

/** In the order of a subtask's life; `dropped` is terminal. */
export const SUBTASK_STATES = [
  "pending",
  "queued",
  "in_progress",
  "awaiting_verification",
  "done",
  "pending_reevaluation",
  "dropped",
] as const;
export const subtaskState = z.enum(SUBTASK_STATES);
export type SubtaskState = z.infer<typeof subtaskState>;

/** What an identity may do; a person is an operator, an agent has what its station says. */
export const CAPABILITIES = [
  "operator",
  "planner",
  "coordinator",
  "implementor",
  "verifier",
  "ui_designer",
  "pr_reviewer",
  "pr_shepherd",
] as const;
export const capability = z.enum(CAPABILITIES);
export type Capability = z.infer<typeof capability>;

/** `{spec}:{N}` for one of a spec's tasks file, else a name; unique in its task. */
export const subtaskId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,149}$/, {
  error: "expected 1 to 150 letters, digits, '.', '_', ':' or '-', starting with a letter or digit",
});

export const verificationResult = z.enum(["passed", "failed", "skipped"]);
export type VerificationResult = z.infer<typeof verificationResult>;

/** One check of one verification (the `{N}.V` of a tasks file is no subtask, but rows like this). */
export const verificationOutcome = z.object({
  checkId: z.string(),
  result: verificationResult,
  detail: z.string(),
  by: z.string(),
  at: z.string(),
});

export const subtaskData = z.object({
  id: z.string(),
  taskId: z.string(),
  spec: z.string().nullable(),
  title: z.string(),
  requirementIds: z.array(z.string()),
  /** The station whose agents may take it; null: those of any station. */
  stationId: z.string().nullable(),
  state: subtaskState,
  allowedNext: z.array(subtaskState),
  /** Who works on it or has: a run, at a station. */
  agent: z.object({ runId: z.string(), jobId: z.string(), stationId: z.string() }).nullable(),
  note: z.string().nullable(),
  rationale: z.string().nullable(),
  createdAt: z.string(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  changedAt: z.string(),
  outcomes: z.array(verificationOutcome),
});
export type SubtaskData = z.infer<typeof subtaskData>;

const note = z.string().max(SUBTASK_NOTE_MAX_CHARS);

/** `state`: `queued` puts it where an agent may begin at once. */
const created = {
  stationId: name<string>().nullable().default(null),
  state: z.enum(["pending", "queued"]).default("pending"),
};

/** `POST B/tasks/{task}/subtasks`: one by hand, or all of a spec's tasks file (those that are there already stay). */
export const subtaskInput = z.union([
  z.strictObject({
    id: subtaskId,
    title: z.string().trim().min(1).max(300),
    requirementIds: z.array(z.string().max(100)).max(100).default([]),
    ...created,
  }),
  z.strictObject({
    spec: name<string>(),
    ...created,
  }),
]);

/** `POST B/tasks/{task}/subtasks/{subtask}/transition`. `dropped` needs a rationale. */
export const subtaskMove = z.strictObject({
  state: subtaskState,
  note: note.nullable().default(null),
  rationale: note.nullable().default(null),
});

/** `POST B/tasks/{task}/subtasks/{subtask}/verification`: all checks of one verification; `done` when none failed. */
export const verificationInput = z.strictObject({
  outcomes: z.array(z.strictObject({
    checkId: z.string().trim().min(1).max(150),
    result: verificationResult,
    detail: note.default(""),
  })).min(1).max(100),
});

export const subtaskList = z.object({ subtasks: z.array(subtaskData) });
