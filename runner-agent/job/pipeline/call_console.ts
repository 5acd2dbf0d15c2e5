/**
 * What a station's pipeline says on the run's live output: appended to a file that the sandbox's command prints.
 *
 * 1. Nobody waits for it: what comes faster than the disk takes it, or is over the bound of the run, is lost, and that is said.
 */
import { CONSOLE_MAX_BYTES, CONSOLE_WAITING_MAX_BYTES } from "./call_limits.ts";

export interface ConsoleDeps {
  readonly file: string;
  /** Told after something was written. */
  onWritten(): Promise<void>;
  /** Told once, when the disk refuses. */
  onFault(error: unknown): void;
}

const CUT = "[the pipeline says more than is kept: the rest is not shown]\n";

export class CallConsole {
  #waiting: string[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | null = null;
  #hasFailed = false;
  /** Of all lives; null until it was looked at. */
  #writtenBytes: number | null = null;
  #isOver = false;

  constructor(private readonly deps: ConsoleDeps) {}

  /** Invariant 1. */
  say(text: string): void {
    const line = text.endsWith("\n") ? text : `${text}\n`;
    if (this.#isOver || this.#waitingBytes + line.length > CONSOLE_WAITING_MAX_BYTES) return;
    this.#waiting.push(line);
    this.#waitingBytes += line.length;
    this.#writing ??= this.#write();
  }

  /** Resolves once what was said is written, or lost. */
  async written(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
  }

  async #write(): Promise<void> {
    // What is said in this turn goes in one piece.
    await Promise.resolve();
    try {
      while (this.#waiting.length > 0) {
        const bytes = this.#fitting(new TextEncoder().encode(this.#waiting.join("")), await this.#size());
        this.#waiting = [];
        this.#waitingBytes = 0;
        await Deno.writeFile(this.deps.file, bytes, { append: true, mode: 0o644 });
        this.#writtenBytes = (this.#writtenBytes ?? 0) + bytes.length;
        await this.deps.onWritten();
      }
    } catch (error) {
      this.#waiting = [];
      this.#waitingBytes = 0;
      if (!this.#hasFailed) this.deps.onFault(error);
      this.#hasFailed = true;
    } finally {
      this.#writing = null;
    }
  }

  async #size(): Promise<number> {
    this.#writtenBytes ??= (await Deno.stat(this.deps.file)).size;
    return this.#writtenBytes;
  }

  #fitting(bytes: Uint8Array, sizeBytes: number): Uint8Array {
    if (sizeBytes + bytes.length <= CONSOLE_MAX_BYTES) return bytes;
    this.#isOver = true;
    return new TextEncoder().encode(sizeBytes > CONSOLE_MAX_BYTES ? "" : CUT);
  }
}
