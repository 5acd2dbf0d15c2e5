/**
 * Tables of a `TaskRepository` object. One writer: the object itself. Objects are only ever added, which is what lets
 * checks made before a transaction stay true in it.
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
  /** What an annotated tag finally names, else the object itself; null in rows that are older than this column. */
  peeledId: text("peeled_id"),
});

/**
 * Git objects one by one, as repositories kept them before there were packs: read, never written. `compressed` is null
 * when the zlib stream is in R2; that is so for large blobs only.
 */
export const objects = sqliteTable("objects", {
  id: text("id").primaryKey(),
  type: text("type", { enum: ["commit", "tree", "blob", "tag"] }).notNull(),
  sizeBytes: integer("size_bytes").notNull(),
  compressed: blob("compressed", { mode: "buffer" }),
});

/** Packs that were taken, as their senders made them. */
export const packs = sqliteTable("packs", {
  id: integer("id").primaryKey(),
  /** Counts the packs as they were accepted, which is not the order in which they began to arrive. */
  position: integer("position").notNull(),
  /** Header and checksum included. */
  bytes: integer("bytes").notNull(),
  objectCount: integer("object_count").notNull(),
  /** Its objects that were here before, in another pack. */
  duplicateCount: integer("duplicate_count").notNull(),
  /** Has it deltas whose base is in another pack? */
  isThin: integer("is_thin", { mode: "boolean" }).notNull(),
  /** Are its bytes in `pack_chunks`, in R2, or in both? */
  isInRows: integer("is_in_rows", { mode: "boolean" }).notNull(),
  isInR2: integer("is_in_r2", { mode: "boolean" }).notNull(),
  usedAtMs: integer("used_at_ms").notNull(),
});

/** The bytes of a pack, cut: chunk n of pack p is at p * 4096 + n. Those of a pack without a row are of a push under way. */
export const packChunks = sqliteTable("pack_chunks", {
  key: integer("key").primaryKey(),
  data: blob("data", { mode: "buffer" }).notNull(),
});

/** Where in a pack its objects are (`git/object_index.ts`), cut in the same way. */
export const packIndexes = sqliteTable("pack_indexes", {
  key: integer("key").primaryKey(),
  data: blob("data", { mode: "buffer" }).notNull(),
});
