/**
 * Makes the tables of a `HumanGate`, or brings them to their last form.
 *
 * An object is made by whoever names it, so one that was never asked has no tables: they come with the first decision.
 *
 * There is an object for every ask, and rows written are what the platform charges for: a new object gets its tables in
 * their last form for 7 rows, where all migrations one after the other write 50. A test holds both ways against each other.
 */
import { drizzle } from "drizzle-orm/durable-sqlite";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import migrations from "../../../migrations/human_gate/migrations.js";

const LAST = migrations.journal.entries.at(-1)!;

const NEW_TABLES = [
  "CREATE TABLE `gate` (`id` integer PRIMARY KEY NOT NULL, `body` text NOT NULL)",
  "CREATE TABLE `steps` (`step` integer PRIMARY KEY NOT NULL, `at_ms` integer NOT NULL, `links` integer NOT NULL, " +
  "`events` text, `grant` text, `receipt` text, `noted_key` text, `told_links` integer, `entries` text)",
  // What drizzle's own would be, without an index that nobody uses.
  "CREATE TABLE `__drizzle_migrations` (`id` integer PRIMARY KEY, `hash` text NOT NULL, `created_at` numeric)",
];

/** To be awaited before anything else is asked of the storage. Writes nothing where there are none; answers whether there are. */
export async function upgradeGateTables(storage: DurableObjectStorage): Promise<boolean> {
  const { sql } = storage;
  if (sql.exec("SELECT 1 FROM sqlite_master WHERE name = '__drizzle_migrations'").toArray().length === 0) {
    return false;
  }
  // An object is asked after every sleep: drizzle's look takes longer than all else that a wake-up does.
  const known = sql.exec("SELECT 1 FROM __drizzle_migrations WHERE created_at >= ?", LAST.when).toArray();
  if (known.length === 0) await migrate(drizzle(storage), migrations);
  return true;
}

/** Makes them, where there are none: to be called within the transaction of what is written first. */
export function makeGateTables(sql: SqlStorage): void {
  for (const statement of NEW_TABLES) sql.exec(statement);
  sql.exec("INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('', ?)", LAST.when);
}
