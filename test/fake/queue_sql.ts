/** SQLite of this process with the tables of a queue object, which can be told to fail. */
import { DatabaseSync } from "node:sqlite";
import type { Sql } from "../../worker/store/queue/sql.ts";

export interface FakeSql extends Sql {
  /** Writes from now on throw after so many; null: they work. */
  failAfter(writes: number | null): void;
  /** Statements that wrote so far. */
  readonly writes: number;
}

const MIGRATIONS = new URL("../../migrations/job_queue/", import.meta.url);

/** `hasOldTables`: an object that version 0.1.0 left, with its tables. */
export function createQueueSql(hasOldTables = false): FakeSql {
  const db = new DatabaseSync(":memory:");
  const files = [...Deno.readDirSync(MIGRATIONS)].map(({ name }) => name).filter((name) =>
    name.endsWith(".sql")
  ).sort();
  for (const name of files) db.exec(Deno.readTextFileSync(new URL(name, MIGRATIONS)));
  if (!hasOldTables) db.exec("DROP TABLE tasks");
  const statements = new Map<string, ReturnType<DatabaseSync["prepare"]>>();
  const prepared = (query: string) => {
    let statement = statements.get(query);
    if (statement === undefined) statements.set(query, statement = db.prepare(query));
    return statement;
  };
  let left: number | null = null;
  let writes = 0;
  return {
    get writes() {
      return writes;
    },
    failAfter: (count) => {
      left = count;
    },
    run: (query, ...values) => {
      if (left !== null && left-- <= 0) throw new Error("disk is full");
      writes++;
      prepared(query).run(...values);
    },
    rows: (query, ...values) => prepared(query).all(...values) as never,
    transaction: (body) => {
      db.exec("BEGIN");
      try {
        body();
        db.exec("COMMIT");
      } catch (cause) {
        db.exec("ROLLBACK");
        throw cause;
      }
    },
  };
}
