/** The tables of one `Library` object. All calls are synchronous: nothing may happen in between (O1). */
import { type ChangeTable, createChangeTable } from "./change_table.ts";
import { type ContextTable, createContextTable } from "./context_table.ts";
import { createIssueTable, type IssueTable } from "./issue_table.ts";
import { createMemoryTable, type MemoryTable } from "./memory_table.ts";

export interface LibraryStore {
  readonly changes: ChangeTable;
  readonly contexts: ContextTable;
  readonly memories: MemoryTable;
  readonly issues: IssueTable;
  /** All of it or nothing (O2). */
  atomically<T>(write: () => T): T;
}

export function createLibraryStore(storage: DurableObjectStorage): LibraryStore {
  const { sql } = storage;
  return {
    changes: createChangeTable(sql),
    contexts: createContextTable(sql),
    memories: createMemoryTable(sql),
    issues: createIssueTable(sql),
    atomically: (write) => storage.transactionSync(write),
  };
}
