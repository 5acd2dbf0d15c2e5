/** The versions of a project's documents. Sole writer of `documents`. */
import { desc, eq, lte } from "drizzle-orm";
import type { DrizzleSqliteDODatabase } from "drizzle-orm/durable-sqlite";
import type { PeopleDocuments } from "../../domain/people/documents.ts";
import { DOCUMENT_VERSIONS_KEPT } from "../../limits.ts";
import { documents } from "./schema.ts";

export interface DocumentsRow {
  readonly version: number;
  readonly body: PeopleDocuments;
  readonly by: string;
  readonly atMs: number;
}

export interface DocumentTable {
  newest(): DocumentsRow | null;
  read(version: number): DocumentsRow | null;
  /** The newest first, without the documents. */
  list(): readonly Omit<DocumentsRow, "body">[];
  /** Adds a version and forgets the oldest of too many. */
  add(row: DocumentsRow): void;
}

export function createDocumentTable(db: DrizzleSqliteDODatabase): DocumentTable {
  // Read at every look at a person. Forgotten at each write, so that one that fails leaves nothing behind.
  let newest: DocumentsRow | null | undefined;
  return {
    newest: () =>
      newest ??= db.select().from(documents).orderBy(desc(documents.version)).limit(1).get() ?? null,
    read: (version) => db.select().from(documents).where(eq(documents.version, version)).get() ?? null,
    list: () => {
      const { version, by, atMs } = documents;
      return db.select({ version, by, atMs }).from(documents).orderBy(desc(version)).all();
    },
    add: (row) => {
      newest = undefined;
      db.insert(documents).values(row).run();
      db.delete(documents).where(lte(documents.version, row.version - DOCUMENT_VERSIONS_KEPT)).run();
    },
  };
}
