/**
 * The queued jobs of one group, the oldest first: by when they were queued, then by when they were made. A binary heap
 * in which a job that leaves from the middle is only marked, so that nothing is searched for.
 *
 * Invariants:
 *   1. The first place is never a marked one: reading the head changes nothing.
 *   2. At most about half of the places are marked: memory follows the queued jobs.
 */
import type { JobId } from "../../protocol/ids.ts";

/** A job's place. `order` is that of creation among all jobs of the queue. */
export interface QueuedPlace {
  readonly jobId: JobId;
  readonly queuedAtMs: number;
  readonly order: number;
}

interface Slot {
  readonly place: QueuedPlace;
  isLeft: boolean;
}

/** Marked places that are kept without a look at how many they are. */
const SLACK = 64;

/** Is `a` older than `b`? */
export function isOlder(a: QueuedPlace, b: QueuedPlace): boolean {
  return a.queuedAtMs < b.queuedAtMs || (a.queuedAtMs === b.queuedAtMs && a.order < b.order);
}

export class QueueHeap {
  #slots: Slot[] = [];
  readonly #byJob = new Map<JobId, Slot>();

  /** Jobs in here. */
  get size(): number {
    return this.#byJob.size;
  }

  /** The oldest; null when there is none. */
  head(): QueuedPlace | null {
    return this.#slots[0]?.place ?? null;
  }

  /** Adds a job that is not in here. */
  add(place: QueuedPlace): void {
    const slot: Slot = { place, isLeft: false };
    this.#byJob.set(place.jobId, slot);
    const slots = this.#slots;
    let at = slots.push(slot) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isOlder(place, slots[above]!.place)) break;
      slots[at] = slots[above]!;
      at = above;
    }
    slots[at] = slot;
  }

  /** Takes a job out, wherever it stands. */
  remove(jobId: JobId): void {
    const slot = this.#byJob.get(jobId);
    if (slot === undefined) return;
    this.#byJob.delete(jobId);
    slot.isLeft = true;
    while (this.#slots[0]?.isLeft) this.#dropHead();
    if (this.#slots.length > 2 * this.#byJob.size + SLACK) this.#compact();
  }

  /** Every job in here, in no order. */
  *places(): Iterable<QueuedPlace> {
    for (const { place } of this.#byJob.values()) yield place;
  }

  #dropHead(): void {
    const slots = this.#slots;
    const last = slots.pop()!;
    if (slots.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= slots.length) break;
      const right = below + 1;
      if (right < slots.length && isOlder(slots[right]!.place, slots[below]!.place)) below = right;
      if (!isOlder(slots[below]!.place, last.place)) break;
      slots[at] = slots[below]!;
      at = below;
    }
    slots[at] = last;
  }

  /** A sorted list is a heap. */
  #compact(): void {
    this.#slots = this.#slots.filter((slot) => !slot.isLeft)
      .sort((a, b) => isOlder(a.place, b.place) ? -1 : 1);
  }
}
