/** The history's migrations against a real sqld, and against `schema.ts`. */
import assert from "node:assert/strict";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { createClient } from "@libsql/client/web";
import { getTableConfig } from "drizzle-orm/sqlite-core";
import { applyMigrations } from "../tools/local/apply_migrations.ts";
import { startSqld } from "../tools/local/sqld.ts";
import * as schema from "../worker/store/history/schema.ts";
import { count, withHistory } from "./fake/history.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

Deno.test("migrations applied by three programs at once are each applied once", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "shopfloor_history_" });
  const { url, kill9 } = await startSqld({ dataDir });
  try {
    const applied = await Promise.all([1, 2, 3].map(() => applyMigrations({ url })));
    const files = [...Deno.readDirSync(`${ROOT}/migrations/history`)].filter((f) => f.name.endsWith(".sql"));
    assert.deepEqual(applied.flat().sort(), files.map((f) => f.name).sort());
    assert.deepEqual(await applyMigrations({ url }), []);
  } finally {
    await kill9();
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("a migration that was applied and has changed since is refused, and a broken one leaves nothing", () =>
  withHistory(async ({ url }) => {
    const directory = await Deno.makeTempDir();
    for (const entry of Deno.readDirSync(`${ROOT}/migrations/history`)) {
      if (entry.name.endsWith(".sql")) {
        await Deno.copyFile(`${ROOT}/migrations/history/${entry.name}`, `${directory}/${entry.name}`);
      }
    }
    await Deno.writeTextFile(
      `${directory}/9999_break.sql`,
      "create table half (a);\n--> statement-breakpoint\nnonsense",
    );
    await assert.rejects(applyMigrations({ url, directory }), /syntax error/);
    await assert.rejects(count(url, "half"), /no such table/);
    await Deno.remove(`${directory}/9999_break.sql`);
    await Deno.writeTextFile(`${directory}/0000_create_history.sql`, "-- edited");
    await assert.rejects(applyMigrations({ url, directory }), /0000_create_history.sql must be as it was/);
    await Deno.remove(directory, { recursive: true });
  }));

Deno.test("the database after all migrations has exactly the tables, columns and keys of schema.ts", () =>
  withHistory(async ({ url }) => {
    const client = createClient({ url });
    for (const table of Object.values(schema)) {
      const config = getTableConfig(table);
      const { rows } = await client.execute(
        `select name, type, "notnull", pk from pragma_table_info('${config.name}')`,
      );
      const actual = rows.map((r) => `${r.name} ${r.type} ${Number(r.notnull) === 1}`.toLowerCase()).sort();
      const expected = config.columns.map((c) => `${c.name} ${c.getSQLType()} ${c.notNull}`.toLowerCase())
        .sort();
      assert.deepEqual(actual, expected, config.name);
      const indexes = await client.execute(
        `select name from pragma_index_list('${config.name}') where origin = 'c'`,
      );
      assert.deepEqual(
        indexes.rows.map((r) => r.name).sort(),
        config.indexes.map((i) => i.config.name).sort(),
      );
    }
    client.close();
  }));

Deno.test("drizzle-kit finds nothing to generate: the last migration's snapshot is schema.ts", async () => {
  const out = await Deno.makeTempDir();
  await copyTree(`${ROOT}/migrations/history`, out);
  const before = [...Deno.readDirSync(out)].map((e) => e.name).sort();
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "drizzle-kit",
      "generate",
      "--dialect=turso",
      `--schema=${ROOT}/worker/store/history/schema.ts`,
      `--out=${relative(ROOT, out)}`,
    ],
    cwd: ROOT,
    stdin: "null",
  }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.ok(success, text);
  assert.match(text, /No schema changes/);
  assert.deepEqual([...Deno.readDirSync(out)].map((e) => e.name).sort(), before);
  await Deno.remove(out, { recursive: true });
});

async function copyTree(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const entry of Deno.readDir(from)) {
    if (entry.isDirectory) await copyTree(`${from}/${entry.name}`, `${to}/${entry.name}`);
    else await Deno.copyFile(`${from}/${entry.name}`, `${to}/${entry.name}`);
  }
}
