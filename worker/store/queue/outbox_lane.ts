/**
 * The events of one destination until they are delivered: those in pages first, then those in memory. A receiver that
 * does not take its own is set aside, and the lane goes on past them; they wait for that receiver alone.
 *
 * Invariants:
 *   1. Up to `deliveredTo` every event is delivered, but those of receivers set aside; of each of these, every event up to
 *      a mark of its own.
 *   2. What waits aside is what the lane has gone past, in order, and no more than {@link OUTBOX_ASIDE_ROWS_MAX} events:
 *      where there is no room the lane waits.
 *   3. A page stays until all of it is delivered, so that of it nothing else is kept.
 */
import type { OutboxEvent, OutboxRow } from "../../domain/event.ts";
import { receiverOf } from "../../domain/event_receiver.ts";
import { OUTBOX_ASIDE_RECEIVERS_MAX, OUTBOX_ASIDE_ROWS_MAX } from "../../limits.ts";

/** Events of one lane that were moved out of memory. */
export interface OutboxPage {
  readonly page: number;
  readonly destination: OutboxEvent["destination"];
  readonly lastSequence: number;
}

interface Aside {
  deliveredTo: number;
  rows: OutboxRow[];
}

export class OutboxLane {
  readonly #readPage: (page: number) => readonly OutboxRow[];
  readonly #onDone: (page: number) => void;
  /** The oldest page, read. */
  #read: OutboxRow[] = [];
  #pages: OutboxPage[] = [];
  #rows: OutboxRow[] = [];
  #deliveredTo = 0;
  #asides = new Map<string, Aside>();
  /** Of events aside that are in a page, which, by their sequences. */
  readonly #pageOf = new Map<number, number>();

  /** `onDone` hears of each page of which all is delivered. */
  constructor(readPage: (page: number) => readonly OutboxRow[], onDone: (page: number) => void) {
    this.#readPage = readPage;
    this.#onDone = onDone;
  }

  add(row: OutboxRow): void {
    this.#rows.push(row);
  }

