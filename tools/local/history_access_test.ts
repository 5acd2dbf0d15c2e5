import assert from "node:assert/strict";
import { applyMigrations } from "./apply_migrations.ts";
import { historyAccess } from "./history_access.ts";
import { startSqld } from "./sqld.ts";

Deno.test("the history of this machine answers nobody without the token of its admin", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "shopfloor_history_" });
  const { publicKey, authToken } = await historyAccess("the admin's");
  const sqld = await startSqld({ dataDir, publicKey });
  try {
    const execute = async (headers: Record<string, string>) => {
      const answer = await fetch(`${sqld.url}/v2/pipeline`, {
        method: "POST",
        headers: { "content-type": "text/plain", origin: "https://elsewhere.example", ...headers },
        body: JSON.stringify({ requests: [{ type: "execute", stmt: { sql: "select 1" } }] }),
      });
      await answer.body?.cancel();
      return answer.status;
    };
    assert.equal(await execute({}), 401);
    const { authToken: other } = await historyAccess("somebody else's");
    assert.equal(await execute({ authorization: `Bearer ${other}` }), 401);
    assert.equal(await execute({ authorization: `Bearer ${authToken}` }), 200);
    assert.ok((await applyMigrations({ url: sqld.url, authToken })).length > 0);
  } finally {
    await sqld.stop();
    await Deno.remove(dataDir, { recursive: true });
  }
});
