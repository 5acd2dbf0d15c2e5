/** The Worker's scheduled work against a real sqld. */
import assert from "node:assert/strict";
import { audit, count, row, task, withHistory } from "./fake/history.ts";
import { onSchedule } from "../worker/scheduled.ts";
import { createHistoryWriter } from "../worker/store/history/write.ts";

const DAY_MS = 86_400_000;

Deno.test("the cron deletes by each setting on its own, and by default nothing", () =>
  withHistory(async ({ url }) => {
    await createHistoryWriter({ url }).apply([
      row(1, task("t1", { status: "completed", endedAtMs: DAY_MS })),
      row(2, task("t2", { status: "completed", endedAtMs: 3 * DAY_MS })),
      row(3, audit("t1", "task_submitted")),
    ]);
    const left = async () => [await count(url, "tasks"), await count(url, "audit")];
    await onSchedule({ HISTORY_URL: url }, 999 * DAY_MS);
    assert.deepEqual(await left(), [2, 1]);
    const one = { HISTORY_URL: url, SHOPFLOOR_HISTORY_RETENTION_DAYS: "2" };
    await onSchedule(one, 3 * DAY_MS);
    assert.deepEqual(await left(), [2, 1], "two days have not passed");
    await onSchedule(one, 3 * DAY_MS + 1);
    assert.deepEqual(await left(), [1, 1]);
    await onSchedule({ HISTORY_URL: url, SHOPFLOOR_AUDIT_RETENTION_DAYS: "1" }, 9 * DAY_MS);
    assert.deepEqual(await left(), [1, 0]);
  }));

Deno.test("the cron does nothing without a history, and names a setting that is wrong", async () => {
  await onSchedule({ HISTORY_URL: "", SHOPFLOOR_HISTORY_RETENTION_DAYS: "x" }, 0);
  const wrong = { HISTORY_URL: "http://127.0.0.1:1", SHOPFLOOR_HISTORY_RETENTION_DAYS: "x" };
  await assert.rejects(onSchedule(wrong, 0), /Cannot use SHOPFLOOR_HISTORY_RETENTION_DAYS/);
});
