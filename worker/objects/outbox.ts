/**
 * Delivers an object's outbox (O2): per receiver in order, at least once, one delivery at a time. A destination that
 * fails is tried again later with a growing pause and never holds up another one (O5). It is then sent half as much
 * at once, as it may be too much for its time or its limits; each delivery doubles that again.
 *
 * Of a destination that is many objects, the one that fails is set aside, and tried again in a lane of its own, while the
 * others get their events. Only when too many fail does the destination wait as a whole. A receiver that does not answer
 * in {@link OUTBOX_SEND_MAX_MS} has failed: what it takes after all it knows by its event id when it comes again.
 *
 * The rows are the truth; what is kept here (who is being sent to, when to try again) may be lost at any moment:
 * the object's alarm calls {@link Outbox.drain} again.
 */
import type { OutboxRow } from "../domain/event.ts";
import { receiverOf } from "../domain/event_receiver.ts";
import {
  OUTBOX_BATCH_ROWS,
  OUTBOX_RETRY_FIRST_MS,
  OUTBOX_RETRY_MAX_MS,
  OUTBOX_SEND_MAX_MS,
  OUTBOX_SENDING_LOOK_MS,
} from "../limits.ts";
import type { Clock, OutboxSender } from "../ports.ts";
import { destinationOf, type OutboxLaneName, type OutboxStore } from "../store/outbox_store.ts";

type Destination = OutboxRow["event"]["destination"];

export interface Outbox {
  /**
   * Sends what is due; or, due or not, what waits for one destination, and for one receiver of it if it was set aside.
   * Never rejects: failures are kept for the next try.
   */
  drain(destination?: Destination, receiver?: string): Promise<void>;
  /** When to call {@link drain} again; null when nothing waits. */
  nextTryMs(): number | null;
  /** Is something on its way? */
  isSending(): boolean;
}

interface Lane {
  failures: number;
  /** Rows that are sent at once. */
  rowsMax: number;
  notBeforeMs: number;
  sending: Promise<void> | null;
}

/** What became of the rows of one receiver. */
interface Delivery {
  readonly receiver: string | null;
  readonly rows: readonly OutboxRow[];
  /** Absent: all are taken. */
  readonly fault?: { readonly cause: unknown };
}

/** Calls back after so many milliseconds, unless what it returns is called before. */
type After = (ms: number, callback: () => void) => () => void;

