/**
 * One zlib decompressor that is used again and again, synchronously. Pure: bytes in, bytes out.
 *
 * `inflateSync` makes a decompressor for each call and leaves it to the garbage collector, which does not know its size:
 * in workerd 10,000 calls left 125 MB behind, and no limit was seen. The public interface has no synchronous use of one
 * decompressor, so this reaches below it, for the handle that `node:zlib` itself drives (as other packages do). workerd
 * and Deno have the same one; where it looks different, {@link openEngine} says so and `inflateSync` does the work.
 */
import { constants, createInflate } from "node:zlib";

/** How far one call came. */
export interface InflateProgress {
  /** Bytes of the input that were read. */
  readonly consumed: number;
  /** Bytes of the output that were written. */
  readonly produced: number;
}

interface Handle {
  reset(): void;
  writeSync(
    flush: number,
    input: Uint8Array,
    inputOffset: number,
    inputBytes: number,
    output: Uint8Array,
    outputOffset: number,
    outputBytes: number,
  ): void;
  setErrorHandler?(handler: () => void): void;
  onerror?: () => void;
}

/** A decompressor at the start of a stream, or within one. */
export class InflateEngine {
  #isBad = false;

  constructor(private readonly handle: Handle, private readonly state: Uint32Array) {
    const fail = () => {
      this.#isBad = true;
    };
    if (handle.setErrorHandler !== undefined) handle.setErrorHandler(fail);
    else handle.onerror = fail;
  }

  /** Goes to the start of another stream, whatever became of the one before. */
  start(): void {
    this.#isBad = false;
    this.handle.reset();
  }

  /**
   * Reads `input` until the stream ends, the input does, or `output` is full. Null: the stream is damaged.
   *
   * @param isWhole Must the stream end within `input` and `output`?
   */
  write(input: Uint8Array, output: Uint8Array, isWhole: boolean): InflateProgress | null {
    const flush = isWhole ? constants.Z_FINISH : constants.Z_SYNC_FLUSH;
    this.handle.writeSync(flush, input, 0, input.length, output, 0, output.length);
    if (this.#isBad) return null;
    return { consumed: input.length - this.state[1]!, produced: output.length - this.state[0]! };
  }
}

/** A decompressor of its own; null where `node:zlib` is not as it is known here. */
export function openEngine(): InflateEngine | null {
  const { _handle: handle, _writeState: state } = createInflate() as unknown as {
    readonly _handle?: Partial<Handle>;
    readonly _writeState?: unknown;
  };
  const isKnown = typeof handle?.reset === "function" && typeof handle.writeSync === "function" &&
    state instanceof Uint32Array && state.length >= 2;
  return isKnown ? new InflateEngine(handle as Handle, state) : null;
}
