/** What the calls of one run may keep in memory together, and each holds until it has been answered. */
export class KeptBytes {
  #leftBytes: number;

  constructor(maxBytes: number, private readonly parent: KeptBytes | null = null) {
    this.#leftBytes = maxBytes;
  }

  #takenBytes = 0;

  /** False: there is no room. */
  take(bytes: number): boolean {
    if (bytes > this.#leftBytes || this.parent?.take(bytes) === false) return false;
    this.#leftBytes -= bytes;
    this.#takenBytes += bytes;
    return true;
  }

  /** One call's part of it. */
  part(): KeptBytes {
    return new KeptBytes(Infinity, this);
  }

  /** All that was taken by this part is free again. */
  release(): void {
    if (this.parent !== null) {
      this.parent.#leftBytes += this.#takenBytes;
      this.parent.#takenBytes -= this.#takenBytes;
    }
    this.#takenBytes = 0;
  }
}
