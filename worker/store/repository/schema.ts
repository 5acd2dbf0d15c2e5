/**
 * Tables of a `TaskRepository` object. One writer: the object itself. Objects and commits are only ever added, which
 * is what lets checks made before a transaction stay true in it.
 */
import { blob, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** One row: which task this repository belongs to. Its presence says that the first commit was made. */
export const repository = sqliteTable("repository", {
  taskId: text("task_id").primaryKey(),
  createdAtMs: integer("created_at_ms").notNull(),
  headRef: text("head_ref").notNull(),
  /** May there be objects that no ref reaches? Then even a full clone is walked. */
  hasOrphans: integer("has_orphans", { mode: "boolean" }).notNull(),
});

export const refs = sqliteTable("refs", {
  name: text("name").primaryKey(),
  objectId: text("object_id").notNull(),
});

/** Git objects as zlib streams. `compressed` is null when the stream is in R2; that is so for large blobs only. */
export const objects = sqliteTable("objects", {
  id: text("id").primaryKey(),
  type: text("type", { enum: ["commit", "tree", "blob", "tag"] }).notNull(),
  sizeBytes: integer("size_bytes").notNull(),
  compressed: blob("compressed", { mode: "buffer" }),
});

/** The graph of the commits, parsed once, for walks. `parents` is ids joined by spaces. */
export const commits = sqliteTable("commits", {
  id: text("id").primaryKey(),
  tree: text("tree").notNull(),
  parents: text("parents").notNull(),
  committedAtSeconds: integer("committed_at_seconds").notNull(),
});
