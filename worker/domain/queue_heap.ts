/**
 * The queued jobs of one group, the oldest first: by when they were queued, then by when they were made. A binary heap
 * in which a job that leaves from the middle is only marked, so that nothing is searched for.
 *
 * Invariants:
 *   1. The first place is never a marked one: reading the head changes nothing.
 *   2. At most about half of the places are marked: memory follows the queued jobs.
 */
import type { JobId } from "../../protocol/ids.ts";

/** A job's place, made by its owner. `order` is that of creation among all jobs of the queue. */
export interface QueuedPlace {
  readonly jobId: JobId;
  readonly queuedAtMs: number;
  readonly order: number;
  /** The heap's own: in it, marked as left, or not there. */
  slot: "none" | "in" | "left";
}

/** Marked places that are kept without a look at how many they are. */
const SLACK = 64;

/** Is `a` older than `b`? */
export function isOlder(a: QueuedPlace, b: QueuedPlace): boolean {
  return a.queuedAtMs < b.queuedAtMs || (a.queuedAtMs === b.queuedAtMs && a.order < b.order);
}

/** Each place is in one heap at most. */
export class QueueHeap {
  #places: QueuedPlace[] = [];
  #size = 0;

  /** Jobs in here. */
  get size(): number {
    return this.#size;
  }

  /** The oldest; null when there is none. */
  head(): QueuedPlace | null {
    return this.#places[0] ?? null;
  }

  /** Adds a place that is in no heap, or comes back to this one. */
  add(place: QueuedPlace): void {
    this.#size++;
    if (place.slot === "left") {
      place.slot = "in";
      return;
    }
    place.slot = "in";
    const places = this.#places;
    let at = places.push(place) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isOlder(place, places[above]!)) break;
      places[at] = places[above]!;
      at = above;
    }
    places[at] = place;
  }

  /** Takes a place out that is in here, wherever it stands. */
  remove(place: QueuedPlace): void {
    this.#size--;
    place.slot = "left";
    while (this.#places[0]?.slot === "left") this.#dropHead();
    if (this.#places.length > 2 * this.#size + SLACK) this.#compact();
  }

  /** Every job in here, in no order. */
  *jobIds(): Iterable<JobId> {
    for (const place of this.#places) if (place.slot === "in") yield place.jobId;
  }

  #dropHead(): void {
    const places = this.#places;
    places[0]!.slot = "none";
    const last = places.pop()!;
    if (places.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= places.length) break;
      const right = below + 1;
      if (right < places.length && isOlder(places[right]!, places[below]!)) below = right;
      if (!isOlder(places[below]!, last)) break;
      places[at] = places[below]!;
      at = below;
    }
    places[at] = last;
  }

  /** A sorted list is a heap. */
  #compact(): void {
    for (const place of this.#places) if (place.slot === "left") place.slot = "none";
    this.#places = this.#places.filter((place) => place.slot === "in").sort((a, b) => isOlder(a, b) ? -1 : 1);
  }
}
