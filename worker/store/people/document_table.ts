/** The versions of a project's documents. Sole writer of `documents`. */
import type { PeopleDocuments } from "../../domain/people/documents.ts";
import { DOCUMENT_VERSIONS_KEPT } from "../../limits.ts";
import { objectRows } from "../object_rows.ts";
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
  /** Reads anew: what was written may be undone. */
  forget(): void;
}

export function createDocumentTable(sql: SqlStorage): DocumentTable {
  const rows = objectRows(sql, documents);
  // Read at every look at a person.
  let newest: DocumentsRow | null | undefined;
  return {
    newest: () => newest ??= rows.first("ORDER BY version DESC"),
    read: (version) => rows.first("WHERE version = ?", version),
    list: () =>
      sql.exec<{ version: number; by: string; atMs: number }>(
        'SELECT version, "by", at_ms AS atMs FROM documents ORDER BY version DESC',
      ).toArray(),
    add: (row) => {
      newest = undefined;
      rows.add(row);
      sql.exec("DELETE FROM documents WHERE version <= ?", row.version - DOCUMENT_VERSIONS_KEPT);
    },
    forget: () => {
      newest = undefined;
    },
  };
}
