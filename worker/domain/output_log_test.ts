/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import fc from "fast-check";
import { closingMarker, type OutputRow, type OutputState, placeChunks } from "./output_log.ts";
import type { OutputChunk } from "./task_log_api.ts";
import { flushHeld, frameOutput, type Held } from "./viewer_frame.ts";

const limits = { capBytes: 1000, rowMaxBytes: 100 };
const empty: OutputState = { totalBytes: 0, droppedBytes: 0, runs: new Map() };
const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (rows: readonly OutputRow[]) => new TextDecoder().decode(joinBytes(rows.map((r) => r.bytes)));
const chunk = (sequence: number | null, text: string, over: Partial<OutputChunk> = {}): OutputChunk => ({
  runId: "run1",
  stationId: "format",
  sequence,
  offset: null,
  bytes: bytesOf(text),
  ...over,
});

function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((p) => [...p]));
}

Deno.test("chunks that arrive together share one row", () => {
  const placed = placeChunks(
    empty,
    [chunk(0, "ab"), chunk(1, "c"), chunk(0, "x", { runId: "run2" })],
    limits,
  );
  assert.deepEqual(placed.rows.map((r) => [r.offset, r.runId, r.lastSequence, textOf([r])]), [
    [0, "run1", 1, "abc"],
    [3, "run2", 0, "x"],
  ]);
  assert.deepEqual(placed.nextOffsets, [2, 3, 1]);
  assert.equal(placed.state.totalBytes, 4);
});

Deno.test("a row does not grow above its limit", () => {
  const placed = placeChunks(empty, [chunk(0, "a".repeat(60)), chunk(1, "b".repeat(60))], limits);
  assert.equal(placed.rows.length, 2);
});

Deno.test("a repeated chunk changes nothing and gets the same answer", () => {
  const first = placeChunks(empty, [chunk(0, "abc")], limits);
  const again = placeChunks(first.state, [chunk(0, "abc")], limits);
  assert.deepEqual([again.rows, again.nextOffsets, again.state], [[], [3], first.state]);
});

Deno.test("a chunk that overlaps by its offset is cut to what is new", () => {
  const first = placeChunks(empty, [chunk(0, "abc", { offset: 0 })], limits);
  const next = placeChunks(first.state, [chunk(1, "bcde", { offset: 1 })], limits);
  assert.equal(textOf(next.rows), "de");
  assert.deepEqual(next.nextOffsets, [5]);
  const unnumbered = placeChunks(next.state, [chunk(null, "e", { offset: 4 }), chunk(null, "f")], limits);
  assert.equal(textOf(unnumbered.rows), "f");
});

Deno.test("output above the limit is counted, with a marker where it begins and one at the end", () => {
  const cap = { capBytes: 5, rowMaxBytes: 100 };
  const first = placeChunks(empty, [chunk(0, "abcdé!")], cap);
  assert.equal(textOf(first.rows.slice(0, 1)), "abcd", "the character that does not fit is not cut in two");
  assert.match(textOf(first.rows.slice(1)), /output limit of 5 bytes reached/);
  const next = placeChunks(first.state, [chunk(1, "more")], cap);
  assert.deepEqual(next.rows, []);
  assert.deepEqual(next.dropped.get("run1"), { lastSequence: 1, receivedBytes: 11, droppedBytes: 7 });
  assert.match(textOf([closingMarker(next.state)!]), /7 bytes of output were not kept/);
  assert.equal(closingMarker(empty), null);
});

Deno.test("however chunks are grouped and repeated, rows lie end to end and hold each byte once", () => {
  const texts = fc.array(fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }), { maxLength: 12 });
  fc.assert(
    fc.property(texts, fc.array(fc.nat(3)), (parts, repeats) => {
      const chunks = parts.flatMap((text, i) =>
        Array(1 + (repeats[i] ?? 0)).fill(chunk(i, text)) as OutputChunk[]
      );
      let state = empty;
      const rows: OutputRow[] = [];
      for (let at = 0, i = 0; at < chunks.length; i++) {
        const size = 1 + (repeats[i] ?? 0);
        const placed = placeChunks(state, chunks.slice(at, at + size), { capBytes: 10_000, rowMaxBytes: 20 });
        rows.push(...placed.rows);
        state = placed.state;
        at += size;
      }
      assert.equal(textOf(rows), parts.join(""));
      let offset = 0;
      for (const row of rows) {
        assert.equal(row.offset, offset);
        offset += row.bytes.length;
      }
    }),
    { seed: 1 },
  );
});

Deno.test("frames are whole characters, end to end, wherever the bytes are cut and the viewer joins", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 40 });
  fc.assert(
    fc.property(text, fc.array(fc.integer({ min: 1, max: 5 })), fc.nat(40), (whole, sizes, joinAt) => {
      const bytes = bytesOf(whole);
      const slices = [];
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const size = sizes[i] ?? 3;
        slices.push({ offset: at, runId: "r", stationId: "s", bytes: bytes.subarray(at, at + size) });
        at += size;
      }
      let held: Held = null;
      const live = [];
      let replayed = 0;
      for (const [i, slice] of slices.entries()) {
        const framed = frameOutput(held, slice);
        held = framed.held;
        live.push(...framed.frames);
        if (i <= joinAt) replayed = live.length;
      }
      assert.equal(live.map((f) => f.text).join(""), whole);
      assert.ok(replayed <= live.length);
      for (const [i, frame] of live.entries()) {
        assert.equal(frame.offset, i === 0 ? 0 : live[i - 1]!.nextOffset);
      }
      assert.equal(held, null);
    }),
    { seed: 1 },
  );
});

Deno.test("half a character of another run is shown as a replacement, and the bytes stay counted", () => {
  const cut = frameOutput(null, {
    offset: 0,
    runId: "r1",
    stationId: "s",
    bytes: bytesOf("aé").subarray(0, 2),
  });
  assert.deepEqual(cut.frames.map((f) => f.text), ["a"]);
  const other = frameOutput(cut.held, { offset: 2, runId: "r2", stationId: "s", bytes: bytesOf("b") });
  assert.deepEqual(other.frames.map((f) => [f.offset, f.nextOffset, f.text]), [[1, 2, "\ufffd"], [
    2,
    3,
    "b",
  ]]);
  assert.deepEqual(flushHeld(cut.held).map((f) => f.text), ["\ufffd"]);
});
