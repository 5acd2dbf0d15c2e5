/** Contexts, memory and issues as people keep them over HTTP. */
import { z } from "zod";
import { commitId, name, textUpToBytes } from "../line/fields.ts";
import { PAGE_DEFAULT, PAGE_MAX } from "../limits.ts";
import {
  ISSUE_BODY_MAX_BYTES,
  ISSUE_LABELS_MAX,
  ISSUE_TITLE_MAX_CHARS,
  TOOL_QUERY_MAX_CHARS,
  TOOL_RESULT_MAX_BYTES,
  TOOL_RESULT_MIN_BYTES,
} from "./limits.ts";
import { issuePatch, issueState, toolShapes } from "./tools.ts";
import { issueData, pipelineRun } from "./tool_results.ts";

/** One document of a context, and one note: rows of an object, well below their limit. */
export const SOURCE_TEXT_MAX_BYTES = 512 * 1024;
export const MEMORY_CONTENT_MAX_BYTES = 16 * 1024;

const text = z.string();
const titleText = z.string().trim().min(1).max(300);

/** The name of a context or source in a path. */
export const libraryName = name<string>();

export const contextInput = z.strictObject({
  title: titleText,
  description: z.string().max(4_000).default(""),
});
export const sourceInput = z.strictObject({ title: titleText, text: textUpToBytes(SOURCE_TEXT_MAX_BYTES) });
/** Nothing set: the whole project. A station is one of a line. */
export const attachment = z.strictObject({
  lineId: name<string>().nullable().default(null),
  stationId: name<string>().nullable().default(null),
  taskId: z.string().min(1).max(100).nullable().default(null),
}).refine(({ lineId, stationId }) => stationId === null || lineId !== null, {
  error: "expected the line of the station",
  path: ["lineId"],
});
export const attachmentsInput = z.strictObject({ attachments: z.array(attachment).max(100) });

const contextHead = { id: text, title: text, description: text, by: text, changedAt: text };
const sourceHead = {
  contextId: text,
  id: text,
  revision: z.number().int(),
  title: text,
  sha256: text,
  by: text,
  at: text,
};
const attached = z.object({
  lineId: text.nullable(),
  stationId: text.nullable(),
  taskId: text.nullable(),
});
export const contextAnswer = z.object(contextHead);
export const contextListAnswer = z.object({ contexts: z.array(contextAnswer) });
export const contextDetailAnswer = z.object({
  ...contextHead,
  sources: z.array(z.object(sourceHead)),
  attachments: z.array(attached),
});
export const attachmentsAnswer = z.object({ attachments: z.array(attached) });
export const sourceAnswer = z.object(sourceHead);
export const sourceTextAnswer = z.object({ ...sourceHead, text });
export const sourceQuery = z.object({ revision: z.coerce.number().int().min(1).optional() });

/** Whose it is: every agent's, or those of one station. */
const principal = z.string().regex(/^(\*|station:[A-Za-z0-9._-]{1,100}\/[A-Za-z0-9._-]{1,100})$/, {
  error: "expected '*' or 'station:LINE/STATION'",
});
const namespace = z.string().regex(/^(project|line:[A-Za-z0-9._-]{1,100}|task:[A-Za-z0-9._-]{1,100})$/, {
  error: "expected 'project', 'line:LINE' or 'task:TASK'",
});
export const memoryInput = z.strictObject({
  content: textUpToBytes(MEMORY_CONTENT_MAX_BYTES).min(1),
  /** Where it is known from. */
  provenance: z.string().trim().min(1).max(1_000),
  principal: principal.default("*"),
  namespace: namespace.default("project"),
  confidence: z.number().min(0).max(1).nullable().default(null),
});
export const memoryAnswer = z.object({
  id: text,
  content: text,
  provenance: text,
  principal: text,
  namespace: text,
  confidence: z.number().nullable(),
  by: text,
  recordedAt: text,
});
export const memoryListAnswer = z.object({ memories: z.array(memoryAnswer), nextCursor: text.nullable() });
export const memoryQuery = z.object({
  namespace: namespace.optional(),
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE_DEFAULT),
  cursor: z.string().max(100).optional(),
});

const pageBytes = z.coerce.number().int().min(TOOL_RESULT_MIN_BYTES).max(TOOL_RESULT_MAX_BYTES).optional();
const tracker = z.string().min(1).max(40).default("builtin");
const cursor = z.string().max(200).optional();
export const issueQuery = z.object({
  tracker,
  text: z.string().trim().max(TOOL_QUERY_MAX_CHARS).optional(),
  state: issueState.optional(),
  /** With commas in between. */
  labels: z.string().max(1_000).optional(),
  assignee: z.string().min(1).max(100).optional(),
  cursor,
});
export const issueInput = z.strictObject({
  tracker,
  title: z.string().trim().min(1).max(ISSUE_TITLE_MAX_CHARS),
  body: textUpToBytes(ISSUE_BODY_MAX_BYTES).default(""),
  labels: z.array(z.string().min(1).max(100)).max(ISSUE_LABELS_MAX).default([]),
  assignee: z.string().min(1).max(100).nullable().default(null),
});
export const commentInput = z.strictObject({ body: textUpToBytes(ISSUE_BODY_MAX_BYTES).min(1) });
export { issuePatch };
export const issueAnswer = z.object({ issue: issueData });
export const issueListAnswer = z.object({ issues: z.array(issueData), nextCursor: text.nullable() });

export const ciRunsQuery = z.object({
  branch: z.string().min(1).max(250).optional(),
  sha: commitId.optional(),
  pr: z.coerce.number().int().min(1).optional(),
  cursor,
});
export const ciLogQuery = z.object({
  tail: z.coerce.number().int().min(1).max(10_000).optional(),
  max_bytes: pageBytes,
  cursor,
});
export const ciRunAnswer = z.object({ run: pipelineRun });
export const ciRunsAnswer = z.object({ runs: z.array(pipelineRun), nextCursor: text.nullable() });

/** `GET B/tasks/{task}/specs/{spec}`. */
export const specQuery = z.object({
  what: z.enum(["artifact", "rendered", "traceability", "coverage", "execution"]).default("rendered"),
  artifact_name: toolShapes.af_spec_read.artifact_name,
  subtask_id: toolShapes.af_spec_read.subtask_id,
  max_bytes: pageBytes,
  cursor,
}).refine(({ what, artifact_name }) => what !== "artifact" || artifact_name !== undefined, {
  error: "expected a value, as 'what' is 'artifact'",
  path: ["artifact_name"],
});
export const specListAnswer = z.object({
  specs: z.array(z.object({
    name: text,
    /** Null: it cannot be read; `fault` says why. */
    status: text.nullable(),
    revision: text.nullable(),
    requirements: z.number().int(),
    tests: z.number().int(),
    tasks: z.number().int(),
    fault: text.nullable(),
  })),
});