/** Makes the outbox of one object. A destination without a sender is a bug and throws when it is drained. */
export function createOutbox(options: {
  readonly store: OutboxStore;
  readonly senders: Readonly<Partial<Record<Destination, OutboxSender>>>;
  readonly clock: Clock;
  /** Called after each try, so that the object can set its alarm. */
  readonly onSettled: () => void;
  /** Absent: the platform's timers. */
  readonly after?: After;
}): Outbox {
  const { store, senders, clock, after = platformAfter } = options;
  const lanes = new Map<OutboxLaneName, Lane>();
  const laneOf = (name: OutboxLaneName): Lane => {
    const known = lanes.get(name);
    if (known !== undefined) return known;
    const lane: Lane = { failures: 0, rowsMax: OUTBOX_BATCH_ROWS, notBeforeMs: 0, sending: null };
    lanes.set(name, lane);
    return lane;
  };

  async function send(name: OutboxLaneName, lane: Lane): Promise<void> {
    const [destination, aside] = destinationOf(name);
    const sender = senders[destination];
    if (sender === undefined) {
      throw new TypeError(`Cannot deliver events as '${destination}' must have a sender`);
    }
    for (;;) {
      const rows = store.pending(name, lane.rowsMax);
      if (rows.length === 0) {
        if (aside !== null) lanes.delete(name);
        return;
      }
      const deliveries = await deliver(sender, rows, after);
      const refused = deliveries.filter((one) => one.fault !== undefined);
      const stuck = aside === null ? refused.filter((one) => !setAside(destination, one)) : refused;
      store.delivered(deliveries.flatMap((one) => one.fault ? [] : one.rows.map((row) => row.sequence)));
      if (stuck.length > 0) {
        fail(name, lane, rows.length, stuck[0]!.fault!.cause);
        return;
      }
      lane.failures = 0;
      lane.rowsMax = Math.min(2 * lane.rowsMax, OUTBOX_BATCH_ROWS);
      lane.notBeforeMs = 0;
    }
  }

  function setAside(destination: Destination, { receiver, rows, fault }: Delivery): boolean {
    if (receiver === null || store.setAside?.(destination, receiver) !== true) return false;
    const name: OutboxLaneName = `${destination}/${receiver}`;
    fail(name, laneOf(name), rows.length, fault!.cause);
    return true;
  }

  function fail(name: OutboxLaneName, lane: Lane, sentRows: number, cause: unknown): void {
    lane.failures++;
    lane.rowsMax = Math.max(1, Math.floor(sentRows / 2));
    const pauseMs = Math.min(OUTBOX_RETRY_FIRST_MS * 2 ** (lane.failures - 1), OUTBOX_RETRY_MAX_MS);
    lane.notBeforeMs = clock.nowMs() + pauseMs;
    console.warn(JSON.stringify({
      event: "outbox_delivery_failed",
      destination: name,
      failures: lane.failures,
      retryAfterMs: pauseMs,
      cause: cause instanceof Error ? cause.name : "unknown",
    }));
  }

  function start(name: OutboxLaneName, isForced: boolean): Promise<void> {
    const lane = laneOf(name);
    if (lane.sending !== null) return lane.sending;
    if (!isForced && clock.nowMs() < lane.notBeforeMs) return Promise.resolve();
    lane.sending = send(name, lane).finally(() => {
      lane.sending = null;
      options.onSettled();
    });
    return lane.sending;
  }

  return {
    drain: async (destination, receiver) => {
      const wanted: OutboxLaneName[] = destination === undefined ? [...store.destinations()] : [destination];
      if (receiver !== undefined) wanted.push(`${destination!}/${receiver}`);
      await Promise.all(wanted.map((name) => start(name, destination !== undefined)));
    },
    nextTryMs: () => {
      const waiting = store.destinations();
      if (waiting.length === 0) return null;
      const nowMs = clock.nowMs();
      const tries = waiting.map((name) => {
        const { sending, notBeforeMs } = laneOf(name);
        // Its end calls `onSettled`; to look again matters only to an object that was evicted meanwhile.
        if (sending !== null) return nowMs + OUTBOX_SENDING_LOOK_MS;
        return Math.max(notBeforeMs, nowMs + OUTBOX_RETRY_FIRST_MS);
      });
      return Math.min(...tries);
    },
    isSending: () => [...lanes.values()].some(({ sending }) => sending !== null),
  };
}

/** Sends each receiver its rows; receivers do not wait for each other, and none for longer than the limit. */
async function deliver(
  sender: OutboxSender,
  rows: readonly OutboxRow[],
  after: After,
): Promise<readonly Delivery[]> {
  const timeIsUp = Promise.withResolvers<never>();
  // Nobody may be waiting for it any more.
  timeIsUp.promise.catch(() => {});
  const stop = after(
    OUTBOX_SEND_MAX_MS,
    () => timeIsUp.reject(new DOMException("The receiver did not answer", "TimeoutError")),
  );
  const byReceiver = Map.groupBy(rows, (row) => receiverOf(row.event));
  const deliveries = [...byReceiver].map(async ([receiver, rows]): Promise<Delivery> => {
    try {
      await Promise.race([sender(rows), timeIsUp.promise]);
      return { receiver, rows };
    } catch (cause) {
      return { receiver, rows, fault: { cause } };
    }
  });
  return await Promise.all(deliveries).finally(stop);
}

const platformAfter: After = (ms, callback) => {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
};
