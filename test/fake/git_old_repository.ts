/** Makes a repository as the first version of this program kept it: objects one by one, and no packs. */
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import type { GitHarness } from "./git_harness.ts";

/** Objects above this, compressed, were in R2. */
const ROW_MAX_BYTES = 1_500_000;

/** Turns the clock of the repository's tables back to the first migration, then fills it with what `folder` has. */
export async function makeOld(harness: GitHarness, name: string, folder: string): Promise<void> {
  const run = (statement: string, ...bindings: unknown[]) => harness.sql(name, statement, ...bindings);
  for (const table of ["packs", "pack_chunks", "pack_indexes"]) await run(`DROP TABLE ${table}`);
  await run("ALTER TABLE refs DROP COLUMN peeled_id");
  await run(
    "CREATE TABLE commits (id text PRIMARY KEY NOT NULL, tree text NOT NULL, parents text NOT NULL, " +
      "committed_at_seconds integer NOT NULL)",
  );
  await run(
    "DELETE FROM __drizzle_migrations WHERE created_at > (SELECT min(created_at) FROM __drizzle_migrations)",
  );
  const listed = await harness.git(folder, "cat-file", "--batch-all-objects", "--batch-check");
  for (const line of listed.split("\n")) {
    const [id, type, size] = line.split(" ") as [string, string, string];
    const compressed = new Uint8Array(deflateSync(await catFile(folder, type, id)));
    const isLarge = compressed.length > ROW_MAX_BYTES;
    if (isLarge) await harness.putInR2(name, id, compressed);
    const stream = isLarge ? "NULL" : `x'${hexOf(compressed)}'`;
    await run(
      `INSERT INTO objects (id, type, size_bytes, compressed) VALUES ('${id}', '${type}', ${size}, ${stream})`,
    );
  }
  await run("DELETE FROM refs");
  const refs = await harness.git(
    folder,
    "for-each-ref",
    "--format=%(objectname) %(refname)",
    "refs/heads",
    "refs/tags",
  );
  for (const line of refs.split("\n")) {
    const [id, ref] = line.split(" ");
    await run(`INSERT INTO refs (name, object_id) VALUES ('${ref}', '${id}')`);
  }
  await harness.evict(name);
}

async function catFile(folder: string, type: string, id: string): Promise<Uint8Array> {
  const { stdout } = await new Deno.Command("git", { args: ["cat-file", type, id], cwd: join(folder) })
    .output();
  return stdout;
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
