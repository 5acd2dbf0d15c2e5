/**
 * Tables of a `Library` object. Writers: `change_table.ts`, `context_table.ts`, `memory_table.ts` and `issue_table.ts`,
 * each of its own. What agents read is versioned: a row counts from the change `from_seq` on, until `until_seq`; a run
 * reads as of the change that it is pinned to. The words of each searched table are in an FTS5 table beside it, filled by
 * triggers (migration `0001`).
 */
import { index, integer, primaryKey, real, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Every change of what agents read, in order: the audit of it, and what time a sequence stands for. */
export const changes = sqliteTable("changes", {
  seq: integer("seq").primaryKey(),
  atMs: integer("at_ms").notNull(),
  action: text("action").notNull(),
  subject: text("subject").notNull(),
  by: text("by").notNull(),
});

/** To which change a run is pinned: noted at its first question, so that no clock can move it. */
export const pins = sqliteTable("pins", {
  runId: text("run_id").primaryKey(),
  seq: integer("seq").notNull(),
  atMs: integer("at_ms").notNull(),
});

export const contexts = sqliteTable("contexts", {
  id: text("id").primaryKey(),
  title: text("title").notNull(),
  description: text("description").notNull(),
  by: text("by").notNull(),
  changedAtMs: integer("changed_at_ms").notNull(),
});

const versioned = {
  fromSeq: integer("from_seq").notNull(),
  untilSeq: integer("until_seq"),
  untilAtMs: integer("until_at_ms"),
};

/** One revision of one document. */
export const sources = sqliteTable("sources", {
  contextId: text("context_id").notNull(),
  id: text("id").notNull(),
  revision: integer("revision").notNull(),
  title: text("title").notNull(),
  body: text("body").notNull(),
  sha256: text("sha256").notNull(),
  by: text("by").notNull(),
  atMs: integer("at_ms").notNull(),
  ...versioned,
}, (t) => [primaryKey({ columns: [t.contextId, t.id, t.revision] })]);

/** A passage of a revision. */
export const chunks = sqliteTable("chunks", {
  id: integer("id").primaryKey(),
  contextId: text("context_id").notNull(),
  sourceId: text("source_id").notNull(),
  revision: integer("revision").notNull(),
  /** One a line, outermost first. */
  headings: text("headings").notNull(),
  text: text("text").notNull(),
}, (t) => [index("chunks_of").on(t.contextId, t.sourceId, t.revision)]);

/** What a context is attached to; all of them null: to the whole project. */
export const attachments = sqliteTable("attachments", {
  id: integer("id").primaryKey(),
  contextId: text("context_id").notNull(),
  lineId: text("line_id"),
  stationId: text("station_id"),
  taskId: text("task_id"),
  ...versioned,
}, (t) => [index("attachments_of").on(t.contextId)]);

export const memories = sqliteTable("memories", {
  row: integer("row").primaryKey(),
  id: text("id").notNull(),
  /** `*`, or `station:{line}/{station}`. */
  principal: text("principal").notNull(),
  /** `project`, `line:{line}` or `task:{task}`. */
  namespace: text("namespace").notNull(),
  content: text("content").notNull(),
  provenance: text("provenance").notNull(),
  confidence: real("confidence"),
  by: text("by").notNull(),
  recordedAtMs: integer("recorded_at_ms").notNull(),
  ...versioned,
}, (t) => [index("memories_id").on(t.id)]);

export const issues = sqliteTable("issues", {
  number: integer("number").primaryKey(),
  title: text("title").notNull(),
  body: text("body").notNull(),
  state: text("state").$type<"open" | "closed">().notNull(),
  labels: text("labels", { mode: "json" }).$type<readonly string[]>().notNull(),
  assignee: text("assignee"),
  author: text("author").notNull(),
  createdAtMs: integer("created_at_ms").notNull(),
  updatedAtMs: integer("updated_at_ms").notNull(),
});

export const issueComments = sqliteTable("issue_comments", {
  id: integer("id").primaryKey(),
  number: integer("number").notNull(),
  author: text("author").notNull(),
  body: text("body").notNull(),
  atMs: integer("at_ms").notNull(),
}, (t) => [index("issue_comments_of").on(t.number)]);
