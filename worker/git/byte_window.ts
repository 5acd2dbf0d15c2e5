/**
 * The part of a stream of bytes that is not read yet: appended at the end, skipped at the start. Pure.
 *
 * Invariant: memory is bounded by the largest unread length, not by what has passed through.
 */
const CAPACITY_MIN_BYTES = 128 * 1024;

/** See the file's header. */
export class ByteWindow {
  #buffer = new Uint8Array(CAPACITY_MIN_BYTES);
  #start = 0;
  #end = 0;
  #offset = 0;

  /** How many bytes of the stream were skipped: the offset of the first unread byte. */
  get offset(): number {
    return this.#offset;
  }

  get length(): number {
    return this.#end - this.#start;
  }

  /** The unread bytes; valid until the next {@link append}. */
  peek(): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  append(bytes: Uint8Array): void {
    if (this.#end + bytes.length > this.#buffer.length) this.#makeRoom(bytes.length);
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** Goes past `count` unread bytes. Throws RangeError if there are not so many, which is our bug. */
  skip(count: number): void {
    if (count < 0 || count > this.length) {
      throw new RangeError(`Cannot skip as count must be 0 to ${this.length}: current value is ${count}`);
    }
    this.#start += count;
    this.#offset += count;
  }

  #makeRoom(bytes: number): void {
    const unread = this.peek();
    let capacity = CAPACITY_MIN_BYTES;
    while (capacity < unread.length + bytes) capacity *= 2;
    if (capacity > this.#buffer.length) {
      const grown = new Uint8Array(capacity);
      grown.set(unread);
      this.#buffer = grown;
    } else {
      this.#buffer.copyWithin(0, this.#start, this.#end);
    }
    this.#end = unread.length;
    this.#start = 0;
  }
}
