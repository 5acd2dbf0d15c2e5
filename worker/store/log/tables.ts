/**
 * Makes the tables of a `TaskLog`, or brings them to their last form.
 *
 * There is an object for every task, and rows written are what the platform charges for: a new object gets its tables
 * in their last form for 7 rows, where all migrations one after the other write 40. The output's table is made with its
 * first row (`output_table.ts`). A test holds both ways against each other.
 */
import { drizzle } from "drizzle-orm/durable-sqlite";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import migrations from "../../../migrations/task_log/migrations.js";

const NEW_TABLES = [
  "CREATE TABLE `timeline_batches` (`sequence` integer PRIMARY KEY NOT NULL, `entries` text NOT NULL)",
  "CREATE TABLE `facts` (`id` integer PRIMARY KEY NOT NULL, `body` text NOT NULL)",
  // What drizzle's own would be, without an index that nobody uses.
  "CREATE TABLE `__drizzle_migrations` (`id` integer PRIMARY KEY, `hash` text NOT NULL, `created_at` numeric)",
];

/** To be awaited before anything else is asked of the storage. */
export async function openLogTables(storage: DurableObjectStorage): Promise<void> {
  const { sql } = storage;
  const isNew =
    sql.exec("SELECT 1 FROM sqlite_master WHERE name = '__drizzle_migrations'").toArray().length === 0;
  if (!isNew) return await migrate(drizzle(storage), migrations);
  storage.transactionSync(() => {
    for (const statement of NEW_TABLES) sql.exec(statement);
    const last = migrations.journal.entries.at(-1)!;
    sql.exec("INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('', ?)", last.when);
  });
}
