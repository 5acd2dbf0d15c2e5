import assert from "node:assert/strict";
import fc from "fast-check";
import { LOG_CHUNK_MAX_BYTES } from "../../protocol/limits.ts";
import { LOG_BUFFER_MAX_BYTES, LOG_FLUSH_MS, OUTPUT_BATCH_MS, OUTPUT_WATCH_HOLD_MS } from "../limits.ts";
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

/** Time that passes when the test says so. */
class ManualClock implements Clock {
  #nowMs = 1_000;
  #sleepers: { readonly untilMs: number; readonly wake: () => void }[] = [];

  nowMs = () => this.#nowMs;

  sleep = (ms: number, signal?: AbortSignal) =>
    new Promise<void>((wake, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason));
      this.#sleepers.push({ untilMs: this.#nowMs + ms, wake });
    });

  /** Whoever is due wakes at the end, and does what it can. */
  async pass(ms: number): Promise<void> {
    this.#nowMs += ms;
    this.#sleepers = this.#sleepers.filter(({ untilMs, wake }) => untilMs > this.#nowMs || wake());
    await settle();
  }
}

/** Lets everything run that needs no time. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await Promise.resolve();
}

class Receiver {
  readonly chunks: Chunk[] = [];
  position: LogPosition = LOG_START;
  outcomes: SendOutcome[] = [];
  byDefault: SendOutcome = "kept";

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
        const outcome = this.outcomes.shift() ?? this.byDefault;
        if (outcome === "kept" || outcome === "kept_unwatched") this.keep(chunk);
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

/** A run's output that nobody watches: its first chunk is there, and its answer said so. */
async function unwatched() {
  const receiver = new Receiver();
  receiver.byDefault = "kept_unwatched";
  const clock = new ManualClock();
  const streamer = receiver.streamer(clock);
  streamer.push(utf8("first\n"));
  await settle();
  await clock.pass(LOG_FLUSH_MS);
  assert.equal(receiver.text(), "first\n");
  return { receiver, clock, streamer };
}

Deno.test("a run's first output leaves at once; while nobody watches, what follows waits for 10 s", async () => {
  const { receiver, clock, streamer } = await unwatched();
  streamer.push(utf8("a"));
  await settle();
  await clock.pass(OUTPUT_BATCH_MS / 2);
  streamer.push(utf8("b"));
  await settle();
  await clock.pass(OUTPUT_BATCH_MS / 2 - 1);
  assert.equal(receiver.chunks.length, 1);
  await clock.pass(1);
  assert.equal(receiver.chunks.length, 2);
  assert.equal(receiver.text(), "first\nab");
  await streamer.finish(never);
});

Deno.test("while nobody watches, a full chunk leaves without waiting, and one that is not full waits", async () => {
  const { receiver, streamer } = await unwatched();
  streamer.push(utf8("a".repeat(LOG_CHUNK_MAX_BYTES - 1)));
  await settle();
  assert.equal(receiver.chunks.length, 1);
  streamer.push(utf8("bc"));
  await settle();
  assert.deepEqual(receiver.chunks.map(({ bytes }) => bytes.length), [6, LOG_CHUNK_MAX_BYTES]);
  await streamer.finish(never);
  assert.ok(receiver.text().endsWith("abc"));
});

Deno.test("an answer that says that somebody watches makes output leave at once from then on", async () => {
  const { receiver, clock, streamer } = await unwatched();
  receiver.byDefault = "kept";
  streamer.push(utf8("a"));
  await settle();
  await clock.pass(OUTPUT_BATCH_MS);
  streamer.push(utf8("b"));
  await settle();
  await clock.pass(LOG_FLUSH_MS);
  assert.equal(receiver.text(), "first\nab");
  await streamer.finish(never);
});

Deno.test("the word that somebody begins to watch ends the wait, and holds against answers from before", async () => {
  const { receiver, clock, streamer } = await unwatched();
  streamer.push(utf8("a"));
  await settle();
  await clock.pass(1_000);
  assert.equal(receiver.chunks.length, 1);
  streamer.watched();
  await settle();
  assert.equal(receiver.text(), "first\na");
  streamer.push(utf8("b"));
  await settle();
  await clock.pass(LOG_FLUSH_MS);
  assert.equal(
    receiver.text(),
    "first\nab",
    "though the answer to the chunk before said that nobody watches",
  );
  await clock.pass(OUTPUT_WATCH_HOLD_MS);
  streamer.push(utf8("c"));
  await settle();
  await clock.pass(LOG_FLUSH_MS);
  assert.equal(receiver.text(), "first\nabc");
  streamer.push(utf8("d"));
  await settle();
  await clock.pass(LOG_FLUSH_MS);
  assert.equal(receiver.text(), "first\nabc", "nobody came after all");
  await streamer.finish(never);
  assert.equal(receiver.text(), "first\nabcd");
});

Deno.test("what a killed runner had saved up is read again and sent, and the end of a run does not wait", async () => {
  const { receiver, streamer } = await unwatched();
  streamer.push(utf8("saved up, "));
  await settle();
  // The first life is killed here; the second reads the output from its beginning.
  const clock = new ManualClock();
  const second = receiver.streamer(clock);
  second.push(utf8("first\nsaved up, "));
  await settle();
  await clock.pass(LOG_FLUSH_MS);
  assert.equal(receiver.text(), "first\n", "the chunk whose answer was not written down, again");
  second.push(utf8("and more"));
  await settle();
  await clock.pass(OUTPUT_BATCH_MS);
  assert.equal(receiver.text(), "first\nsaved up, and more");
  second.push(utf8("!"));
  await settle();
  assert.deepEqual(await second.finish(never), { unsentBytes: 0, droppedBytes: 0 });
  assert.equal(receiver.text(), "first\nsaved up, and more!");
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