  /** Takes what was written, unless it is delivered. */
  restore(row: OutboxRow, page: number | null = null): void {
    const aside = this.#asideOf(row);
    if (row.sequence <= (aside?.deliveredTo ?? this.#deliveredTo)) return;
    if (aside !== undefined && row.sequence <= this.#deliveredTo) this.#putAside(aside, row, page);
    else (page === null ? this.#rows : this.#read).push(row);
  }

  /** Takes newer marks: the lane's, and those of all receivers that are set aside. */
  restoreMarks(deliveredTo: number, asides: ReadonlyMap<string, number>): void {
    this.#deliveredTo = Math.max(this.#deliveredTo, deliveredTo);
    const before = this.#asides;
    this.#asides = new Map();
    for (const [receiver, mark] of asides) {
      const rows = before.get(receiver)?.rows.filter((row) => row.sequence > mark) ?? [];
      this.#asides.set(receiver, { deliveredTo: mark, rows });
    }
    const rows = this.#rows;
    this.#rows = [];
    for (const row of rows) this.restore(row);
  }

  restorePage(page: OutboxPage): void {
    const marks = [this.#deliveredTo, ...[...this.#asides.values()].map((aside) => aside.deliveredTo)];
    if (page.lastSequence <= Math.min(...marks)) this.#onDone(page.page);
    else this.#pages.push(page);
  }

  /** What to send next to everybody but who is set aside, or to one who is; nothing beyond `settledTo`. */
  pending(receiver: string | null, limit: number, settledTo: number): OutboxRow[] {
    const rows = this.#front(settledTo);
    if (receiver !== null) return this.#asides.get(receiver)?.rows.slice(0, limit) ?? [];
    if (this.#asides.size === 0) {
      const next = rows.slice(0, limit);
      return (next.at(-1)?.sequence ?? 0) > settledTo
        ? next.filter((row) => row.sequence <= settledTo)
        : next;
    }
    let room = this.#room();
    const next: OutboxRow[] = [];
    for (const row of rows) {
      if (next.length >= limit || row.sequence > settledTo) break;
      if (this.#asideOf(row) === undefined) next.push(row);
      else if (--room < 0) break;
    }
    return next;
  }

  /** Is there something to send to who is not set aside? */
  isWaiting(settledTo: number): boolean {
    if (this.#asides.size > 0) return this.pending(null, 1, settledTo).length > 0;
    return this.#pages.length > 0 || (this.#rows[0]?.sequence ?? Infinity) <= settledTo;
  }

  /** Receivers that are set aside and have something to be sent. */
  waitingAside(): string[] {
    return [...this.#asides].filter(([, aside]) => aside.rows.length > 0).map(([receiver]) => receiver);
  }

  /** False: too many are already. */
  setAside(receiver: string): boolean {
    if (this.#asides.has(receiver)) return true;
    if (this.#asides.size >= OUTBOX_ASIDE_RECEIVERS_MAX) return false;
    this.#asides.set(receiver, { deliveredTo: this.#deliveredTo, rows: [] });
    return true;
  }

  /** Forgets what was delivered; true if a mark has changed. */
  delivered(sequences: ReadonlySet<number>, settledTo: number): boolean {
    let hasChanged = this.#goOn(sequences, settledTo);
    for (const [receiver, aside] of this.#asides) {
      let count = 0;
      while (count < aside.rows.length && sequences.has(aside.rows[count]!.sequence)) count++;
      if (count === 0) continue;
      hasChanged = true;
      for (const row of aside.rows.splice(0, count)) {
        aside.deliveredTo = row.sequence;
        this.#leavePage(row.sequence);
      }
      if (aside.rows.length === 0) this.#asides.delete(receiver);
    }
    return hasChanged;
  }

  /** `""`: the lane's mark; else that of a receiver which is set aside. */
  *marks(): Iterable<readonly [receiver: string, sequence: number]> {
    if (this.#deliveredTo > 0) yield ["", this.#deliveredTo];
    for (const [receiver, aside] of this.#asides) yield [receiver, aside.deliveredTo];
  }

  /** Events that came last, and may be moved to pages. */
  get rows(): readonly OutboxRow[] {
    return this.#rows;
  }

  movedOut(pages: readonly OutboxPage[]): void {
    this.#pages.push(...pages);
    this.#rows = [];
  }

  /** Events that are in no page. */
  *inMemory(): Iterable<OutboxRow> {
    for (const { rows } of this.#asides.values()) {
      for (const row of rows) if (!this.#pageOf.has(row.sequence)) yield row;
    }
    yield* this.#rows;
  }

  #asideOf(row: OutboxRow): Aside | undefined {
    if (this.#asides.size === 0) return undefined;
    return this.#asides.get(receiverOf(row.event) ?? "");
  }

  /** What comes next, a page's events before those in memory; it begins with one that is for nobody set aside. */
  #front(settledTo: number): OutboxRow[] {
    for (;;) {
      const page = this.#pages[0];
      if (page === undefined) {
        this.#goOn(new Set(), settledTo);
        return this.#rows;
      }
      if (this.#read.length === 0) {
        for (const row of this.#readPage(page.page)) this.restore(row, page.page);
        if (this.#read.length === 0) this.#endPage();
      } else {
        this.#goOn(new Set(), settledTo);
        if (this.#read.length > 0) return this.#read;
      }
    }
  }

  /** Goes past what is delivered, and past what can wait aside. */
  #goOn(gone: ReadonlySet<number>, settledTo: number): boolean {
    const page = this.#pages[0];
    const rows = page === undefined ? this.#rows : this.#read;
    let room = this.#asides.size === 0 ? 0 : this.#room();
    let count = 0;
    for (; count < rows.length; count++) {
      const row = rows[count]!;
      if (gone.has(row.sequence)) continue;
      const aside = row.sequence <= settledTo ? this.#asideOf(row) : undefined;
      if (aside === undefined || room === 0) break;
      room--;
      this.#putAside(aside, row, page?.page ?? null);
    }
    if (count === 0) return false;
    this.#deliveredTo = rows[count - 1]!.sequence;
    rows.splice(0, count);
    if (page !== undefined && rows.length === 0) this.#endPage();
    return true;
  }

  #putAside(aside: Aside, row: OutboxRow, page: number | null): void {
    const at = aside.rows.findLastIndex((other) => other.sequence < row.sequence) + 1;
    aside.rows.splice(at, 0, row);
    if (page !== null) this.#pageOf.set(row.sequence, page);
  }

  #room(): number {
    let room = OUTBOX_ASIDE_ROWS_MAX;
    for (const { rows } of this.#asides.values()) room -= rows.length;
    return Math.max(0, room);
  }

  #endPage(): void {
    const { page } = this.#pages.shift()!;
    if (!this.#isInPage(page)) this.#onDone(page);
  }

  #leavePage(sequence: number): void {
    const page = this.#pageOf.get(sequence);
    if (page === undefined) return;
    this.#pageOf.delete(sequence);
    if (page !== this.#pages[0]?.page && !this.#isInPage(page)) this.#onDone(page);
  }

  #isInPage(page: number): boolean {
    for (const one of this.#pageOf.values()) if (one === page) return true;
    return false;
  }
}
