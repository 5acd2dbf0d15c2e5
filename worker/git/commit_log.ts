/**
 * The order of a log, as `git log` has it: newest first by the committer's time, among those that have been reached by
 * way of a child. Pure, over the synchronous {@link ObjectSource}; commits are given one by one, so the first page of a
 * long history is cheap.
 */
import type { ObjectSource } from "./object_source.ts";

/** The ids of the commits that `start` reaches, newest first by the committer's time. */
export function* walkLog(source: ObjectSource, start: string): Generator<string, void> {
  const open = new NewestFirst();
  const seen = new Set<string>([start]);
  const push = (id: string) => open.push(id, source.commit(id)!.committedAtSeconds);
  push(start);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    yield id;
    for (const parent of source.commit(id)!.parents) {
      if (seen.has(parent)) continue;
      seen.add(parent);
      push(parent);
    }
  }
}

interface Open {
  readonly id: string;
  readonly atSeconds: number;
  /** Of two with the same time, the one that was met first comes first. */
  readonly met: number;
}

/** A binary heap. */
class NewestFirst {
  readonly #heap: Open[] = [];
  #met = 0;

  push(id: string, atSeconds: number): void {
    const heap = this.#heap;
    let at = heap.push({ id, atSeconds, met: this.#met++ }) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(heap[at]!, heap[parent]!)) break;
      [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
      at = parent;
    }
  }

  pop(): string | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top?.id;
    heap[0] = last;
    for (let at = 0;;) {
      let first = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < heap.length && isBefore(heap[child]!, heap[first]!)) first = child;
      }
      if (first === at) return top.id;
      [heap[at], heap[first]] = [heap[first]!, heap[at]!];
      at = first;
    }
  }
}

function isBefore(a: Open, b: Open): boolean {
  return a.atSeconds > b.atSeconds || (a.atSeconds === b.atSeconds && a.met < b.met);
}
