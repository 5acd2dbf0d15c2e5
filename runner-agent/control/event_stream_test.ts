import assert from "node:assert/strict";
import fc from "fast-check";
import type { Clock } from "../ports.ts";
import { createEventParser, createEventStream } from "./event_stream.ts";

/** Time that stands still: sleepers wait for an abort. */
const stillClock: Clock = {
  nowMs: () => 0,
  sleep: (_ms, signal) =>
    new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
};
const never = new AbortController().signal;

const TEXT = ": connected\n\nevent: job_available\ndata: {}\n\nevent:other\r\ndata:1\r\n\r\n" +
  "event: no_data\n\ndata: x\rdata: y\r\revent: job_available\ndata: {}\n\n";
const NAMES = ["job_available", "other", "message", "job_available"];

Deno.test("events are read however the stream is cut into pieces", () => {
  fc.assert(fc.property(fc.array(fc.nat({ max: TEXT.length })), (cuts) => {
    const at = [0, ...cuts.sort((a, b) => a - b), TEXT.length];
    const names: string[] = [];
    const parse = createEventParser((name) => names.push(name));
    for (let n = 1; n < at.length; n++) parse(TEXT.slice(at[n - 1], at[n]));
    assert.deepEqual(names, NAMES);
  }));
});

Deno.test("a line that does not end is not kept for ever", () => {
  const parse = createEventParser(() => {});
  assert.throws(() => {
    for (let n = 0; n < 1_000; n++) parse("x".repeat(1_000));
  }, RangeError);
});

Deno.test("next() hears of a job, and of a stream that ends or is not there", async () => {
  let say = (_: string) => {};
  let end = () => {};
  let status = 200;
  await using server = Deno.serve({ port: 0, onListen() {} }, () => {
    if (status !== 200) return new Response("no", { status });
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        say = (text) => controller.enqueue(new TextEncoder().encode(text));
        end = () => controller.close();
        say(": connected\n\n");
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  });
  const url = `http://127.0.0.1:${server.addr.port}/`;
  const stream = createEventStream({ url, token: "t", clock: stillClock, random: () => 0 });
  const first = stream.next(1_000, never);
  while (!stream.isOpen) await new Promise((resolve) => setImmediate(resolve));
  say("event: job_available\ndata: {}\n\n");
  assert.equal(await first, true);
  const second = stream.next(1_000, never);
  end();
  assert.equal(await second, false, "the stream has ended");
  assert.equal(await stream.next(1_000, never), false, "and nobody waits on it before it is back");
  stream.close();

  status = 404;
  const none = createEventStream({ url, token: "t", clock: stillClock, random: () => 0 });
  assert.equal(await none.next(1_000, never), false);
  none.close();
});
