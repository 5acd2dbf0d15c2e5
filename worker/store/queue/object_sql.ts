/** The SQLite of an object, as the queue's store uses it. */
import type { Sql, SqlValue } from "./sql.ts";

export function createObjectSql(storage: DurableObjectStorage): Sql {
  const { sql } = storage;
  return {
    run: (query, ...values) => void sql.exec(query, ...values),
    rows: (query, ...values) => sql.exec<Record<string, SqlValue>>(query, ...values),
    transaction: (body) => storage.transactionSync(body),
  };
}
