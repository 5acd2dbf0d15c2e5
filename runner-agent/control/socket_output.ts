/**
 * Chunks of output over a socket: as many bytes under way as the server's window allows, acknowledged by run and
 * sequence.
 *
 * Invariants:
 *   1. The bytes under way on a connection never exceed the window that its `hello` was answered with.
 *   2. A chunk has one outcome. When the connection ends, what is under way is `unreachable`: whoever sent it sends it
 *      again, with the same bounds.
 */
import type { LogAnswer } from "../../protocol/line/log.ts";
import { encodeOutputFrame, type SocketChunk } from "../../protocol/runner/output_frame.ts";
import type { ReadServerMessage } from "../../protocol/runner/socket.ts";
import { CALL_TIMEOUT_MS } from "../limits.ts";
import type { Clock } from "../ports.ts";
import type { CallOutcome } from "./http_call.ts";
import { pause } from "./retry.ts";
import type { SocketConnection } from "./socket_connection.ts";

interface Sending {
  readonly chunk: SocketChunk;
  isUnderWay: boolean;
  settle(outcome: CallOutcome<LogAnswer>): void;
}

export interface SocketOutputSender {
  send(chunk: SocketChunk): Promise<CallOutcome<LogAnswer>>;
  opened(connection: SocketConnection, windowBytes: number): void;
  /** The connection ended; `isForGood`: there will be no other, so nothing waits for it. */
  down(isForGood: boolean): void;
  heard(message: Extract<ReadServerMessage, { type: "kept" | "log_refused" }>): void;
}

/** Chunks wait for a connection and for room in its window, for a bounded time. */
export function createSocketOutputSender(clock: Clock): SocketOutputSender {
  const sendings = new Set<Sending>();
  let connection: SocketConnection | null = null;
  let windowBytes = 0;
  let underWayBytes = 0;

  /** In the order in which they came: a large chunk is not overtaken for ever by small ones. */
  function pump(): void {
    if (connection === null) return;
    for (const sending of sendings) {
      if (sending.isUnderWay) continue;
      if (underWayBytes + sending.chunk.bytes.length > windowBytes) return;
      sending.isUnderWay = true;
      underWayBytes += sending.chunk.bytes.length;
      connection.sendBytes(encodeOutputFrame(sending.chunk));
    }
  }

  function finish(sending: Sending, outcome: CallOutcome<LogAnswer>): void {
    if (!sendings.delete(sending)) return;
    if (sending.isUnderWay) underWayBytes -= sending.chunk.bytes.length;
    sending.settle(outcome);
  }

  return {
    send: (chunk) => {
      const { promise, resolve } = Promise.withResolvers<CallOutcome<LogAnswer>>();
      const limit = new AbortController();
      const sending: Sending = {
        chunk,
        isUnderWay: false,
        settle: (outcome) => {
          limit.abort();
          resolve(outcome);
        },
      };
      sendings.add(sending);
      void pause(clock, CALL_TIMEOUT_MS, limit.signal).then(() => {
        // The server may still keep what is under way, and then frees its bytes: only the connection's end is sure.
        if (sendings.has(sending) && sending.isUnderWay) connection?.close();
        finish(sending, { kind: "unreachable", detail: "no acknowledgement" });
      });
      pump();
      return promise;
    },
    opened: (opened, bytes) => {
      connection = opened;
      windowBytes = bytes;
      underWayBytes = 0;
      pump();
    },
    down: (isForGood) => {
      connection = null;
      for (const sending of [...sendings]) {
        if (isForGood || sending.isUnderWay) {
          finish(sending, { kind: "unreachable", detail: "the connection ended" });
        }
      }
      underWayBytes = 0;
    },
    heard: (message) => {
      for (const sending of [...sendings]) {
        const { runId, sequence } = sending.chunk;
        if (!sending.isUnderWay || runId !== message.runId) continue;
        if (message.type === "kept") {
          const { type: _, runId: _run, sequence: upTo, ...answer } = message;
          if (sequence <= upTo) finish(sending, { kind: "ok", value: { ok: true, ...answer } });
        } else if (message.isRetryable ? sequence >= message.sequence : sequence === message.sequence) {
          const { status, error } = message;
          finish(
            sending,
            message.isRetryable
              ? { kind: "unreachable", detail: `status ${status}` }
              : { kind: "refused", status, code: error.code, message: error.message },
          );
        }
      }
      pump();
    },
  };
}
