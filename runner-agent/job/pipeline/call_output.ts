/**
 * What one program in a sandbox has written, read from the host while it writes. The files are the agent's: anything may lie
 * in their place, and any size.
 *
 * 1. No link is followed, on the whole way below the agent's directory: each part is opened below what was opened before it
 *    (`O_NOFOLLOW`). Opening never waits (`O_NONBLOCK`); only plain files are read.
 * 2. A look reads a bounded piece of each stream, and in all no more than the stream's bound; what is over it is cut. Much
 *    more than it is a flood.
 * 3. Whether the program has ended is read before its streams: what it wrote until then is read to its end, and what is
 *    written after it by others is not waited for.
 */
import { Buffer } from "node:buffer";
import fs from "node:fs";
import { FLOOD_FACTOR, LOOK_MAX_BYTES } from "./call_limits.ts";
import type { KeptBytes } from "./kept_bytes.ts";

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_DIRECTORY } = fs.constants;

/** `-1` and what a shell's `$?` can be. */
const STATUS = /^(-1|\d{1,3})\n$/;
const STATUS_MAX_BYTES = 8;

export interface Look {
  readonly hasBegun: boolean;
  readonly hasNews: boolean;
  /** There is more that may be read at once. */
  readonly hasMore: boolean;
  readonly exitCode: number | null;
  /** After a stop: nothing of it is left. */
  readonly isStopped: boolean;
  /** For people: why it cannot go on. */
  readonly fault: string | null;
}

export interface CallOutputOptions {
  /** The agent's directory on this machine, which is the runner's to name, and the parts of the call's folder below it. */
  readonly root: string;
  readonly parts: readonly string[];
  readonly streamMaxBytes: number;
  readonly kept: KeptBytes;
  /** Takes standard output instead of keeping it. */
  readonly onStdout: ((bytes: Uint8Array) => void) | null;
}

export class CallOutput {
  readonly #stdout: Stream;
  readonly #stderr: Stream;
  #exitCode: number | null = null;

  constructor(private readonly options: CallOutputOptions) {
    const { streamMaxBytes, kept, onStdout } = options;
    this.#stdout = new Stream("stdout", streamMaxBytes, kept, onStdout);
    this.#stderr = new Stream("stderr", streamMaxBytes, kept, null);
  }

  /** Throws when this machine cannot read; what the agent put there is a fault. */
  look(): Look {
    const opened: number[] = [];
    const open = (place: string, flags: number): number => {
      const fd = fs.openSync(place, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | flags);
      opened.push(fd);
      return fd;
    };
    try {
      let at = this.options.root;
      for (const part of ["", ...this.options.parts]) {
        at = `/proc/self/fd/${open(part === "" ? at : `${at}/${part}`, O_DIRECTORY)}`;
      }
      return this.#lookIn(at, open);
    } catch (error) {
      const code = codeOf(error);
      if (code === "ENOENT") return { ...NOTHING, fault: this.#stdout.hasBegun ? GONE : null };
      if (code !== null && AGENTS_DOING.has(code)) return { ...NOTHING, fault: ODD };
      throw error;
    } finally {
      for (const fd of opened) fs.closeSync(fd);
    }
  }

  texts(): { readonly stdout: string; readonly stderr: string; readonly isCut: boolean } {
    return {
      stdout: this.#stdout.text(),
      stderr: this.#stderr.text(),
      isCut: this.#stdout.isCut || this.#stderr.isCut,
    };
  }

  #lookIn(dir: string, open: (place: string, flags: number) => number): Look {
    const isLast = this.#exitCode !== null;
    this.#exitCode ??= readStatus(dir, open);
    const hasJustEnded = !isLast && this.#exitCode !== null;
    const news = [this.#stdout, this.#stderr].map((stream) => {
      const place = `${dir}/${stream.name}`;
      const found = lstat(place);
      if (found === null) return stream.hasBegun ? GONE : false;
      return found.isFile() ? stream.read(open(place, 0), hasJustEnded || isLast) : ODD;
    });
    const streams = [this.#stdout, this.#stderr];
    return {
      hasBegun: this.#stdout.hasBegun,
      hasNews: news.includes(true),
      hasMore: streams.some((stream) => stream.hasMore),
      exitCode: this.#exitCode,
      isStopped: lstat(`${dir}/stopped`)?.isFile() ?? false,
      fault: news.find((one) => typeof one === "string") as string | undefined ??
        streams.find((stream) => stream.isFlooding)?.floodText() ?? null,
    };
  }
}

