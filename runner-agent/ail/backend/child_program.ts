/**
 * A program that a backend talks to by lines: it leads a process group of its own, so that all of it can be ended.
 *
 * 1. Output is read in bounded memory (`backend_lines.ts`); of standard error only the end is kept.
 * 2. `dispose` leaves nothing behind: the group is ended by the ladder, pipes are closed.
 */
import { err, ok, type Result } from "../../../protocol/result.ts";
import { LineReader } from "../../pipeline/backend_lines.ts";
import type { ProgramExit } from "../../pipeline/backend_stream.ts";
import { TERM_GRACE_MS } from "../limits.ts";
import { signalGroup } from "../shell.ts";
import { DRAIN_GRACE_MS, STDERR_KEPT_CHARS } from "./limits.ts";

export interface ProgramRequest {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Its whole standard input; null: it has none; `open`: it is written with `send`. */
  readonly input: string | null | "open";
}

export class ChildProgram {
  readonly #child: Deno.ChildProcess;
  readonly #stdout: ReadableStreamDefaultReader<Uint8Array>;
  readonly #stderr: ReadableStreamDefaultReader<Uint8Array>;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array> | null;
  readonly #stderrRead: Promise<void>;
  #stderrEnd = "";
  #hasExited = false;
  #wasEnded = false;
  #sent: Promise<void> = Promise.resolve();

  private constructor(child: Deno.ChildProcess, input: ProgramRequest["input"]) {
    this.#child = child;
    this.#stdout = child.stdout.getReader();
    this.#stderr = child.stderr.getReader();
    this.#stdin = input === null ? null : child.stdin.getWriter();
    this.#stderrRead = this.#readStderr();
    void child.status.then(() => this.#hasExited = true);
    if (input !== null && input !== "open") {
      void this.send(input);
      void this.closeInput();
    }
  }

  /** @returns A sentence when it could not be started. */
  static start(request: ProgramRequest): Result<ChildProgram, string> {
    const { program, args, cwd, environment, input } = request;
    try {
      const child = new Deno.Command(program, {
        args: [...args],
        cwd,
        env: { ...environment },
        clearEnv: true,
        stdin: input === null ? "null" : "piped",
        stdout: "piped",
        stderr: "piped",
        detached: true,
      }).spawn();
      return ok(new ChildProgram(child, input));
    } catch (error) {
      const why = error instanceof Deno.errors.NotFound ? "it was not found" : (error as Error).message;
      return err(`cannot start '${program}': ${why}`);
    }
  }

  /** Its output. Ends with it, or soon after the program's end. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    let reads = 0;
    let isRead = false;
    let drain: ReturnType<typeof setTimeout> | undefined;
    // Twice without a byte in between: a busy machine may let the first pass while there are bytes.
    const giveUpWhenQuiet = (readsBefore: number, isSecond: boolean) => {
      if (isRead) return;
      drain = setTimeout(() => {
        if (reads !== readsBefore) giveUpWhenQuiet(reads, false);
        else if (!isSecond) giveUpWhenQuiet(reads, true);
        else void this.#stdout.cancel().catch(() => {});
      }, DRAIN_GRACE_MS / 2);
    };
    void this.#child.status.then(() => giveUpWhenQuiet(reads, false));
    try {
      for (;;) {
        const { value, done } = await this.#stdout.read();
        reads++;
        if (value !== undefined) yield value;
        if (done) return;
      }
    } finally {
      isRead = true;
      clearTimeout(drain);
    }
  }

  /** The lines of its output; the error ends them, and is the end of a sentence that begins with the program. */
  async *lines(): AsyncGenerator<Result<string, string>> {
    const reader = new LineReader();
    for await (const chunk of this.chunks()) {
      for (const line of reader.add(chunk)) yield ok(line);
      if (reader.fault !== null) return yield err(reader.fault);
    }
    for (const line of reader.end()) yield ok(line);
  }

  /** Writes in order; a program that reads no more is no fault here, as its end tells. */
  send(text: string): Promise<void> {
    const bytes = new TextEncoder().encode(text);
    this.#sent = this.#sent.then(() => this.#stdin?.write(bytes)).catch(() => {});
    return this.#sent;
  }

  closeInput(): Promise<void> {
    this.#sent = this.#sent.then(() => this.#stdin?.close()).catch(() => {});
    return this.#sent;
  }

  /** SIGTERM to the whole group now, SIGKILL when it is still there after the grace. */
  end(graceMs = TERM_GRACE_MS): void {
    if (this.#hasExited) return;
    this.#wasEnded = true;
    signalGroup(this.#child.pid, "SIGTERM");
    const timer = setTimeout(() => signalGroup(this.#child.pid, "SIGKILL"), graceMs);
    void this.#child.status.then(() => clearTimeout(timer));
  }

  /** Null when it is still there after that time. */
  async exitWithin(ms: number): Promise<ProgramExit | null> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<null>((resolve) => timer = setTimeout(() => resolve(null), ms));
    const status = await Promise.race([this.#child.status, late]);
    clearTimeout(timer);
    if (status === null) return null;
    // Its words matter when it failed; another that it started may hold the pipe open.
    if (status.code !== 0) await this.#stderrWithin(DRAIN_GRACE_MS);
    return { code: status.signal === null ? status.code : null, stderr: this.#stderrEnd.trim() };
  }

  /** Ends it when it is still there, and waits until it is gone. */
  async dispose(): Promise<void> {
    this.end();
    await this.#child.status;
    // What ignored the first signal and outlived its leader.
    if (this.#wasEnded) signalGroup(this.#child.pid, "SIGKILL");
    await Promise.all([
      this.#stdout.cancel().catch(() => {}),
      this.#stderr.cancel().catch(() => {}),
      this.#stdin?.abort().catch(() => {}),
    ]);
    await this.#stderrRead;
  }

  async #readStderr(): Promise<void> {
    const decoder = new TextDecoder();
    for (;;) {
      const { value, done } = await this.#stderr.read();
      if (done) return;
      this.#stderrEnd = (this.#stderrEnd + decoder.decode(value, { stream: true })).slice(-STDERR_KEPT_CHARS);
    }
  }

  async #stderrWithin(ms: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([this.#stderrRead, new Promise((resolve) => timer = setTimeout(resolve, ms))]);
    clearTimeout(timer);
  }
}
