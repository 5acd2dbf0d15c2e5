import assert from "node:assert/strict";
import fc from "fast-check";
import { LOG_CHUNK_MAX_BYTES } from "../../protocol/limits.ts";
import { LOG_BUFFER_MAX_BYTES } from "../limits.ts";
import type { Clock } from "../ports.ts";
import { createLogStreamer, LOG_START, type LogPosition, type SendOutcome } from "./log_streamer.ts";

interface Chunk {
  readonly sequence: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Time that passes at once whenever somebody sleeps. */
const eagerClock: Clock = { nowMs: () => 0, sleep: () => Promise.resolve() };
/** Time that stands still: sleepers wait for a wake-up or an abort. */
const stillClock: Clock = {
  nowMs: () => 0,
  sleep: (_ms, signal) =>
    new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
};

class Receiver {
  readonly chunks: Chunk[] = [];
  position: LogPosition = LOG_START;
  outcomes: SendOutcome[] = [];

  streamer(clock: Clock, start = this.position) {
    return createLogStreamer({
      start,
      clock,
      random: () => 0,
      savePosition: (position) => {
        this.position = position;
        return Promise.resolve();
      },
      send: (chunk) => {
        const outcome = this.outcomes.shift() ?? "kept";
        if (outcome === "kept") this.keep(chunk);
        return Promise.resolve(outcome);
      },
    });
  }

  keep(chunk: Chunk): void {
    const known = this.chunks[chunk.sequence];
    if (known !== undefined) {
      return assert.deepEqual(chunk.bytes, known.bytes, "a repeated chunk has the same bytes");
    }
    assert.equal(chunk.sequence, this.chunks.length);
    assert.equal(chunk.offset, this.chunks.reduce((sum, one) => sum + one.bytes.length, 0));
    assert.ok(chunk.bytes.length > 0 && chunk.bytes.length <= LOG_CHUNK_MAX_BYTES);
    this.chunks.push({ ...chunk, bytes: chunk.bytes.slice() });
  }

  text(): string {
    const decoder = new TextDecoder();
    return this.chunks.map((chunk) => decoder.decode(chunk.bytes, { stream: true })).join("") +
      decoder.decode();
  }
}

const never = new AbortController().signal;
const utf8 = (text: string) => new TextEncoder().encode(text);

Deno.test("all output arrives in order, whatever its pieces", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: "grapheme", maxLength: 50 }), { maxLength: 20 }),
      async (parts) => {
        const receiver = new Receiver();
        const streamer = receiver.streamer(eagerClock);
        for (const part of parts) streamer.push(utf8(part));
        assert.deepEqual(await streamer.finish(never), { unsentBytes: 0, droppedBytes: 0 });
        assert.equal(receiver.text(), parts.join(""));
      },
    ),
  );
});

Deno.test("large output is cut at 64 KiB and never inside a character", async () => {
  const receiver = new Receiver();
  const streamer = receiver.streamer(eagerClock);
  const text = "€".repeat(100_000);
  streamer.push(utf8(text));
  await streamer.finish(never);
  assert.equal(receiver.text(), text);
  assert.ok(receiver.chunks.length >= 5);
  for (const chunk of receiver.chunks) new TextDecoder("utf-8", { fatal: true }).decode(chunk.bytes);
});

Deno.test("what reaches 48 KiB leaves without waiting, and less waits for more", async () => {
  const receiver = new Receiver();
  const streamer = receiver.streamer(stillClock);
  streamer.push(utf8("a".repeat(10)));
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  assert.equal(receiver.chunks.length, 0);
  streamer.push(utf8("b".repeat(50_000)));
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  assert.equal(receiver.chunks.length, 1);
  await streamer.finish(never);
});

Deno.test("a chunk that was not acknowledged is sent again unchanged", async () => {
  const receiver = new Receiver();
  receiver.outcomes = ["unreachable", "unreachable", "kept"];
  const streamer = receiver.streamer(eagerClock);
  streamer.push(utf8("once"));
  await streamer.finish(never);
  assert.equal(receiver.text(), "once");
});

Deno.test("after a restart at any point, output read from its beginning arrives once", async () => {
  const cut = fc.nat(3_000);
  await fc.assert(
    fc.asyncProperty(fc.array(cut, { maxLength: 5 }), cut, fc.boolean(), async (cuts, crashAt, wasHeard) => {
      const text = Array.from({ length: 300 }, (_, i) => `line ${i}\n`).join("");
      const bytes = utf8(text);
      const receiver = new Receiver();
      // The first life ends with a chunk under way, of which the answer was never heard.
      const first = receiver.streamer(eagerClock);
      for (const [from, to] of ranges(cuts, Math.min(crashAt, bytes.length))) {
        first.push(bytes.subarray(from, to));
      }
      await first.finish(never);
      const inflight = bytes.subarray(
        receiver.position.offset,
        Math.min(bytes.length, receiver.position.offset + 100),
      );
      const start = { ...receiver.position, inflightBytes: inflight.length };
      if (wasHeard && inflight.length > 0) {
        receiver.keep({ sequence: start.nextSequence, offset: start.offset, bytes: inflight });
      }
      const second = receiver.streamer(eagerClock, start);
      second.push(bytes.subarray(0, 50));
      second.push(bytes.subarray(50));
      await second.finish(never);
      assert.equal(receiver.text(), text);
    }),
  );
});

Deno.test("output beyond the buffer is dropped, and a line says how much", async () => {
  const receiver = new Receiver();
  const streamer = receiver.streamer(stillClock);
  const block = utf8("x".repeat(LOG_BUFFER_MAX_BYTES - 5));
  streamer.push(block);
  streamer.push(utf8("dropped!"));
  assert.deepEqual(await streamer.finish(never), { unsentBytes: 0, droppedBytes: 8 });
  assert.equal(receiver.text(), new TextDecoder().decode(block) + "\n[8 bytes of output were dropped]\n");
});

Deno.test("a refusal ends the sending and says what was not sent", async () => {
  const receiver = new Receiver();
  receiver.outcomes = ["refused"];
  const streamer = receiver.streamer(eagerClock);
  streamer.push(utf8("12345"));
  assert.deepEqual(await streamer.finish(never), { unsentBytes: 5, droppedBytes: 0 });
});

Deno.test("finish() gives up when it is told to", async () => {
  const receiver = new Receiver();
  receiver.outcomes = Array(1_000).fill("unreachable");
  const streamer = receiver.streamer(stillClock);
  streamer.push(utf8("12345"));
  const giveUp = new AbortController();
  const finished = streamer.finish(giveUp.signal);
  giveUp.abort();
  assert.deepEqual(await finished, { unsentBytes: 5, droppedBytes: 0 });
});

function ranges(cuts: readonly number[], end: number): [number, number][] {
  const at = [0, ...cuts.map((one) => one % (end + 1)).sort((a, b) => a - b), end];
  return at.slice(1).map((to, i): [number, number] => [at[i]!, to]);
}