const NOTHING: Look = {
  hasBegun: false,
  hasNews: false,
  hasMore: false,
  exitCode: null,
  isStopped: false,
  fault: null,
};
const GONE = "the files that the program writes its output to are gone";
const ODD = "something else lies where the program's output is to be";

/** One file that grows. */
class Stream {
  readonly #decoder = new TextDecoder();
  #parts: string[] = [];
  #readBytes = 0;
  #sizeBytes = 0;
  /** Its size when the program had ended: what comes later is not read. */
  #endBytes: number | null = null;
  hasBegun = false;
  isCut = false;

  constructor(
    readonly name: "stdout" | "stderr",
    private readonly maxBytes: number,
    private readonly kept: KeptBytes,
    private readonly onBytes: ((bytes: Uint8Array) => void) | null,
  ) {}

  /** Whether anything was read, or a sentence for people. */
  read(fd: number, hasEnded: boolean): boolean | string {
    const found = fs.fstatSync(fd);
    if (!found.isFile()) return ODD;
    this.hasBegun = true;
    this.#sizeBytes = found.size;
    if (hasEnded) this.#endBytes ??= found.size;
    const until = Math.min(this.#endBytes ?? found.size, this.maxBytes);
    if (Math.max(found.size, this.#endBytes ?? 0) > this.maxBytes) this.isCut = true;
    const piece = Buffer.alloc(Math.max(0, Math.min(until - this.#readBytes, LOOK_MAX_BYTES)));
    const count = piece.length === 0 ? 0 : fs.readSync(fd, piece, 0, piece.length, this.#readBytes);
    // It was made shorter meanwhile.
    if (count < piece.length && this.#endBytes !== null) this.#endBytes = this.#readBytes + count;
    this.#readBytes += count;
    if (count > 0) this.#take(new Uint8Array(piece.buffer, piece.byteOffset, count));
    return count > 0;
  }

  get hasMore(): boolean {
    return this.#readBytes < Math.min(this.#endBytes ?? this.#sizeBytes, this.#sizeBytes, this.maxBytes);
  }

  get isFlooding(): boolean {
    return this.#endBytes === null && this.#sizeBytes > this.maxBytes * FLOOD_FACTOR;
  }

  floodText(): string {
    return `the program wrote more than ${this.maxBytes * FLOOD_FACTOR} bytes on its ${
      this.name === "stdout" ? "standard output" : "standard error"
    }, and went on`;
  }

  text(): string {
    this.#parts.push(this.#decoder.decode());
    return this.#parts.join("");
  }

  #take(bytes: Uint8Array): void {
    if (this.onBytes !== null) return this.onBytes(bytes);
    if (this.kept.take(bytes.length)) this.#parts.push(this.#decoder.decode(bytes, { stream: true }));
    else this.isCut = true;
  }
}

/** Null while it is not there, or not whole. */
function readStatus(dir: string, open: (place: string, flags: number) => number): number | null {
  const place = `${dir}/exit`;
  if (lstat(place)?.isFile() !== true) return null;
  const fd = open(place, 0);
  const bytes = Buffer.alloc(STATUS_MAX_BYTES);
  const text = bytes.subarray(0, fs.readSync(fd, bytes, 0, STATUS_MAX_BYTES, 0)).toString("latin1");
  const status = STATUS.exec(text)?.[1];
  return status === undefined ? null : Number(status);
}

function lstat(place: string): fs.Stats | null {
  try {
    return fs.lstatSync(place);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}

/** A link, or no folder, where a folder is to be; a pipe; rights taken away. */
const AGENTS_DOING: ReadonlySet<string> = new Set(["ENOTDIR", "ELOOP", "ENXIO", "EACCES", "EISDIR"]);

function codeOf(error: unknown): string | null {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : null;
}
