import assert from "node:assert/strict";
import { startGateLogHarness } from "../fake/gate_log_harness.ts";
import { bytesOf, chunk, end, entry, join } from "../fake/gate_log_viewer.ts";
import { VIEWER_FRAME_MAX_BYTES, VIEWER_WINDOW_BYTES } from "../../worker/limits.ts";

Deno.test({
  name: "viewers of a task log in workerd",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    const harness = await startGateLogHarness();

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

    await t.step("an answer says whether somebody watches", async () => {
      const log = harness.log("watched");
      const send = async (n: number) => (await log.append(chunk(n, bytesOf("a")))).isWatched;
      assert.equal(await send(0), false);
      const viewer = await join(harness.viewerUrl("watched", 0));
      assert.equal(await send(1), true);
      await viewer.close();
      const endMs = Date.now() + 30_000;
      for (let n = 2; await send(n); n++) assert.ok(Date.now() < endMs, "still watched");
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

    await harness.close();
  },
});
