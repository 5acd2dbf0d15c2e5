/**
 * Lists and search over what a project did: `GET .../history/tasks`, `.../history/runs`, `.../history/audit` and
 * `GET .../search`. The reference has none of this; names and times are as in TaskData (Line 2.5): Unix milliseconds.
 *
 * Lists are newest first, in pages behind an opaque cursor: what comes later neither repeats nor hides what is older.
 */
import { z } from "zod";
import { LABEL_MAX_CHARS } from "../limits.ts";
import { modelUsage } from "./model_usage.ts";
import { outcome, taskStatus } from "./task.ts";

/** Rows in one page. */
export const HISTORY_PAGE_DEFAULT = 50;
export const HISTORY_PAGE_MAX = 200;
const TEXT_MAX_CHARS = 200;
const ID_MAX_CHARS = 100;

const text = z.string().max(TEXT_MAX_CHARS).optional().meta({
  description:
    "Words that must all occur, each at least as the beginning of a word. Nothing in it is an operator.",
});
const id = (description: string) => z.string().min(1).max(ID_MAX_CHARS).optional().meta({ description });
const time = (description: string) => z.coerce.number().int().nonnegative().optional().meta({ description });
/** `a,b`: any of these. */
const anyOf = (words: readonly string[], description: string) =>
  z.string().max(TEXT_MAX_CHARS)
    .refine((list) => list.split(",").every((word) => words.includes(word)), {
      error: `expected some of ${words.join(", ")}, with commas between`,
    }).optional().meta({ description: `${description}: some of ${words.join(", ")}, with commas between.` });
const limit = z.coerce.number().int().min(1).max(HISTORY_PAGE_MAX).default(HISTORY_PAGE_DEFAULT)
  .meta({ description: "Rows in the page." });
const cursor = z.string().min(1).max(200).optional().meta({
  description: "`nextCursor` of the page before, with the same filters.",
});

export const runStatus = z.enum(["claimed", "in_progress", "finished"]);

/** Query of `GET .../history/tasks`. */
export const historyTasksQuery = z.object({
  q: text,
  status: anyOf(taskStatus.options, "Where the task is"),
  line: id("Id of the task's line."),
  station: id("Id of the station where the task is, or ended."),
  label: z.string().min(1).max(LABEL_MAX_CHARS).optional().meta({ description: "A label of the card." }),
  runner: id("Name or id of a runner that had a run of the task."),
  from: time("Submitted at or after this, in Unix milliseconds."),
  to: time("Submitted before this, in Unix milliseconds."),
  limit,
  cursor,
}).meta({ description: "Which tasks; all that is given must hold." });

/** Query of `GET .../history/runs`. */
export const historyRunsQuery = z.object({
  q: text,
  status: anyOf(runStatus.options, "How far the run is"),
  outcome: anyOf(outcome.options, "How the run ended"),
  line: id("Id of the task's line."),
  station: id("Id of the run's station."),
  label: z.string().min(1).max(LABEL_MAX_CHARS).optional().meta({
    description: "A label of the task's card.",
  }),
  runner: id("Name or id of the runner."),
  task: id("Id of the task."),
  from: time("Claimed at or after this, in Unix milliseconds."),
  to: time("Claimed before this, in Unix milliseconds."),
  limit,
  cursor,
}).meta({ description: "Which runs; all that is given must hold. `q` searches what they reported." });

/** Query of `GET .../history/audit`. */
export const historyAuditQuery = z.object({
  q: text,
  action: id("What was done, such as `task_submitted`."),
  actor: id("Who did it, such as `user:ci`."),
  line: id("Only what is about tasks of this line."),
  task: id("Id of the task that it is about."),
  from: time("Done at or after this, in Unix milliseconds."),
  to: time("Done before this, in Unix milliseconds."),
  limit,
  cursor,
}).meta({ description: "Which entries of the audit trail; all that is given must hold." });

