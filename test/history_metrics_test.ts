/** Sums of the history for pages, against a real sqld. */
import assert from "node:assert/strict";
import type { HistoryRecord } from "../worker/domain/event.ts";
import { createLineReader } from "../worker/store/history/line_read.ts";
import { createMetricsReader, WHOLE } from "../worker/store/history/metrics_read.ts";
import { createHistoryWriter } from "../worker/store/history/write.ts";
import { audit, gate, job, row, run, task, value, withHistory } from "./fake/history.ts";

const SITE = { owner: "acme", project: "site" };
const HOUR = 3_600_000;
const HALF_HOUR = HOUR / 2;
const FROM = 1_000 * HOUR;

const ended = (taskId: string, atMs: number, status = "completed") =>
  task(taskId, { createdAtMs: atMs - 10, endedAtMs: atMs, status });

Deno.test("sums of the history", async (t) => {
  await withHistory(async ({ url }) => {
    const writer = createHistoryWriter({ url });
    let sequence = 0;
    const write = (records: readonly HistoryRecord[], source?: string) =>
      writer.apply(records.map((record) => row(++sequence, record, source)));
    const filter = {
      fromMs: FROM,
      toMs: FROM + 4 * HOUR,
      nowMs: FROM + 4 * HOUR - HALF_HOUR,
      bucketMs: HOUR,
    };
    const read = async (of: Partial<typeof SITE> = SITE) =>
      value(await createMetricsReader({ url }).read({ ...of, ...filter }));

    await t.step("an empty history has no rows", async () => {
      const rows = await read();
      assert.deepEqual([rows.ended, rows.claimWaits, rows.stations, rows.isCut], [[], [], [], false]);
    });

    await t.step(
      "tasks are counted where they ended, by outcome, and never outside of the time",
      async () => {
        await write([
          ended("t1", FROM),
          ended("t2", FROM + HOUR - 1),
          ended("t3", FROM + HOUR, "failed"),
          ended("t4", FROM + 4 * HOUR),
          ended("t5", FROM - 1),
          task("t6", { createdAtMs: FROM + 5 }),
        ]);
        await write([ended("t1", FROM + 2 * HOUR)], "acme/other");
        const rows = await read();
        assert.deepEqual(rows.ended.map(({ bucket, status, tasks }) => [bucket, status, tasks]), [
          [0, "completed", 2],
          [1, "failed", 1],
        ]);
        const submitted = Object.fromEntries(rows.submitted.map(({ bucket, tasks }) => [bucket, tasks]));
        assert.deepEqual(submitted, { 0: 3, 3: 1 });
        const all = await read({});
        assert.equal(all.ended.reduce((sum, { tasks }) => sum + tasks, 0), 4);
      },
    );

    await t.step("a task with a gate, or in which a person stepped in, did not go alone", async () => {
      await write([
        gate("a1", { taskId: "t1", openedAtMs: FROM, endedAtMs: FROM + 40_000 }),
        { ...audit("t3", "task_retried") } as HistoryRecord,
        { ...audit("t2", "task_submitted") } as HistoryRecord,
      ]);
      const rows = await read();
      assert.deepEqual(rows.ended.map(({ bucket, alone }) => [bucket, alone]), [[0, 1], [1, 0]]);
      await write([
        gate("a9", { taskId: null, origin: "api", outcome: null, state: "open", endedAtMs: null }),
      ]);
      assert.equal((await read()).ended[0]!.alone, 1, "an ask about no task is no task's");
      await write([gate("a8", { taskId: "t2", origin: "approval_request", outcome: null, state: "open" })]);
      assert.equal((await read()).ended[0]!.alone, 0, "a runner's request for approval asks a person too");
    });

    await t.step("waiting is by nearest rank, for each bucket and for the whole", async () => {
      await write([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].flatMap((n) => [
        job(`j${n}`, {
          taskId: "t1",
          queuedAtMs: FROM,
          endedAtMs: FROM + HOUR,
          outcome: n > 7 ? "failure" : n === 1 ? "cancelled" : "success",
        }),
        run(`r${n}`, { jobId: `j${n}`, claimedAtMs: FROM + n * 1_000, endedAtMs: FROM + n * 3_000 }),
      ]));
      await write([
        run("again", {
          jobId: "j1",
          leaseEpoch: 2,
          claimedAtMs: FROM + 3 * HOUR - 5,
          endedAtMs: null,
          outcome: null,
        }),
        job("j11", {
          taskId: "t2",
          queuedAtMs: FROM + HOUR,
          endedAtMs: null,
          outcome: null,
          status: "queued",
        }),
        run("r11", {
          jobId: "j11",
          taskId: "t2",
          claimedAtMs: FROM + HOUR + 60_000,
          endedAtMs: FROM + 2 * HOUR,
          outcome: "lost",
        }),
        gate("a2", { outcome: null, state: "cancelled", openedAtMs: FROM, endedAtMs: FROM + 3 * HOUR }),
      ]);
      const rows = await read();
      const waits = new Map(rows.claimWaits.map(({ bucket, ...spread }) => [bucket, spread]));
      assert.deepEqual(waits.get(0), { count: 10, p50Ms: 5_000, p90Ms: 9_000 });
      assert.deepEqual(waits.get(1), { count: 1, p50Ms: 60_000, p90Ms: 60_000 });
      assert.deepEqual(waits.get(WHOLE), { count: 11, p50Ms: 6_000, p90Ms: 10_000 });
      assert.deepEqual(rows.gateWaits.map(({ bucket, p50Ms }) => [bucket, p50Ms]).sort(), [[WHOLE, 40_000], [
        0,
        40_000,
      ]]);
    });

    await t.step(
      "failures are of jobs that ended, and a run under way counts up to now",
      async () => {
        const rows = await read();
        assert.deepEqual(rows.stations, [{
          ...SITE,
          lineId: "tidy",
          lineName: "Tidy",
          stationId: "format",
          jobs: 10,
          failed: 3,
          cancelled: 1,
        }]);
        const times = new Map(rows.runTimes.map(({ bucket, ...rest }) => [bucket, rest]));
        const unsaid = { costUsd: 0, runsWithCost: 0, tokens: 0 };
        assert.deepEqual(times.get(0), { runs: 10, ms: 2_000 * 55, ...unsaid });
        assert.deepEqual(times.get(2), { runs: 1, ms: HALF_HOUR + 5, ...unsaid });
      },
    );

    await t.step("a line's numbers are of its own tasks, without lost runs", async () => {
      await write([
        task("elsewhere", { lineId: "other" }),
        run("r20", {
          jobId: "j1",
          taskId: "elsewhere",
          leaseEpoch: 3,
          claimedAtMs: FROM,
          endedAtMs: FROM + 99 * HOUR,
        }),
        task("t7", { stationId: "check" }),
        task("t8", { stationId: "check", status: "awaiting_review" }),
      ]);
      const reader = createLineReader({ url });
      const numbers = value(await reader.numbers({ ...SITE, lineId: "tidy" }, FROM));
      const open = Object.fromEntries(numbers.open.map(({ stationId, tasks }) => [stationId, tasks]));
      assert.deepEqual(open, { check: 2, format: 1 });
      assert.deepEqual(numbers.runs, [{ stationId: "format", count: 10, p50Ms: 10_000, p90Ms: 18_000 }]);
      assert.deepEqual(numbers.waits.map(({ stationId, count }) => [stationId, count]), [["format", 11]]);
      const lines = Object.fromEntries(
        value(await reader.openByLine(SITE)).map(({ lineId, tasks }) => [lineId, tasks]),
      );
      assert.deepEqual(lines, { tidy: 3, other: 1 });
    });

    await t.step("cost and tokens are of the runs that told them", async () => {
      const tokens = { inputTokens: 100, outputTokens: 20, cacheReadTokens: 3, cacheWriteTokens: 0 };
      const at = { taskId: "t3", jobId: "j99", claimedAtMs: FROM + HOUR, endedAtMs: FROM + HOUR + 5 };
      const runs = [
        run("c1", { ...at, ...tokens, costUsd: 0.25 }),
        run("c2", { ...at, ...tokens, costUsd: 0.5 }),
        run("c3", { ...at, ...tokens, costUsd: null }),
      ];
      await write(runs);
      const bucket = (await read()).runTimes.find((row) => row.bucket === 1)!;
      assert.deepEqual([bucket.costUsd, bucket.runsWithCost, bucket.tokens], [0.75, 2, 369]);
    });
  });
});

Deno.test("without a history the sums say so, and so they do when it does not answer", async () => {
  const filter = { fromMs: 0, toMs: 1, nowMs: 0, bucketMs: 1 };
  assert.deepEqual(await createMetricsReader({ url: "" }).read(filter), { kind: "off" });
  const away = await createLineReader({ url: "http://127.0.0.1:9" }).openByLine(SITE);
  assert.equal(away.kind, "unavailable");
});
