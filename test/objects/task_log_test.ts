import assert from "node:assert/strict";
import { startGateLogHarness } from "../fake/gate_log_harness.ts";
import type { TimelineEntry, ViewerFrame } from "../../protocol/line/log.ts";
import { TASK_OUTPUT_MAX_BYTES } from "../../worker/limits.ts";

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
  return { frames, text, until, close };
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

    await t.step("chunks are kept once, across evictions, and read from any offset", async () => {
      const log = harness.log("once");
      assert.deepEqual(await log.append(chunk(0, bytesOf("abc"))), { nextOffset: 3 });
      await harness.evict("TASK_LOG", "once");
      assert.deepEqual(await log.append(chunk(0, bytesOf("abc"))), { nextOffset: 3 });
      assert.deepEqual(await log.append(chunk(1, bytesOf("def"))), { nextOffset: 6 });
      await harness.evict("TASK_LOG", "once");
      assert.deepEqual(await read("once", 2), { offset: 2, bytes: "cdef", totalBytes: 6, hasEnded: false });
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
        await log.end("e1", "completed");
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
      await log.end("e1", "failed");
      await log.end("e1", "failed");
      const tail = await read("cap", TASK_OUTPUT_MAX_BYTES);
      const dropped = (blocks + 1) * block.length - TASK_OUTPUT_MAX_BYTES;
      assert.match(tail.bytes, /^\n\[shopfloor\] output limit of 10485760 bytes reached/);
      assert.equal(tail.bytes.split(`${dropped} bytes of output were not kept`).length, 2);
      assert.equal(tail.hasEnded, true);
    });

    await harness.close();
  },
});
