import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeOutputFrame, type SocketChunk } from "../../protocol/runner/output_frame.ts";
import type { Clock } from "../ports.ts";
import type { SocketConnection } from "./socket_connection.ts";
import { createSocketOutputSender } from "./socket_output.ts";

/** Time that stands still: sleepers wait for an abort. */
const stillClock: Clock = {
  nowMs: () => 0,
  sleep: (_ms, signal) =>
    new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
};

/** A server's end that counts what is under way, as the real one does, and never takes more than its window. */
class Receiver {
  readonly came: SocketChunk[] = [];
  underWayBytes = 0;
  constructor(private readonly windowBytes: number) {}

  readonly connection: SocketConnection = {
    ended: new Promise(() => {}),
    say: () => {},
    keepAlive: () => {},
    close: () => {},
    sendBytes: (frame) => {
      const read = decodeOutputFrame(frame);
      assert.ok(read.ok);
      this.came.push(read.value);
      this.underWayBytes += read.value.bytes.length;
      assert.ok(this.underWayBytes <= this.windowBytes, "the window holds");
    },
  };

  /** Takes the oldest chunk of a run that is under way. */
  take(): SocketChunk | null {
    const chunk = this.came.shift() ?? null;
    this.underWayBytes -= chunk?.bytes.length ?? 0;
    return chunk;
  }
}

const chunkOf = (runId: string, sequence: number, size: number): SocketChunk => ({
  runId,
  jobId: "j",
  leaseEpoch: 1,
  sequence,
  offset: 0,
  bytes: new Uint8Array(size),
});
const kept = (runId: string, sequence: number) => ({
  type: "kept" as const,
  runId,
  sequence,
  nextOffset: 7,
  cancel: false,
});

Deno.test("whatever is sent, the window is never exceeded, and every chunk has its outcome", async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("send" as const), run: fc.nat({ max: 2 }), size: fc.nat({ max: 100 }) }),
    fc.constant({ kind: "kept" as const }),
    fc.constant({ kind: "cut" as const }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const sender = createSocketOutputSender(stillClock);
      let receiver = new Receiver(150);
      sender.opened(receiver.connection, 150);
      const outcomes: Promise<{ readonly kind: string }>[] = [];
      const sequences = [0, 0, 0];
      const keepOne = () => {
        const chunk = receiver.take();
        if (chunk !== null) sender.heard(kept(chunk.runId, chunk.sequence));
        return chunk !== null;
      };
      for (const one of steps) {
        if (one.kind === "send") {
          outcomes.push(sender.send(chunkOf(`r${one.run}`, sequences[one.run]!++, one.size)));
        } else if (one.kind === "kept") keepOne();
        else {
          sender.down(false);
          receiver = new Receiver(150);
          sender.opened(receiver.connection, 150);
        }
      }
      while (keepOne());
      for (const { kind } of await Promise.all(outcomes)) assert.ok(kind === "ok" || kind === "unreachable");
    }),
  );
});

Deno.test("an acknowledgement speaks for all chunks of its run up to its own, and for no other run", async () => {
  const sender = createSocketOutputSender(stillClock);
  const receiver = new Receiver(1_000);
  sender.opened(receiver.connection, 1_000);
  const first = sender.send(chunkOf("a", 0, 1));
  const second = sender.send(chunkOf("a", 1, 1));
  const other = sender.send(chunkOf("b", 0, 1));
  sender.heard(kept("a", 1));
  assert.deepEqual((await Promise.all([first, second])).map(({ kind }) => kind), ["ok", "ok"]);
  const error = { code: "stale_lease", message: "" };
  sender.heard({ type: "log_refused", runId: "b", sequence: 0, isRetryable: false, status: 409, error });
  assert.deepEqual(await other, { kind: "refused", status: 409, code: "stale_lease", message: "" });
});

Deno.test("after a chunk that could not be kept, those behind it are to be sent again too", async () => {
  const sender = createSocketOutputSender(stillClock);
  const receiver = new Receiver(1_000);
  sender.opened(receiver.connection, 1_000);
  const outcomes = [0, 1, 2].map((sequence) => sender.send(chunkOf("a", sequence, 1)));
  sender.heard(kept("a", 0));
  const error = { code: "log_unavailable", message: "" };
  sender.heard({ type: "log_refused", runId: "a", sequence: 1, isRetryable: true, status: 503, error });
  assert.deepEqual((await Promise.all(outcomes)).map(({ kind }) => kind), [
    "ok",
    "unreachable",
    "unreachable",
  ]);
});

Deno.test("where there will be no connection, nothing waits for one", async () => {
  const sender = createSocketOutputSender(stillClock);
  const sent = sender.send(chunkOf("a", 0, 1));
  sender.down(true);
  assert.equal((await sent).kind, "unreachable");
});
