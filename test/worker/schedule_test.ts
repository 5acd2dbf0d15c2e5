/** The Worker's cron in workerd: `[triggers]` in `wrangler.toml` calls what prunes the history. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { createTestHarness } from "wrangler";
import { createHistoryWriter } from "../../worker/store/history/write.ts";
import { workerConfigPath } from "../fake/bundled_worker.ts";
import { count, row, task, withHistory } from "../fake/history.ts";

Deno.test({
  name: "the Worker's scheduled work prunes the history by its settings",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: () =>
    withHistory(async ({ url }) => {
      const endedAtMs = Date.parse("2026-01-01");
      await createHistoryWriter({ url }).apply([
        row(1, task("t1", { status: "completed", endedAtMs })),
        row(2, task("t2", { status: "completed", endedAtMs: endedAtMs + 1 })),
      ]);
      const vars = { SHOPFLOOR_ADMIN_TOKEN: "x", HISTORY_URL: url, SHOPFLOOR_HISTORY_RETENTION_DAYS: "30" };
      const server = createTestHarness({
        root: fileURLToPath(new URL("../..", import.meta.url)),
        workers: [{ configPath: await workerConfigPath(), vars }],
      });
      await server.listen();
      const cron = "17 * * * *";
      const scheduledTime = new Date(endedAtMs + 30 * 86_400_000 + 1);
      const { outcome } = await server.getWorker().scheduled({ cron, scheduledTime });
      await server.close();
      assert.equal(outcome, "ok");
      assert.equal(await count(url, "tasks"), 1);
    }),
});
