/**
 * Brings a history database to the newest schema. Forward only.
 *
 * - M1: files `NNNN_verb_object.sql` are applied in order of their names, each once, each in a transaction of its own.
 * - M2: `schema_migrations` gets its row as the first statement of that transaction. So of two programs that migrate at
 *   once one fails on the key, and finds the work done.
 * - M3: a file that was applied and has changed since is refused, and so is one whose number is below the last applied:
 *   what happened on one machine must happen on all.
 */
import { createClient, type InStatement, LibsqlError } from "@libsql/client/web";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const HISTORY_MIGRATIONS = fileURLToPath(new URL("../../migrations/history", import.meta.url));
const FILE_NAME = /^\d{4}_[a-z0-9_]+\.sql$/;
const BREAKPOINT = "--> statement-breakpoint";
/** Tries when another writer holds the database. */
const TRIES_MAX = 20;
const RETRY_MS = 100;
const REQUEST_MS = 10_000;

export interface MigrationTarget {
  readonly url: string;
  readonly authToken?: string | undefined;
  /** Folder of the files; default: the history's. */
  readonly directory?: string;
}

interface Migration {
  readonly name: string;
  readonly hash: string;
  readonly statements: readonly string[];
}

/** Applies what is missing and returns the names of the files that this call applied. */
export async function applyMigrations(target: MigrationTarget): Promise<readonly string[]> {
  const client = createClient({
    url: target.url,
    ...(target.authToken === undefined ? {} : { authToken: target.authToken }),
    fetch: (request: Request) => fetch(request, { signal: AbortSignal.timeout(REQUEST_MS) }),
  });
  const applied: string[] = [];
  try {
    await withRetries(() =>
      client.execute(
        "create table if not exists schema_migrations (name text primary key, hash text not null, at_ms integer not null)",
      )
    );
    for (const migration of await readMigrations(target.directory ?? HISTORY_MIGRATIONS)) {
      const isOurs = await withRetries(async () => {
        if (isDone(migration, await readApplied(client))) return false;
        await client.batch(transaction(migration), "write");
        return true;
      });
      if (isOurs) applied.push(migration.name);
    }
    return applied;
  } finally {
    client.close();
  }
}

async function readMigrations(directory: string): Promise<readonly Migration[]> {
  const migrations: Migration[] = [];
  for await (const entry of Deno.readDir(directory)) {
    if (!FILE_NAME.test(entry.name)) continue;
    const text = await Deno.readTextFile(join(directory, entry.name));
    migrations.push({
      name: entry.name,
      hash: createHash("sha256").update(text).digest("hex"),
      statements: text.split(BREAKPOINT).map((statement) => statement.trim()).filter((statement) =>
        statement !== ""
      ),
    });
  }
  return migrations.sort((a, b) => a.name < b.name ? -1 : 1);
}

async function readApplied(client: ReturnType<typeof createClient>): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.execute("select name, hash from schema_migrations");
  return new Map(rows.map((row) => [String(row.name), String(row.hash)]));
}

function isDone(migration: Migration, applied: ReadonlyMap<string, string>): boolean {
  const hash = applied.get(migration.name);
  if (hash === migration.hash) return true;
  if (hash !== undefined) {
    throw new Error(
      `Cannot migrate as ${migration.name} must be as it was when it was applied: it has changed since. ` +
        "Put the change into a new migration",
    );
  }
  const last = [...applied.keys()].sort().at(-1);
  if (last !== undefined && migration.name < last) {
    throw new Error(
      `Cannot migrate as ${migration.name} must come after the last applied one: that is ${last}`,
    );
  }
  return false;
}

function transaction(migration: Migration): InStatement[] {
  return [
    {
      sql: "insert into schema_migrations (name, hash, at_ms) values (?, ?, ?)",
      args: [migration.name, migration.hash, Date.now()],
    },
    ...migration.statements,
  ];
}

/** Tries again when another writer was faster (M2) or holds the database. */
async function withRetries<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1;; tries++) {
    try {
      return await attempt();
    } catch (error) {
      const isContention = error instanceof LibsqlError &&
        (/^SQLITE_(BUSY|LOCKED)/.test(error.code) || /schema_migrations|locked|busy/i.test(error.message));
      if (!isContention || tries === TRIES_MAX) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
