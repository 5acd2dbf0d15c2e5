/**
 * Delivers an object's outbox (O2): per destination in order, at least once, one delivery at a time. A destination
 * that fails is tried again later with a growing pause and never holds up another one (O5). It is then sent half as much
 * at once, as it may be too much for its time or its limits; each delivery doubles that again.
 *
 * The rows are the truth; what is kept here (who is being sent to, when to try again) may be lost at any moment:
 * the object's alarm calls {@link Outbox.drain} again.
 */
import type { OutboxRow } from "../domain/event.ts";
import {
  OUTBOX_BATCH_ROWS,
  OUTBOX_RETRY_FIRST_MS,
  OUTBOX_RETRY_MAX_MS,
  OUTBOX_SENDING_LOOK_MS,
} from "../limits.ts";
import type { Clock, OutboxSender } from "../ports.ts";
import type { OutboxStore } from "../store/outbox_store.ts";

type Destination = OutboxRow["event"]["destination"];

export interface Outbox {
  /** Sends what is due. Never rejects: failures are kept for the next try. */
  drain(destination?: Destination): Promise<void>;
  /** When to call {@link drain} again; null when nothing waits. */
  nextTryMs(): number | null;
}

interface Lane {
  failures: number;
  /** Rows that are sent at once. */
  rowsMax: number;
  notBeforeMs: number;
  sending: Promise<void> | null;
}

/** Makes the outbox of one object. A destination without a sender is a bug and throws when it is drained. */
export function createOutbox(options: {
  readonly store: OutboxStore;
  readonly senders: Readonly<Partial<Record<Destination, OutboxSender>>>;
  readonly clock: Clock;
  /** Called after each try, so that the object can set its alarm. */
  readonly onSettled: () => void;
}): Outbox {
  const { store, senders, clock } = options;
  const lanes = new Map<Destination, Lane>();
  const laneOf = (destination: Destination): Lane => {
    const known = lanes.get(destination);
    if (known !== undefined) return known;
    const lane: Lane = { failures: 0, rowsMax: OUTBOX_BATCH_ROWS, notBeforeMs: 0, sending: null };
    lanes.set(destination, lane);
    return lane;
  };

  async function send(destination: Destination, lane: Lane): Promise<void> {
    const sender = senders[destination];
    if (sender === undefined) {
      throw new TypeError(`Cannot deliver events as '${destination}' must have a sender`);
    }
    for (;;) {
      const rows = store.pending(destination, lane.rowsMax);
      if (rows.length === 0) return;
      try {
        await sender(rows);
      } catch (cause) {
        lane.failures++;
        lane.rowsMax = Math.max(1, Math.floor(rows.length / 2));
        const pauseMs = Math.min(OUTBOX_RETRY_FIRST_MS * 2 ** (lane.failures - 1), OUTBOX_RETRY_MAX_MS);
        lane.notBeforeMs = clock.nowMs() + pauseMs;
        console.warn(JSON.stringify({
          event: "outbox_delivery_failed",
          destination,
          failures: lane.failures,
          retryAfterMs: pauseMs,
          cause: cause instanceof Error ? cause.name : "unknown",
        }));
        return;
      }
      lane.failures = 0;
      lane.rowsMax = Math.min(2 * lane.rowsMax, OUTBOX_BATCH_ROWS);
      lane.notBeforeMs = 0;
      store.delivered(rows.map((row) => row.sequence));
    }
  }

  function start(destination: Destination, isForced: boolean): Promise<void> {
    const lane = laneOf(destination);
    if (lane.sending !== null) return lane.sending;
    if (!isForced && clock.nowMs() < lane.notBeforeMs) return Promise.resolve();
    lane.sending = send(destination, lane).finally(() => {
      lane.sending = null;
      options.onSettled();
    });
    return lane.sending;
  }

  return {
    drain: async (only) => {
      const wanted = only === undefined ? store.destinations() : [only];
      await Promise.all(wanted.map((destination) => start(destination, only !== undefined)));
    },
    nextTryMs: () => {
      const waiting = store.destinations();
      if (waiting.length === 0) return null;
      const nowMs = clock.nowMs();
      const tries = waiting.map((destination) => {
        const { sending, notBeforeMs } = laneOf(destination);
        // Its end calls `onSettled`; to look again matters only to an object that was evicted meanwhile.
        if (sending !== null) return nowMs + OUTBOX_SENDING_LOOK_MS;
        return Math.max(notBeforeMs, nowMs + OUTBOX_RETRY_FIRST_MS);
      });
      return Math.min(...tries);
    },
  };
}
