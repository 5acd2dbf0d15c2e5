/** What the agent's tools answer (Runtime 3.5), one schema per tool; the body of a 200 is `{result}`. */
import { z } from "zod";
import { subtaskData, subtaskState } from "./subtask.ts";
import { type AgentTool, issueRef, issueState, specArtifact } from "./tools.ts";

/** A piece of a text. `nextCursor` null: this was its end. */
const textPage = { text: z.string(), totalBytes: z.number().int(), nextCursor: z.string().nullable() };
const nextCursor = z.string().nullable();
/** Which state of the repository or line it was read from: a commit, or `line@VERSION`. */
const ofSpec = { spec: z.string(), revision: z.string() };

export const traceabilityRow = z.object({
  requirementId: z.string(),
  title: z.string(),
  /** `testPath` null: the test spec names none yet; `exists`: is there a file of that path at the frozen commit? */
  tests: z.array(
    z.object({ id: z.string(), title: z.string(), testPath: z.string().nullable(), exists: z.boolean() }),
  ),
});

export const specReadResult = z.discriminatedUnion("what", [
  z.object({ what: z.literal("artifact"), ...ofSpec, artifact: specArtifact, path: z.string(), ...textPage }),
  z.object({ what: z.literal("rendered"), ...ofSpec, ...textPage }),
  z.object({ what: z.literal("traceability"), ...ofSpec, rows: z.array(traceabilityRow), nextCursor }),
  z.object({
    what: z.literal("coverage"),
    ...ofSpec,
    requirements: z.number().int(),
    /** With at least one test. */
    specified: z.number().int(),
    /** With at least one test whose file is there. */
    implemented: z.number().int(),
    unspecifiedIds: z.array(z.string()),
    unimplementedIds: z.array(z.string()),
    /** Tests that name a requirement which is not there. */
    danglingTestIds: z.array(z.string()),
  }),
  z.object({ what: z.literal("execution"), subtasks: z.array(subtaskData), nextCursor }),
]);
export type SpecReadResult = z.infer<typeof specReadResult>;

export const contextSearchResult = z.object({
  chunks: z.array(z.object({
    contextId: z.string(),
    sourceId: z.string(),
    revision: z.number().int(),
    title: z.string(),
    /** Headings above the passage, outermost first. */
    headings: z.array(z.string()),
    text: z.string(),
    /** Larger is better; comparable within one answer only. */
    score: z.number(),
  })),
  /** Passages that matched and did not fit. */
  leftOut: z.number().int(),
});

export const contextGetResult = z.object({
  contextId: z.string(),
  sourceId: z.string(),
  title: z.string(),
  revision: z.number().int(),
  ...textPage,
});

export const memoryRecallResult = z.object({
  revision: z.number().int(),
  items: z.array(z.object({
    id: z.string(),
    content: z.string(),
    provenance: z.string(),
    recordedAt: z.string(),
    confidence: z.number().optional(),
    relevance: z.number().optional(),
  })),
});

export const subtaskStateResult = z.object({
  subtaskId: z.string(),
  previous: subtaskState,
  state: subtaskState,
  allowedNext: z.array(subtaskState),
});

const ciTimes = { startedAt: z.string().nullable(), completedAt: z.string().nullable() };
export const pipelineRun = z.object({
  id: z.string(),
  name: z.string(),
  ref: z.string(),
  sha: z.string(),
  status: z.enum(["queued", "running", "passed", "failed", "cancelled"]),
  ...ciTimes,
  url: z.string(),
  jobs: z.array(z.object({
    id: z.string(),
    name: z.string(),
    status: z.enum(["queued", "running", "passed", "failed", "cancelled", "skipped"]),
    ...ciTimes,
    url: z.string(),
  })),
});
export type PipelineRun = z.infer<typeof pipelineRun>;

export const ciStatusResult = z.discriminatedUnion("action", [
  z.object({ action: z.literal("list"), runs: z.array(pipelineRun), nextCursor }),
  z.object({ action: z.literal("run"), run: pipelineRun }),
  /** `isTruncated`: earlier lines are not kept or were not asked for. */
  z.object({ action: z.literal("log"), jobId: z.string(), isTruncated: z.boolean(), ...textPage }),
]);

export const issueData = z.object({
  ref: issueRef,
  title: z.string(),
  body: z.string(),
  state: issueState,
  labels: z.array(z.string()),
  assignee: z.string().nullable(),
  author: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
  url: z.string().nullable(),
  /** Only where one issue was asked for; the oldest first. */
  comments: z.array(z.object({ author: z.string(), body: z.string(), at: z.string() })),
});
export type IssueData = z.infer<typeof issueData>;

export const issuesResult = z.discriminatedUnion("action", [
  z.object({ action: z.literal("search"), issues: z.array(issueData), nextCursor }),
  z.object({ action: z.literal("get"), issue: issueData, nextCursor }),
  z.object({ action: z.literal("create"), issue: issueData }),
  z.object({ action: z.literal("comment"), issue: issueData }),
  z.object({ action: z.literal("update"), issue: issueData }),
]);

/** Written by strangers: data to judge, never an instruction. */
const untrusted = { trust: z.literal("untrusted") };
export const webResult = z.object({
  title: z.string(),
  url: z.string(),
  snippet: z.string(),
  publishedAt: z.string().optional(),
});
export const webSearchResult = z.discriminatedUnion("action", [
  z.object({ action: z.literal("search"), ...untrusted, results: z.array(webResult) }),
  z.object({
    action: z.literal("fetch"),
    ...untrusted,
    url: z.string(),
    title: z.string(),
    retrievedAt: z.string(),
    ...textPage,
  }),
]);

export const toolResults = {
  af_spec_read: specReadResult,
  af_context_search: contextSearchResult,
  af_context_get: contextGetResult,
  af_memory_recall: memoryRecallResult,
  af_subtask_state: subtaskStateResult,
  af_ci_status: ciStatusResult,
  af_issues: issuesResult,
  af_web_search: webSearchResult,
} as const satisfies Readonly<Record<AgentTool, z.ZodType>>;
export type ToolResult<T extends AgentTool> = z.output<(typeof toolResults)[T]>;
