/** The process around a command: its folder, environment, streams. Given to every command, so that tests can be one. */
import { CONTROL_LINE_MAX_CHARS } from "./limits.ts";

export interface Host {
  readonly cwd: string;
  readonly home: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly isStdinTerminal: boolean;
  readonly isStdoutTerminal: boolean;
  out(text: string): void;
  err(text: string): void;
  /** Of standard input, ends with it: the same iterator each time, so that who asks next goes on where it stands. */
  lines(): AsyncIterableIterator<string>;
  /** All of standard input. */
  readAll(): Promise<string>;
}

/** Lines of a stream without their ends; a longer one than the bound is dropped. */
export async function* readLines(stream: ReadableStream<Uint8Array>): AsyncIterableIterator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  let isTooLong = false;
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop()!;
    for (const line of parts) {
      if (!isTooLong && line.length <= CONTROL_LINE_MAX_CHARS) yield line.replace(/\r$/, "");
      isTooLong = false;
    }
    if (rest.length > CONTROL_LINE_MAX_CHARS) {
      rest = "";
      isTooLong = true;
    }
  }
  if (rest !== "" && !isTooLong) yield rest;
}

/** Writes all of a text at once, also to a pipe that is full or that its reader made non-blocking. */
export function writeText(target: { writeSync(bytes: Uint8Array): number }, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let done = 0; done < bytes.length;) {
    try {
      done += target.writeSync(bytes.subarray(done));
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
