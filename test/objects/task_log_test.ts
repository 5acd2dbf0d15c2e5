import assert from "node:assert/strict";
import { type LogUnderTest, startGateLogHarness } from "../fake/gate_log_harness.ts";
import type { TimelineEntry, ViewerFrame } from "../../protocol/line/log.ts";
import {
  OUTPUT_IN_OBJECT_MS,
  OUTPUT_MOVE_RETRY_MS,
  TASK_OUTPUT_MAX_BYTES,
  VIEWER_FRAME_MAX_BYTES,
  VIEWER_WINDOW_BYTES,
} from "../../worker/limits.ts";

const DAY_MS = 86_400_000;

const entry = (eventId: string): TimelineEntry => ({
  eventId,
  atMs: 1,
  kind: "job_queued",
  stationId: "format",
  jobId: null,
  runId: null,
  runnerName: null,
  detail: "",
});
const bytesOf = (text: string) => new TextEncoder().encode(text);
const chunk = (sequence: number | null, bytes: Uint8Array) => ({
  runId: "run1",
  stationId: "format",
  sequence,
  offset: null,
  bytes,
});

/** The entry with which a task ends. */
const end = (log: LogUnderTest, eventId: string, ends: "completed" | "failed") =>
  log.recordMany([{ entry: { ...entry(eventId), kind: `task_${ends}` }, ends }]);

