/**
 * The events of a queue until they are delivered (O2): in memory, rebuilt from the snapshot and the log. When a
 * receiver is away for long, events of its lane move to pages in storage, so that memory does not grow with the wait.
 *
 * Invariants:
 *   1. An event is pending only once it is written: `settle` is called behind the write.
 *   2. Sequences only grow, also over evictions; a lane is delivered in their order: pages first, then memory.
 *   3. What is delivered is noted as the last sequence of each lane, and written with the next log row. Until then an
 *      eviction delivers again, which receivers do not mind.
 */
import type { OutboxEvent, OutboxRow } from "../../domain/event.ts";
import type { OutboxStore } from "../outbox_store.ts";

type Destination = OutboxEvent["destination"];

/** The last delivered sequence of each lane. */
export type Marks = Readonly<Record<string, number>>;

/** Events of one lane that were moved out of memory. */
export interface OutboxPage {
  readonly page: number;
  readonly destination: Destination;
  readonly lastSequence: number;
}

interface Lane {
  /** The oldest page, read. */
  read: OutboxRow[];
  pages: OutboxPage[];
  rows: OutboxRow[];
  deliveredTo: number;
}

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
  const lanes = new Map<Destination, Lane>();
  let lastSequence = 0;
  let settledTo = 0;
  let hasNewMarks = false;
  let donePages: number[] = [];

  const laneOf = (destination: Destination): Lane => {
    let lane = lanes.get(destination);
    if (lane === undefined) lanes.set(destination, lane = { read: [], pages: [], rows: [], deliveredTo: 0 });
    return lane;
  };
  const rowOf = (row: Omit<OutboxRow, "eventId">): OutboxRow => ({
    ...row,
    eventId: `${eventPrefix}:${row.sequence}`,
  });

  /** What a lane sends next: a page's events before those in memory. */
  function front(lane: Lane): OutboxRow[] {
    while (lane.read.length === 0 && lane.pages.length > 0) {
      const { page } = lane.pages[0]!;
      lane.read = readPage(page).filter((row) => row.sequence > lane.deliveredTo).map(rowOf);
      if (lane.read.length === 0) endPage(lane);
    }
    return lane.pages.length > 0 ? lane.read : lane.rows;
  }

  function endPage(lane: Lane): void {
    donePages.push(lane.pages.shift()!.page);
  }

  return {
    get lastSequence() {
      return lastSequence;
    },
    add: (events, nowMs) => {
      const first = lastSequence + 1;
      for (const event of events) {
        laneOf(event.destination).rows.push(rowOf({ sequence: ++lastSequence, event, createdAtMs: nowMs }));
      }
      return first;
    },
    settle: () => {
      settledTo = lastSequence;
    },
    restore: (row) => {
      const lane = laneOf(row.event.destination);
      if (row.sequence > lane.deliveredTo) lane.rows.push(rowOf(row));
      lastSequence = settledTo = Math.max(lastSequence, row.sequence);
    },
    restoreMarks: (marks) => {
      for (const [destination, sequence] of Object.entries(marks)) {
        const lane = laneOf(destination as Destination);
        lane.deliveredTo = Math.max(lane.deliveredTo, sequence);
        lane.rows = lane.rows.filter((row) => row.sequence > sequence);
      }
    },
    restorePage: (page) => {
      const lane = laneOf(page.destination);
      if (page.lastSequence <= lane.deliveredTo) donePages.push(page.page);
      else lane.pages.push(page);
    },
    restoreSequence: (sequence) => {
      lastSequence = settledTo = Math.max(lastSequence, sequence);
    },
    pending: (destination, limit) => {
      const lane = lanes.get(destination);
      if (lane === undefined) return [];
      const rows = front(lane).slice(0, limit);
      return rows.at(-1) !== undefined && rows.at(-1)!.sequence > settledTo
        ? rows.filter((row) => row.sequence <= settledTo)
        : rows;
    },
    destinations: () => {
      const waiting: Destination[] = [];
      for (const [destination, lane] of lanes) {
        if (lane.pages.length > 0 || (lane.rows[0]?.sequence ?? Infinity) <= settledTo) {
          waiting.push(destination);
        }
      }
      return waiting;
    },
    delivered: (sequences) => {
      const gone = new Set(sequences);
      for (const lane of lanes.values()) {
        const rows = lane.pages.length > 0 ? lane.read : lane.rows;
        let count = 0;
        while (count < rows.length && gone.has(rows[count]!.sequence)) count++;
        if (count === 0) continue;
        lane.deliveredTo = rows[count - 1]!.sequence;
        hasNewMarks = true;
        rows.splice(0, count);
        if (rows === lane.read && rows.length === 0) endPage(lane);
      }
    },
    marks: () =>
      Object.fromEntries([...lanes].filter(([, l]) => l.deliveredTo > 0).map(([d, l]) => [d, l.deliveredTo])),
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
    crowded: (max) => new Map([...lanes].filter(([, l]) => l.rows.length > max).map(([d, l]) => [d, l.rows])),
    movedOut: (destination, pages) => {
      const lane = laneOf(destination);
      lane.pages.push(...pages);
      lane.rows = [];
    },
    inMemory: () => [...lanes.values()].flatMap((lane) => lane.rows).sort((a, b) => a.sequence - b.sequence),
  };
}
