/**
 * A map whose values may be made when they are first asked for. A queue that wakes up with a hundred thousand tasks is
 * asked for a few of them: the others stay in the columns that they were stored in.
 *
 * What is made replaces what it was made of, so that two questions give one object. Pure but for that.
 */

/** Columns that rows are made of. */
export interface RowSource<V> {
  readonly size: number;
  row(at: number): V;
}

interface Packed<S> {
  readonly source: S;
  readonly first: number;
  /** Rows that nobody asked for yet: without any the source is let go. */
  left: number;
}

export class LazyMap<K, V, S extends RowSource<V> = RowSource<V>> extends Map<K, V> {
  readonly #packed: Packed<S>[] = [];
  #next = 0;

  /** Adds the rows of a source under their keys, in order; no key may be there yet. */
  addAll(source: S, keyOf: (at: number) => K): void {
    this.#packed.push({ source, first: this.#next, left: source.size });
    for (let at = 0; at < source.size; at++) super.set(keyOf(at), this.#next++ as V);
  }

  /** Puts the rows of a source in the places of equal ones: what was made of them is let go. */
  packAll(source: S, keyOf: (at: number) => K): void {
    const first = this.#next;
    for (let at = 0; at < source.size; at++) {
      const key = keyOf(at);
      this.#forget(key);
      super.set(key, this.#next++ as V);
    }
    this.#packed.push({ source, first, left: source.size });
  }

  /** Every key in order with its row, or with the number by which {@link packedAt} knows one that was not made. */
  places(): MapIterator<[K, V | number]> {
    return super.entries() as MapIterator<[K, V | number]>;
  }

  /** The source that a number is of, whose first row has the number `first`. */
  packedAt(number: number): { readonly source: S; readonly first: number } {
    return this.#find(number);
  }

  /** Was none of a source's rows made or replaced? */
  isWhole(source: S): boolean {
    return this.#packed.some((packed) => packed.source === source && packed.left === source.size);
  }

  /** The source that a key's row is still in; null once it was made, or if there is none. */
  sourceOf(key: K): { readonly source: S; readonly at: number } | null {
    const value: unknown = super.get(key);
    if (typeof value !== "number") return null;
    const packed = this.#find(value);
    return { source: packed.source, at: value - packed.first };
  }

  /** The sources that rows are still in, each whole. */
  *sources(): Iterable<S> {
    for (const { source } of this.#packed) yield source;
  }

  override get(key: K): V | undefined {
    const value: unknown = super.get(key);
    if (typeof value !== "number") return value as V | undefined;
    const packed = this.#find(value);
    const row = packed.source.row(value - packed.first);
    this.#leave(packed);
    super.set(key, row);
    return row;
  }

  override set(key: K, row: V): this {
    this.#forget(key);
    return super.set(key, row);
  }

  override delete(key: K): boolean {
    this.#forget(key);
    return super.delete(key);
  }

  /** The rows that were made: the others are as they were read. */
  *made(): Iterable<V> {
    for (const value of super.values() as Iterable<unknown>) if (typeof value !== "number") yield value as V;
  }

  override *entries(): MapIterator<[K, V]> {
    for (const key of super.keys()) yield [key, this.get(key)!];
  }

  override *values(): MapIterator<V> {
    for (const key of super.keys()) yield this.get(key)!;
  }

  override [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries();
  }

  override forEach(callback: (row: V, key: K, map: Map<K, V>) => void): void {
    for (const [key, row] of this.entries()) callback(row, key, this);
  }

  #forget(key: K): void {
    if (this.#packed.length === 0) return;
    const value: unknown = super.get(key);
    if (typeof value === "number") this.#leave(this.#find(value));
  }

  #leave(packed: Packed<S>): void {
    if (--packed.left === 0) this.#packed.splice(this.#packed.indexOf(packed), 1);
  }

  #find(number: number): Packed<S> {
    let low = 0;
    let high = this.#packed.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#packed[middle]!.first <= number) low = middle;
      else high = middle - 1;
    }
    return this.#packed[low]!;
  }
}
