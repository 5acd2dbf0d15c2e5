/**
 * The events of a queue until they are delivered (O2): in memory, rebuilt from the snapshot and the log. When a
 * receiver is away for long, events of its lane move to pages in storage, so that memory does not grow with the wait.
 *
 * Invariants:
 *   1. An event is pending only once it is written: `settle` is called behind the write.
 *   2. Sequences only grow, also over evictions; each receiver gets its events in their order.
 *   3. What is delivered is noted as the last sequence of each lane, and of each receiver that its lane went past
 *      (`outbox_lane.ts`), and written with the next log row. Until then an eviction delivers again, which receivers do
 *      not mind.
 */
import type { OutboxEvent, OutboxRow } from "../../domain/event.ts";
import { destinationOf, type OutboxLaneName, type OutboxStore } from "../outbox_store.ts";
import { OutboxLane, type OutboxPage } from "./outbox_lane.ts";

type Destination = OutboxEvent["destination"];

/** The last delivered sequence of each lane, and of each receiver that is set aside. */
export type Marks = Readonly<Record<string, number>>;

export interface MemoryOutbox extends OutboxStore {
  /** Takes the events of a decision; gives the sequence of the first. */
  add(events: readonly OutboxEvent[], nowMs: number): number;
  /** Everything that was added is written. */
  settle(): void;
  /** Puts back what a log row or snapshot says. */
  restore(
    row: { readonly sequence: number; readonly event: OutboxEvent; readonly createdAtMs: number },
  ): void;
  restoreMarks(marks: Marks): void;
  restorePage(page: OutboxPage): void;
  restoreSequence(sequence: number): void;
  readonly lastSequence: number;
  marks(): Marks;
  /** Marks that changed since they were taken the last time; null if none. */
  takeMarks(): Marks | null;
  /** Pages whose events are all delivered, to be deleted with the next write. */
  takeDonePages(): readonly number[];
  setAside(destination: Destination, receiver: string): boolean;
  /** Events in memory of lanes that have more than `max`, by lane; they stay until `movedOut`. */
  crowded(max: number): ReadonlyMap<Destination, readonly OutboxRow[]>;
  movedOut(destination: Destination, pages: readonly OutboxPage[]): void;
  /** Events in memory that are in no page, in the order of their sequences. */
  inMemory(): readonly OutboxRow[];
}

/** `readPage` reads the events of a page, in order. `eventPrefix` makes event ids unique among objects. */
export function createMemoryOutbox(
  eventPrefix: string,
  readPage: (page: number) => readonly Omit<OutboxRow, "eventId">[],
): MemoryOutbox {
  const lanes = new Map<Destination, OutboxLane>();
  let lastSequence = 0;
  let settledTo = 0;
  let hasNewMarks = false;
  let donePages: number[] = [];

  const rowOf = (row: Omit<OutboxRow, "eventId">): OutboxRow => ({
    ...row,
    eventId: `${eventPrefix}:${row.sequence}`,
  });
  const laneOf = (destination: Destination): OutboxLane => {
    let lane = lanes.get(destination);
    if (lane === undefined) {
      lane = new OutboxLane((page) => readPage(page).map(rowOf), (page) => void donePages.push(page));
      lanes.set(destination, lane);
    }
    return lane;
  };

  return {
    get lastSequence() {
      return lastSequence;
    },
    add: (events, nowMs) => {
      const first = lastSequence + 1;
      for (const event of events) {
        laneOf(event.destination).add(rowOf({ sequence: ++lastSequence, event, createdAtMs: nowMs }));
      }
      return first;
    },
    settle: () => {
      settledTo = lastSequence;
    },
    restore: (row) => {
      laneOf(row.event.destination).restore(rowOf(row));
      lastSequence = settledTo = Math.max(lastSequence, row.sequence);
    },
    restoreMarks: (marks) => {
      const asides = new Map<Destination, Map<string, number>>();
      for (const name of lanes.keys()) asides.set(name, new Map());
      for (const [name, sequence] of Object.entries(marks)) {
        const [destination, receiver] = destinationOf(name as OutboxLaneName);
        const ofLane = asides.get(destination) ?? new Map();
        asides.set(destination, ofLane);
        if (receiver !== null) ofLane.set(receiver, sequence);
      }
      for (const [destination, ofLane] of asides) {
        laneOf(destination).restoreMarks(marks[destination] ?? 0, ofLane);
      }
    },
    restorePage: (page) => laneOf(page.destination).restorePage(page),
    restoreSequence: (sequence) => {
      lastSequence = settledTo = Math.max(lastSequence, sequence);
    },
    pending: (name, limit) => {
      const [destination, receiver] = destinationOf(name);
      return lanes.get(destination)?.pending(receiver, limit, settledTo) ?? [];
    },
    destinations: () => {
      const waiting: OutboxLaneName[] = [];
      for (const [destination, lane] of lanes) {
        if (lane.isWaiting(settledTo)) waiting.push(destination);
        for (const receiver of lane.waitingAside()) waiting.push(`${destination}/${receiver}`);
      }
      return waiting;
    },
    setAside: (destination, receiver) => laneOf(destination).setAside(receiver),
    delivered: (sequences) => {
      const gone = new Set(sequences);
      for (const lane of lanes.values()) if (lane.delivered(gone, settledTo)) hasNewMarks = true;
    },
    marks: () => {
      const marks: Record<string, number> = {};
      for (const [destination, lane] of lanes) {
        for (const [receiver, sequence] of lane.marks()) {
          marks[receiver === "" ? destination : `${destination}/${receiver}`] = sequence;
        }
      }
      return marks;
    },
    takeMarks() {
      if (!hasNewMarks) return null;
      hasNewMarks = false;
      return this.marks();
    },
    takeDonePages: () => {
      const taken = donePages;
      donePages = [];
      return taken;
    },
    crowded: (max) =>
      new Map(
        [...lanes].filter(([, lane]) => lane.rows.length > max).map(([name, lane]) => [name, lane.rows]),
      ),
    movedOut: (destination, pages) => laneOf(destination).movedOut(pages),
    inMemory: () =>
      [...lanes.values()].flatMap((lane) => [...lane.inMemory()]).sort((a, b) => a.sequence - b.sequence),
  };
}
