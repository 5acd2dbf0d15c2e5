import assert from "node:assert/strict";
import { startGateLogHarness } from "../fake/gate_log_harness.ts";
import { bytesOf, chunk, end, entry, join } from "../fake/gate_log_viewer.ts";
import { OUTPUT_IN_OBJECT_MS, OUTPUT_MOVE_RETRY_MS } from "../../worker/limits.ts";

const DAY_MS = 86_400_000;

Deno.test({
  name: "output that moves and expires, in workerd",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    const harness = await startGateLogHarness();
    const read = async (name: string, from: number) => {
      const page = await harness.log(name).read(from, 1_000_000);
      return { ...page, bytes: String(page.bytes) };
    };

    const hasRows = async (name: string) => {
      const query = "select name from sqlite_master where name = 'output'";
      return (await harness.rows("TASK_LOG", name, query)).length > 0;
    };

    await t.step(
      "output moves to R2 a day after the end; reads, runs and viewers notice nothing",
      async () => {
        const log = harness.log("acme/site/moves");
        const key = "output/acme/site/moves";
        await harness.blob(key, "half of an earlier try");
        const of = (runId: string, text: string) => ({ ...chunk(0, bytesOf(text)), runId });
        await log.append(of("r1", "one €"));
        await log.append(of("r2", "two"));
        await log.record(entry("q:1"));
        assert.equal(await log.alarmAtMs(), null);
        await end(log, "e1", "completed");
        await log.advanceClock(OUTPUT_IN_OBJECT_MS - 60_000);
        assert.equal((await harness.rows("TASK_LOG", "acme/site/moves", "select * from output")).length, 2);
        const dueInMs = (await log.alarmAtMs())! - Date.now();
        assert.ok(dueInMs > 0 && dueInMs <= 60_000, `alarm in ${dueInMs} ms`);
        const [before, shape] = [await read("acme/site/moves", 2), await log.shape("r2")];

        await log.advanceClock(60_000);
        assert.equal(await hasRows("acme/site/moves"), false);
        assert.equal(await harness.blob(key), "one €two");
        for (const isWoken of [false, true]) {
          if (isWoken) await harness.evict("TASK_LOG", "acme/site/moves");
          assert.deepEqual(await read("acme/site/moves", 2), before);
          assert.deepEqual(await log.shape("r2"), shape);
        }
        const viewer = await join(harness.viewerUrl("acme/site/moves", 4, true));
        await viewer.until(() => viewer.frames.at(-1)?.kind === "end");
        assert.equal(viewer.text(), "€two");
        assert.deepEqual(viewer.frames.flatMap((f) => f.kind === "output" ? [f.runId] : []), ["r1", "r2"]);
        await viewer.close();

        const { nextOffset } = await log.append(of("r1", "one €"));
        assert.equal(nextOffset, 7, "a repeat is answered as before");
        assert.equal((await read("acme/site/moves", 0)).totalBytes, 10);
      },
    );

    await t.step("a task that is tried again adds to what has moved, and all of it moves again", async () => {
      const name = "acme/site/again";
      const log = harness.log(name);
      const of = (runId: string, text: string) => ({ ...chunk(0, bytesOf(text)), runId });
      const again = (eventId: string) => log.record({ ...entry(eventId), kind: "task_retried" });
      await log.append(of("r1", "first "));
      await end(log, "e1", "failed");
      await log.advanceClock(OUTPUT_IN_OBJECT_MS);
      const waiting = await join(harness.viewerUrl(name, 0));
      await waiting.until(() => waiting.frames.at(-1)?.kind === "end");

      await again("e2");
      await again("e2");
      await end(log, "e1", "failed");
      assert.equal((await read(name, 0)).hasEnded, false, "the repeat of an old end ends nothing");
      await log.append(of("r2", "second"));
      await waiting.until(() => waiting.text() === "first second");
      const late = await join(harness.viewerUrl(name, 2, true));
      await late.until(() => late.text() === "rst second");
      await Promise.all([waiting.close(), late.close()]);
      assert.deepEqual((await log.shape(null)).spans, [{ offset: 0, bytes: 12 }]);
      await log.advanceClock(90 * DAY_MS);
      assert.equal((await read(name, 0)).bytes, "first ", "a page ends where R2 ends");
      assert.equal((await read(name, 6)).bytes, "second");

      await end(log, "e3", "completed");
      await log.advanceClock(OUTPUT_IN_OBJECT_MS);
      assert.equal(await harness.blob(`output/${name}`), "first second");
      assert.equal(await hasRows(name), false);
      await harness.evict("TASK_LOG", name);
      assert.equal((await read(name, 0)).bytes, "first second");

      await log.advanceClock(90 * DAY_MS);
      await again("e4");
      assert.deepEqual((await read(name, 0)).expiredAtMs, null, "it goes on");
      await log.append(of("r3", "third"));
      const fresh = await read(name, 0);
      assert.deepEqual([fresh.offset, fresh.bytes, fresh.totalBytes], [12, "third", 17]);
      assert.deepEqual((await log.shape(null)).spans, [{ offset: 12, bytes: 5 }]);
      await end(log, "e5", "completed");
      await log.advanceClock(OUTPUT_IN_OBJECT_MS);
      assert.equal(await harness.blob(`output/${name}`), "third");
      await harness.evict("TASK_LOG", name);
      const moved = await join(harness.viewerUrl(name, 0, true));
      await moved.until(() => moved.frames.at(-1)?.kind === "end");
      assert.equal(moved.text(), "third");
      await moved.close();
    });

    await t.step("output is deleted at the end of its retention, and the timeline stays", async () => {
      const log = harness.log("acme/site/expires");
      await log.append(chunk(0, bytesOf("secret")));
      await log.record(entry("q:1"));
      await end(log, "e1", "failed");
      await log.advanceClock(OUTPUT_IN_OBJECT_MS);
      await log.advanceClock(90 * DAY_MS - OUTPUT_IN_OBJECT_MS - 60_000);
      assert.equal((await read("acme/site/expires", 0)).bytes, "secret");
      await log.advanceClock(60_000);
      assert.equal(await harness.blob("output/acme/site/expires"), null);
      await harness.evict("TASK_LOG", "acme/site/expires");
      const page = await read("acme/site/expires", 0);
      assert.deepEqual([page.bytes, page.totalBytes, page.hasEnded], ["", 6, true]);
      assert.ok(page.expiredAtMs !== null);
      assert.equal((await log.timeline()).length, 2);
      await log.advanceClock(DAY_MS);
    });

    await t.step("while R2 fails the rows stay and are read, and the next try moves them", async () => {
      const log = harness.log("acme/site/broken");
      await log.append(chunk(0, bytesOf("kept")));
      await end(log, "e1", "completed");
      await log.breakBucket(true);
      await log.advanceClock(OUTPUT_IN_OBJECT_MS);
      assert.equal((await read("acme/site/broken", 0)).bytes, "kept");
      const dueInMs = (await log.alarmAtMs())! - Date.now();
      assert.ok(dueInMs > OUTPUT_MOVE_RETRY_MS / 2 && dueInMs <= OUTPUT_MOVE_RETRY_MS, `${dueInMs} ms`);
      await log.breakBucket(false);
      await log.advanceClock(OUTPUT_MOVE_RETRY_MS);
      assert.equal(await hasRows("acme/site/broken"), false);
      assert.equal((await read("acme/site/broken", 0)).bytes, "kept");
    });

    await t.step("output that comes while it moves is not lost", async () => {
      const log = harness.log("acme/site/grows");
      await log.append(chunk(0, bytesOf("early ")));
      await end(log, "e1", "completed");
      await log.appendWithinBucketCall(chunk(1, bytesOf("late")));
      await log.advanceClock(OUTPUT_IN_OBJECT_MS);
      assert.equal(await harness.blob("output/acme/site/grows"), "early late");
      assert.equal((await read("acme/site/grows", 0)).bytes, "early late");
      assert.equal(await hasRows("acme/site/grows"), false);
    });

    await t.step(
      "the alarm wakes an object that was forgotten, and it knows where its output goes",
      async () => {
        const log = harness.log("acme/site/sleeps");
        await log.append(chunk(0, bytesOf("asleep")));
        await end(log, "e1", "completed");
        await log.advanceClock(OUTPUT_IN_OBJECT_MS - 1_000);
        await harness.evict("TASK_LOG", "acme/site/sleeps");
        const endMs = Date.now() + 15_000;
        while (await harness.blob("output/acme/site/sleeps") === null) {
          assert.ok(Date.now() < endMs, "the output never moved");
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        assert.equal(await harness.blob("output/acme/site/sleeps"), "asleep");
      },
    );

    await t.step("a task without output needs no alarm, and late output after the end gets one", async () => {
      const log = harness.log("acme/site/quiet");
      await end(log, "e1", "completed");
      assert.equal(await log.alarmAtMs(), null);
      await log.append(chunk(0, bytesOf("late")));
      assert.ok(await log.alarmAtMs() !== null);
    });

    await harness.close();
  },
});