/** A viewer that keeps every frame; `until` waits for a condition with a deadline. */
async function join(url: string) {
  const socket = new WebSocket(url);
  const frames: ViewerFrame[] = [];
  let wake = () => {};
  socket.onmessage = (message) => {
    frames.push(JSON.parse(message.data as string));
    wake();
  };
  await new Promise((resolve) => socket.onopen = resolve);
  const text = () => frames.flatMap((f) => f.kind === "output" ? [f.text] : []).join("");
  async function until(isDone: () => boolean): Promise<void> {
    const deadline = setTimeout(() => wake(), 5_000);
    const endMs = Date.now() + 5_000;
    while (!isDone()) {
      assert.ok(Date.now() < endMs, `never came; frames: ${JSON.stringify(frames)}`);
      await new Promise<void>((resolve) => wake = resolve);
    }
    clearTimeout(deadline);
  }
  const close = () =>
    new Promise((resolve) => {
      socket.onclose = resolve;
      socket.close();
    });
  const acknowledge = (offset: number) => socket.send(JSON.stringify({ kind: "ack", offset }));
  const say = (text: string) => socket.send(text);
  /** Where its output goes on. */
  const at = () => frames.flatMap((f) => f.kind === "output" ? [f.nextOffset] : []).at(-1) ?? 0;
  return { frames, text, until, close, acknowledge, say, at };
}

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

    const hasRows = async (name: string) => {
      const query = "select name from sqlite_master where name = 'output'";
      return (await harness.rows("TASK_LOG", name, query)).length > 0;
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

    await t.step(
      "a viewer gets replay then live output, no gap and nothing twice, with characters whole",
      async () => {
        const log = harness.log("viewers");
        const euro = bytesOf("€");
        await log.append(chunk(0, bytesOf("one ")));
        await log.append(chunk(1, euro.slice(0, 1)));
        const early = await join(harness.viewerUrl("viewers", 0));
        await harness.evict("TASK_LOG", "viewers");
        await log.append(chunk(2, euro.slice(1, 2)));
        const late = await join(harness.viewerUrl("viewers", 4));
        await log.append(chunk(3, euro.slice(2)));
        await log.append(chunk(4, bytesOf(" two")));
        await end(log, "e1", "completed");
        for (const viewer of [early, late]) await viewer.until(() => viewer.frames.at(-1)?.kind === "end");
        assert.equal(early.text(), "one € two");
        assert.equal(late.text(), "€ two");
        const offsets = early.frames.flatMap((f) => f.kind === "output" ? [[f.offset, f.nextOffset]] : []);
        assert.deepEqual(offsets, [[0, 4], [4, 7], [7, 11]]);
        await Promise.all([early.close(), late.close()]);
        const after = await join(harness.viewerUrl("viewers", 7));
        await after.until(() => after.frames.at(-1)?.kind === "end");
        assert.equal(after.text(), " two");
        await after.close();
      },
    );

    await t.step("viewers that join while output pours in see all of it exactly once", async () => {
      const log = harness.log("pour");
      const whole = Array.from({ length: 300 }, (_, i) => `line ${i}\n`);
      const writing = (async () => {
        for (const [i, text] of whole.entries()) await log.append(chunk(i, bytesOf(text)));
      })();
      const viewers = await Promise.all(Array.from({ length: 4 }, () => join(harness.viewerUrl("pour", 0))));
      await writing;
      for (const viewer of viewers) {
        await viewer.until(() => viewer.text().length >= whole.join("").length);
        assert.equal(viewer.text(), whole.join(""));
        await viewer.close();
      }
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

    await t.step("an answer says whether somebody watches", async () => {
      const log = harness.log("watched");
      const send = async (n: number) => (await log.append(chunk(n, bytesOf("a")))).isWatched;
      assert.equal(await send(0), false);
      const viewer = await join(harness.viewerUrl("watched", 0));
      assert.equal(await send(1), true);
      await viewer.close();
      const endMs = Date.now() + 5_000;
      for (let n = 2; await send(n); n++) assert.ok(Date.now() < endMs, "still watched");
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

    await t.step("a viewer that acknowledges gets a window, not everything, and then all of it", async () => {
      const log = harness.log("slow");
      const whole = "0123456789abcdef".repeat(128 * 1024);
      for (let at = 0; at < whole.length; at += 60_000) {
        await log.append(chunk(at / 60_000, bytesOf(whole.slice(at, at + 60_000))));
      }
      const viewer = await join(harness.viewerUrl("slow", 0, true));
      await viewer.until(() => viewer.at() >= VIEWER_WINDOW_BYTES);
      await log.append(chunk(1_000, bytesOf("live")));
      // What comes after this timeline entry on the same socket would have come before it.
      await log.record(entry("q:1"));
      await viewer.until(() => viewer.frames.at(-1)?.kind === "timeline");
      assert.equal(viewer.at(), VIEWER_WINDOW_BYTES);
      const framesMax = VIEWER_WINDOW_BYTES / VIEWER_FRAME_MAX_BYTES + 1;
      assert.ok(viewer.frames.length - 1 <= framesMax, `${viewer.frames.length - 1} frames before an ack`);

      for (const wrong of ["", "{", '{"kind":"ack"}', '{"kind":"ack","offset":-1}', "x".repeat(10_000)]) {
        viewer.say(wrong);
      }
      await harness.evict("TASK_LOG", "slow");
      viewer.acknowledge(100_000);
      await viewer.until(() => viewer.at() >= VIEWER_WINDOW_BYTES + 100_000);
      await log.record(entry("q:2"));
      await viewer.until(() => viewer.frames.at(-1)?.kind === "timeline");
      assert.equal(viewer.at(), VIEWER_WINDOW_BYTES + 100_000);
      await end(log, "e1", "completed");
      while (viewer.frames.at(-1)?.kind !== "end") {
        const before = viewer.frames.length;
        viewer.acknowledge(viewer.at());
        await viewer.until(() => viewer.frames.length > before);
      }
      assert.ok(viewer.text() === whole + "live");
      await viewer.close();
    });

    await t.step("a viewer that does not acknowledge gets it all, page by page, in order", async () => {
      const log = harness.log("older");
      for (let n = 0; n < 10; n++) await log.append(chunk(n, new Uint8Array(60_000).fill(97 + n)));
      const viewer = await join(harness.viewerUrl("older", 0));
      await viewer.until(() => viewer.at() === 600_000);
      await log.append(chunk(10, bytesOf("end")));
      await viewer.until(() => viewer.at() === 600_003);
      const offsets = viewer.frames.flatMap((f) => f.kind === "output" ? [f] : []);
      assert.ok(offsets.every((f, i) => f.offset === (offsets[i - 1]?.nextOffset ?? 0)));
      await viewer.close();
    });

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

        assert.deepEqual(
          await log.append(of("r1", "one €")),
          { nextOffset: 7, isWatched: false },
          "a repeat is answered as before",
        );
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
