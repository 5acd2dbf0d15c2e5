/** Bytes kept up to a limit; the rest is counted as seen and forgotten. */
export class BoundedBytes {
  readonly #parts: Uint8Array[] = [];
  #keptBytes = 0;

  constructor(private readonly maxBytes: number) {}

  push(bytes: Uint8Array): void {
    const kept = bytes.slice(0, this.maxBytes - this.#keptBytes);
    if (kept.length === 0) return;
    this.#parts.push(kept);
    this.#keptBytes += kept.length;
  }

  bytes(): Uint8Array {
    const all = new Uint8Array(this.#keptBytes);
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}
