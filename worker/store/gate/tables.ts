/**
 * Makes the tables of a `HumanGate`, or brings them to their last form.
 *
 * There is an object for every ask, and rows written are what the platform charges for: a new object gets its tables in
 * their last form for 7 rows, where all migrations one after the other write 50. A test holds both ways against each other.
 */
import { drizzle } from "drizzle-orm/durable-sqlite";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import migrations from "../../../migrations/human_gate/migrations.js";

const NEW_TABLES = [
  "CREATE TABLE `gate` (`id` integer PRIMARY KEY NOT NULL, `body` text NOT NULL)",
  "CREATE TABLE `steps` (`step` integer PRIMARY KEY NOT NULL, `at_ms` integer NOT NULL, `links` integer NOT NULL, " +
  "`events` text, `grant` text, `receipt` text, `noted_key` text, `told_links` integer, `entries` text)",
  // What drizzle's own would be, without an index that nobody uses.
  "CREATE TABLE `__drizzle_migrations` (`id` integer PRIMARY KEY, `hash` text NOT NULL, `created_at` numeric)",
];

/** To be awaited before anything else is asked of the storage. Answers whether the object is new. */
export async function openGateTables(storage: DurableObjectStorage): Promise<boolean> {
  const { sql } = storage;
  const last = migrations.journal.entries.at(-1)!;
  const isNew =
    sql.exec("SELECT 1 FROM sqlite_master WHERE name = '__drizzle_migrations'").toArray().length === 0;
  if (isNew) {
    storage.transactionSync(() => {
      for (const statement of NEW_TABLES) sql.exec(statement);
      sql.exec("INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('', ?)", last.when);
    });
    return true;
  }
  // An object is asked after every sleep: drizzle's look takes longer than all else that a wake-up does.
  const known = sql.exec("SELECT 1 FROM __drizzle_migrations WHERE created_at >= ?", last.when).toArray();
  if (known.length === 0) await migrate(drizzle(storage), migrations);
  return false;
}
