/** Makes the storage of a `HumanGate` what a version before would have left. */
import type { GateLogHarness } from "./gate_log_harness.ts";

const MIGRATIONS = new URL("../../migrations/human_gate/", import.meta.url);

/** A value as JSON in SQL. */
export const quoted = (value: unknown) => `'${JSON.stringify(value).replaceAll("'", "''")}'`;

/**
 * The tables as the migrations up to `step` made them, with this record and the links that the ask has; then the object wakes
 * up anew. `statements` add what else it held.
 */
export async function becomeOld(
  harness: GateLogHarness,
  id: string,
  { step, body }: { readonly step: string; readonly body: unknown },
  statements: readonly string[],
): Promise<void> {
  const run = (query: string) => harness.rows("HUMAN_GATE", id, query);
  await harness.evict("HUMAN_GATE", id);
  const grants = await run('SELECT "grant" AS body FROM steps WHERE "grant" IS NOT NULL') as {
    body: string;
  }[];
  for (const table of ["gate", "steps", "__drizzle_migrations"]) await run(`DROP TABLE ${table}`);
  await run(
    "CREATE TABLE __drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)",
  );
  const journal = JSON.parse(await Deno.readTextFile(new URL("meta/_journal.json", MIGRATIONS)));
  for (const { tag, when } of journal.entries as { tag: string; when: number }[]) {
    if (tag > step) break;
    const text = await Deno.readTextFile(new URL(`${tag}.sql`, MIGRATIONS));
    for (const statement of text.split("--> statement-breakpoint")) await run(statement);
    await run(`INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('', ${when})`);
  }
  await run(`INSERT INTO gate VALUES (1, ${quoted(body)})`);
  for (const grant of grants) {
    const { grantId, secretHash, holder, epoch, issuedAtMs, expiresAtMs } = JSON.parse(grant.body);
    const values = `'${grantId}', '${secretHash}', '${holder}', ${epoch}, ${issuedAtMs}, ${expiresAtMs}`;
    await run(
      "INSERT INTO grants (grant_id, secret_hash, holder, epoch, issued_at_ms, expires_at_ms) " +
        `VALUES (${values})`,
    );
  }
  for (const statement of statements) await run(statement);
  await harness.evict("HUMAN_GATE", id);
}

/** Its tables with their columns. */
export async function shapeOf(harness: GateLogHarness, id: string): Promise<readonly unknown[]> {
  return await harness.rows(
    "HUMAN_GATE",
    id,
    'SELECT m.name AS of, c.cid, c.name, c.type, c."notnull", c.pk FROM sqlite_master m, pragma_table_info(m.name) c ' +
      "WHERE m.type = 'table' AND m.name IN ('gate', 'steps', 'audit', 'grants', 'noted', 'outbox', 'receipts', 'told') " +
      "ORDER BY m.name, c.cid",
  );
}
