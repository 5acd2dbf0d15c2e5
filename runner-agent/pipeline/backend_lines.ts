/**
 * Splits what a program prints into lines, in bounded memory: an agent may print what it likes, and a line or an output
 * beyond its bound is a fault that is told at once, not a text that grows (Pipeline r01).
 */
import { OUTPUT_LINE_MAX_BYTES, OUTPUT_MAX_BYTES } from "./limits.ts";

export interface OutputBounds {
  readonly lineMaxBytes: number;
  readonly outputMaxBytes: number;
}

export const OUTPUT_BOUNDS: OutputBounds = {
  lineMaxBytes: OUTPUT_LINE_MAX_BYTES,
  outputMaxBytes: OUTPUT_MAX_BYTES,
};

const LINE_END = 0x0a;
const FIRST_BYTES = 65_536;

/**
 * 1. Lines come without their ends, in order; odd bytes become U+FFFD.
 * 2. After a fault there are no further lines, and nothing is kept.
 */
export class LineReader {
  readonly #bounds: OutputBounds;
  readonly #decoder = new TextDecoder();
  #kept = new Uint8Array(FIRST_BYTES);
  #keptBytes = 0;
  #allBytes = 0;
  #fault: string | null = null;

  constructor(bounds: OutputBounds = OUTPUT_BOUNDS) {
    this.#bounds = bounds;
  }

  /** A sentence's end, to follow the program's name; null while all is well. */
  get fault(): string | null {
    return this.#fault;
  }

  add(chunk: Uint8Array): readonly string[] {
    if (this.#fault !== null) return [];
    this.#allBytes += chunk.length;
    if (this.#allBytes > this.#bounds.outputMaxBytes) {
      this.#fail(`printed too much: expected at most ${this.#bounds.outputMaxBytes} bytes`);
      return [];
    }
    const lines: string[] = [];
    let begin = 0;
    for (let end = chunk.indexOf(LINE_END); end !== -1; end = chunk.indexOf(LINE_END, begin)) {
      if (!this.#keep(chunk.subarray(begin, end))) return lines;
      lines.push(this.#take());
      begin = end + 1;
    }
    this.#keep(chunk.subarray(begin));
    return lines;
  }

  /** The last line, when it has no end. */
  end(): readonly string[] {
    return this.#keptBytes === 0 ? [] : [this.#take()];
  }

  #keep(bytes: Uint8Array): boolean {
    const size = this.#keptBytes + bytes.length;
    if (size > this.#bounds.lineMaxBytes) {
      this.#fail(`printed a line that is too long: expected at most ${this.#bounds.lineMaxBytes} bytes`);
      return false;
    }
    if (size > this.#kept.length) {
      const larger = new Uint8Array(
        Math.min(Math.max(size, 2 * this.#kept.length), this.#bounds.lineMaxBytes),
      );
      larger.set(this.#kept.subarray(0, this.#keptBytes));
      this.#kept = larger;
    }
    this.#kept.set(bytes, this.#keptBytes);
    this.#keptBytes = size;
    return true;
  }

  #take(): string {
    const line = this.#decoder.decode(this.#kept.subarray(0, this.#keptBytes));
    this.#keptBytes = 0;
    return line;
  }

  #fail(fault: string): void {
    this.#fault = fault;
    this.#kept = new Uint8Array(0);
    this.#keptBytes = 0;
  }
}
