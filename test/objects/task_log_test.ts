import assert from "node:assert/strict";
import { startGateLogHarness } from "../fake/gate_log_harness.ts";
import { bytesOf, chunk, end, entry, join } from "../fake/gate_log_viewer.ts";
import type { TimelineEntry } from "../../protocol/line/log.ts";
import { OUTPUT_IN_OBJECT_MS, TASK_OUTPUT_MAX_BYTES } from "../../worker/limits.ts";

Deno.test({
  name: "a task log in workerd",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    const harness = await startGateLogHarness();
    const read = async (name: string, from: number) => {
      const page = await harness.log(name).read(from, 1_000_000);
      return { ...page, bytes: String(page.bytes) };
    };

    await t.step("chunks are kept once, across evictions, and read from any offset", async () => {
      const log = harness.log("once");
      assert.deepEqual(await log.append(chunk(0, bytesOf("abc"))), { nextOffset: 3, isWatched: false });
      await harness.evict("TASK_LOG", "once");
      assert.deepEqual(await log.append(chunk(0, bytesOf("abc"))), { nextOffset: 3, isWatched: false });
      assert.deepEqual(await log.append(chunk(1, bytesOf("def"))), { nextOffset: 6, isWatched: false });
      await harness.evict("TASK_LOG", "once");
      assert.deepEqual(await read("once", 2), {
        offset: 2,
        bytes: "cdef",
        totalBytes: 6,
        hasEnded: false,
        expiredAtMs: null,
      });
      assert.deepEqual((await read("once", 99)).bytes, "");
    });

    await t.step("chunks that arrive together are written as few rows", async () => {
      const log = harness.log("together");
      const answers = await log.appendAll(...Array.from({ length: 50 }, (_, i) => chunk(i, bytesOf("ab"))));
      assert.equal(answers.at(-1)!.nextOffset, 100);
      const rows = await harness.rows("TASK_LOG", "together", "select * from output");
      assert.ok(rows.length < 25, `${rows.length} rows for 50 chunks`);
    });

    await t.step("timeline entries are recorded and told once per event", async () => {
      const log = harness.log("timeline");
      await log.record(entry("q:1"));
      const viewer = await join(harness.viewerUrl("timeline", 0));
      for (const eventId of ["q:1", "q:2", "q:2", "q:3"]) await log.record(entry(eventId));
      await viewer.until(() => viewer.frames.length >= 3);
      assert.deepEqual(viewer.frames.map((f) => f.kind === "timeline" && f.entry.eventId), [
        "q:1",
        "q:2",
        "q:3",
      ]);
      assert.deepEqual((await log.timeline()).map((e) => e.eventId), ["q:1", "q:2", "q:3"]);
      await viewer.close();
    });

    await t.step("output above the cap is counted and the end says how much", async () => {
      const log = harness.log("cap");
      const block = new Uint8Array(60_000).fill(97);
      const blocks = Math.ceil(TASK_OUTPUT_MAX_BYTES / block.length) + 1;
      for (let i = 0; i < blocks; i++) await log.append(chunk(i, block));
      await harness.evict("TASK_LOG", "cap");
      const last = await log.append(chunk(blocks, block));
      assert.equal(last.nextOffset, (blocks + 1) * block.length);
      await end(log, "e1", "failed");
      await end(log, "e1", "failed");
      const tail = await read("cap", TASK_OUTPUT_MAX_BYTES);
      const dropped = (blocks + 1) * block.length - TASK_OUTPUT_MAX_BYTES;
      assert.match(tail.bytes, /^\n\[shopfloor\] output limit of 10485760 bytes reached/);
      assert.equal(tail.bytes.split(`${dropped} bytes of output were not kept`).length, 2);
      assert.equal(tail.hasEnded, true);
    });

    await t.step("an object from before has the tables of a new one, with all that it held", async () => {
      const log = harness.log("acme/site/older");
      await log.append(chunk(0, bytesOf("new")));
      const query =
        "select name, sql from sqlite_master where name in ('output', 'timeline_batches', 'facts')";
      const tables = async (name: string) =>
        (await harness.rows("TASK_LOG", name, query) as { name: string; sql: string }[])
          .map(({ name, sql }) => [name, sql.replaceAll(/[`\s]/g, "").toLowerCase()])
          .sort(([one], [other]) => one! < other! ? -1 : 1);
      const fresh = await tables("acme/site/older");
      const text = (row: TimelineEntry) => JSON.stringify(row).replaceAll("'", "''");
      await log.becomeOld([
        `INSERT INTO timeline (event_id, body) VALUES ('q:1', '${text(entry("q:1"))}'), ('q:2', '${
          text(entry("q:2"))
        }')`,
        "INSERT INTO output VALUES (0, 'output', 'run1', 'format', 0, 3, x'6f6c64')",
        "INSERT INTO dropped VALUES ('run1', 4, 9, 6)",
        "INSERT INTO ended VALUES (1, 'q:2:end', 'failed')",
      ]);
      await harness.evict("TASK_LOG", "acme/site/older");
      assert.deepEqual((await log.timeline()).map((e) => e.eventId), ["q:1", "q:2"]);
      assert.deepEqual(await tables("acme/site/older"), fresh);
      assert.deepEqual(await log.append(chunk(4, bytesOf("x"))), { nextOffset: 9, isWatched: false });
      const page = await read("acme/site/older", 0);
      assert.deepEqual([page.bytes, page.hasEnded], ["old", true]);
      assert.ok(await log.alarmAtMs() !== null, "it moves as if it had ended now");
      await log.advanceClock(OUTPUT_IN_OBJECT_MS);
      assert.equal(await harness.blob("output/acme/site/older"), "old");
      await harness.evict("TASK_LOG", "acme/site/older");
      await log.record(entry("q:3"));
      assert.equal((await log.timeline()).length, 3);
    });

    await t.step(
      "an object from before that had no output gets the table that times are kept in",
      async () => {
        const log = harness.log("acme/site/silent");
        await log.append(chunk(0, bytesOf("new")));
        await log.becomeOld(["DROP TABLE output"]);
        await harness.evict("TASK_LOG", "acme/site/silent");
        assert.deepEqual((await log.pace()).moments, []);
        await log.append(chunk(0, bytesOf("late")));
        assert.equal((await log.pace()).moments.length, 1);
      },
    );

    await t.step("when which output came is kept, also where it moves and grows again", async () => {
      const name = "acme/site/pace";
      const log = harness.log(name);
      const of = (runId: string, text: string) => ({ ...chunk(null, bytesOf(text)), runId });
      await log.append(of("r1", "one"));
      await log.advanceClock(2_000);
      await log.append(of("r1", "two"));
      await log.advanceClock(30_000);
      await log.append(of("r2", "three"));
      const pace = await log.pace();
      assert.deepEqual(pace.runs.map((run) => run.runId), ["r1", "r2"]);
      assert.deepEqual(pace.moments.map(([offset, , run]) => [offset, run]), [[0, 0], [3, 0], [6, 1]]);
      const [first, second, third] = pace.moments.map(([, atMs]) => atMs);
      assert.ok(second! - first! >= 2_000 && third! - second! >= 30_000, `${second! - first!} ms`);
      await end(log, "e1", "failed");
      await log.advanceClock(OUTPUT_IN_OBJECT_MS);
      assert.ok(await harness.blob(`output/${name}`) !== null);
      await harness.evict("TASK_LOG", name);
      assert.deepEqual(await log.pace(), pace);
      await log.record({ ...entry("q:1"), kind: "task_retried" });
      await log.append(of("r3", "four"));
      assert.deepEqual((await log.pace()).moments.slice(0, 3), pace.moments);
      assert.equal((await log.pace()).moments.at(-1)![0], 11);
    });

    await t.step("several chunks in one call are one write with an answer for each", async () => {
      const log = harness.log("many");
      const chunks = [0, 1, 1, 2].map((n) => chunk(n, bytesOf("ab")));
      assert.deepEqual((await log.appendMany(chunks)).map((a) => a.nextOffset), [2, 4, 4, 6]);
      assert.deepEqual((await log.appendMany(chunks)).map((a) => a.nextOffset), [6, 6, 6, 6]);
      assert.deepEqual(await log.appendMany([]), []);
      assert.equal((await harness.rows("TASK_LOG", "many", "select * from output")).length, 1);
    });

    await t.step("entries of one delivery are one row, and repeats in other groups add nothing", async () => {
      const log = harness.log("deliveries");
      const event = (eventId: string, ends: "failed" | null = null) => ({ entry: entry(eventId), ends });
      await log.recordMany([event("q:1"), event("q:2"), event("q:3")]);
      await harness.evict("TASK_LOG", "deliveries");
      await log.recordMany([event("q:2"), event("q:3"), event("q:4", "failed"), event("q:4", "failed")]);
      await log.recordMany([event("q:4", "failed")]);
      assert.deepEqual((await log.timeline()).map((e) => e.eventId), ["q:1", "q:2", "q:3", "q:4"]);
      const rows = await harness.rows("TASK_LOG", "deliveries", "select * from timeline_batches");
      assert.equal(rows.length, 2);
      assert.equal((await read("deliveries", 0)).hasEnded, true);
    });

    await t.step("one run's output is found among others'", async () => {
      const log = harness.log("runs");
      const of = (runId: string, text: string) => ({ ...chunk(null, bytesOf(text)), runId });
      await log.appendMany([of("r1", "one"), of("r2", "two"), of("r1", "more"), of("r1", "!")]);
      assert.deepEqual((await log.shape("r1")).spans, [{ offset: 0, bytes: 3 }, { offset: 6, bytes: 5 }]);
      assert.deepEqual((await log.shape(null)).spans, [{ offset: 0, bytes: 11 }]);
      assert.deepEqual((await log.shape("r9")).spans, []);
    });

    await harness.close();
  },
});
