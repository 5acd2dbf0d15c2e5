/// <reference lib="deno.ns" />
/**
 * Output from a socket to a log that fails now and then: whatever fails, the log ends up with every chunk once and in
 * order, and what the object holds in memory stays within the window.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeOutputFrame } from "../../protocol/runner/output_frame.ts";
import type { ServerMessage } from "../../protocol/runner/socket.ts";
import { SOCKET_LOG_WINDOW_BYTES } from "../../protocol/runner/socket_limits.ts";
import { EMPTY_ACCOUNT, type SocketAccount } from "../domain/socket_account.ts";
import type { OutputChunk, TaskLogApi } from "../domain/task_log_api.ts";
import type { OpenQueue } from "./open_queue.ts";
import { createSocketOutput } from "./runner_socket_output.ts";
import type { SocketSession } from "./runner_socket_session.ts";

/** As strict as the real one: a sequence that it has, or that is behind what it has, changes nothing. */
class FlakyLog {
  readonly kept: number[] = [];
  readonly waiting: { readonly chunks: readonly OutputChunk[]; settle(isKept: boolean): void }[] = [];

  appendMany(chunks: readonly OutputChunk[]): Promise<readonly { readonly nextOffset: number }[]> {
    return new Promise((resolve, reject) => {
      this.waiting.push({
        chunks,
        settle: (isKept) => {
          if (!isKept) return reject(new Error("the log is away"));
          for (const { sequence } of chunks) {
            if (sequence! > (this.kept.at(-1) ?? -1)) this.kept.push(sequence!);
          }
          resolve(chunks.map(() => ({ nextOffset: 0 })));
        },
      });
    });
  }
}

function stage() {
  const log = new FlakyLog();
  const said: ServerMessage[] = [];
  const session = {
    account: EMPTY_ACCOUNT as SocketAccount,
    caller: { kind: "token", hash: "h", isOtherProject: false },
    runnerId: "runner",
    say: (message: ServerMessage) => void said.push(message),
  } as unknown as SocketSession;
  const queue = {
    clock: { nowMs: () => 0 },
    core: { state: { runs: new Map(), tokens: new Map() } },
    access: { asRunner: () => ({ ok: true, value: { taskId: "t", stationId: "s", cancel: false } }) },
  } as unknown as OpenQueue;
  const output = createSocketOutput(queue, () => log as unknown as TaskLogApi);
  const send = (sequence: number, size = 1) =>
    output.take(
      session,
      encodeOutputFrame({
        runId: "r",
        jobId: "j",
        leaseEpoch: 1,
        sequence,
        offset: sequence,
        bytes: new Uint8Array(size),
      }),
    );
  return { log, said, session, send };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

Deno.test("whatever the log fails, every chunk is kept once and in order", async () => {
  const act = fc.constantFrom("send", "send", "send", "kept", "failed", "hear");
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 60 }), async (acts) => {
      const { log, said, session, send } = stage();
      // A client that sends ahead, and goes back to the first chunk that was refused.
      let next = 0;
      let heard = 0;
      let acknowledged = -1;
      let total = 0;
      const hear = () => {
        for (; heard < said.length; heard++) {
          const message = said[heard]!;
          if (message.type === "kept") acknowledged = Math.max(acknowledged, message.sequence);
          if (message.type === "log_refused") next = Math.min(next, message.sequence);
        }
      };
      for (const one of acts) {
        if (one === "send") {
          assert.equal(send(next++), null);
          total = Math.max(total, next);
        } else if (one === "hear") hear();
        else log.waiting.shift()?.settle(one === "kept");
        if (one !== "send") await turn();
        assert.ok(log.waiting.length <= 1, "one batch is under way");
      }
      hear();
      while (acknowledged < total - 1) {
        while (next < total) send(next++);
        await turn();
        log.waiting.shift()?.settle(true);
        await turn();
        hear();
      }
      assert.deepEqual(log.kept, Array.from({ length: total }, (_, n) => n));
      assert.equal(session.account.heldBytes, 0);
    }),
  );
});

Deno.test("a log that does not answer holds one window of a client, and not a byte more", async () => {
  const { log, session, send } = stage();
  const size = 64 * 1024;
  const count = SOCKET_LOG_WINDOW_BYTES / size;
  for (let n = 0; n < count; n++) assert.equal(send(n, size), null);
  assert.equal(send(count, 1)?.code, "log_window_exceeded");
  await turn();
  log.waiting.shift()!.settle(true);
  await turn();
  assert.equal(session.account.heldBytes, 0);
  assert.equal(send(count, 1), null);
});