export const searchKind = z.enum(["task", "run", "audit"]);

/** Query of `GET .../search`. */
export const searchQuery = z.object({
  q: z.string().trim().min(1).max(TEXT_MAX_CHARS).meta({
    description:
      "Words that must all occur, each at least as the beginning of a word. Nothing in it is an operator.",
  }),
  kind: anyOf(searchKind.options, "What to search"),
  line: id("Only what is about this line."),
  from: time("Submitted, claimed or done at or after this, in Unix milliseconds."),
  to: time("Submitted, claimed or done before this, in Unix milliseconds."),
  order: z.enum(["rank", "newest"]).default("rank").meta({
    description: "`rank`: the best hits, in one page. `newest`: by time, in pages.",
  }),
  limit,
  cursor: cursor.meta({ description: "For `order=newest`: `nextCursor` of the page before." }),
}).meta({ description: "Searches cards, what runs reported, and the audit trail." });

const nextCursor = z.string().nullable().meta({ description: "Null on the last page." });

/** A task as the history knows it: its newest snapshot. */
export const historyTask = z.object({
  taskId: z.string(),
  lineId: z.string(),
  lineName: z.string(),
  lineVersion: z.number(),
  title: z.string(),
  description: z.string(),
  priority: z.string(),
  labels: z.array(z.string()),
  stationId: z.string(),
  stationName: z.string(),
  status: z.string(),
  rejectionReason: z.string().nullable(),
  pendingGateId: z.string().nullable(),
  /** Its agent waits for a person: `waiting`, `blocked` or `stalled`, in its own words, and which run it works on. */
  agentWait: z.object({ kind: z.string(), says: z.string().nullable(), runId: z.string() }).nullable(),
  attempt: z.number(),
  createdAt: z.number(),
  updatedAt: z.number(),
  endedAt: z.number().nullable(),
});
export type HistoryTask = z.infer<typeof historyTask>;

export const historyRun = z.object({
  runId: z.string(),
  jobId: z.string(),
  taskId: z.string(),
  stationId: z.string(),
  runnerId: z.string(),
  runnerName: z.string(),
  leaseEpoch: z.number(),
  status: z.string(),
  outcome: z.string().nullable(),
  exitCode: z.number().nullable(),
  summary: z.string().nullable().meta({ description: "What the run reported: its summary, or its error." }),
  headCommit: z.string().nullable(),
  usage: modelUsage.nullable().meta({ description: "Of its model; null: its runner did not say." }),
  claimedAt: z.number(),
  startedAt: z.number().nullable(),
  endedAt: z.number().nullable(),
});
export type HistoryRun = z.infer<typeof historyRun>;

export const historyAuditEntry = z.object({
  sequence: z.number().meta({ description: "Grows within the project; with gaps." }),
  action: z.string(),
  actor: z.string(),
  taskId: z.string().nullable(),
  subject: z.string(),
  detail: z.string(),
  at: z.number(),
});
export type HistoryAuditEntry = z.infer<typeof historyAuditEntry>;

export const searchHit = z.object({
  kind: searchKind,
  id: z.string().meta({ description: "Of the task or run; of an audit entry its sequence." }),
  taskId: z.string().nullable(),
  title: z.string(),
  snippet: z.string().meta({
    description: "Plain text; the words that were found stand between \u00ab and \u00bb.",
  }),
  rank: z.number().meta({ description: "The smaller, the better; comparable among hits of one kind." }),
  at: z.number(),
});
export type SearchHitBody = z.infer<typeof searchHit>;

export const historyTasksAnswer = z.object({ tasks: z.array(historyTask), nextCursor });
export const historyRunsAnswer = z.object({ runs: z.array(historyRun), nextCursor });
export const historyAuditAnswer = z.object({ entries: z.array(historyAuditEntry), nextCursor });
export const searchAnswer = z.object({ hits: z.array(searchHit), nextCursor });
