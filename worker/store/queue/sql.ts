/** What the queue's store needs of SQLite: plain SQL, synchronous, nothing in between (O1). */
export type SqlValue = string | number | null;

export interface Sql {
  /** Runs a statement that answers nothing. Throws if it cannot. */
  run(query: string, ...values: readonly SqlValue[]): void;
  /** Runs a query; rows are read as they are asked for, and the store does nothing else meanwhile. */
  rows(query: string, ...values: readonly SqlValue[]): Iterable<Readonly<Record<string, SqlValue>>>;
  /** All that `body` runs happens, or nothing of it. Not nested. */
  transaction(body: () => void): void;
}
