/**
 * A run's answers in a file, so that the run goes on after its process was lost: `{"id","answer"}`, one a line.
 *
 * 1. An answer is flushed before the engine sees it; one that says nothing (null) only written, as it may come again.
 * 2. A last line that was cut is as if it had never been written. Any other line that is no record makes the file unreadable.
 * 3. The file is read line by line. What is replayed leaves the memory.
 * 4. After a record that could not be written none is: nothing follows a line that may be torn.
 */
import type { Journal } from "./interpreter.ts";

export interface FileJournal extends Journal {
  /** All that was recorded before and was not read yet. */
  unread(): Iterable<readonly [id: string, answer: unknown]>;
  close(): void;
}

/** More than the file may have. */
export class JournalFullError extends Error {
  override readonly name = "JournalFullError";
}

const READ_BYTES = 256 * 1024;
const NEW_LINE = 10;

/** Reads what is recorded, and appends to it. One process at a time. @param maxBytes Of the file. */
export async function openJournal(path: string, maxBytes = Infinity): Promise<FileJournal> {
  const answers = new Map<string, { readonly answer: unknown }>();
  const file = await Deno.open(path, { read: true, append: true, create: true, mode: 0o600 });
  let size = 0;
  try {
    for await (const line of wholeLines(file)) {
      size += line.length + 1;
      const { id, answer } = parse(line, size);
      answers.set(id, { answer });
    }
    if (size < (await file.stat()).size) await file.truncate(size);
  } catch (error) {
    file.close();
    throw error;
  }
  let isBroken = false;
  return {
    read(id) {
      const found = answers.get(id);
      answers.delete(id);
      return found;
    },
    *unread() {
      for (const [id, { answer }] of answers) yield [id, answer];
    },
    async record(id, answer) {
      if (isBroken) throw new Error("Cannot record as an earlier record could not be written");
      const bytes = new TextEncoder().encode(`${JSON.stringify({ id, answer: answer ?? null })}\n`);
      if (size + bytes.length > maxBytes) {
        throw new JournalFullError(
          `Cannot record as the journal may have ${maxBytes} bytes: it has ${size}, and ${bytes.length} come`,
        );
      }
      try {
        writeAll(file, bytes);
        size += bytes.length;
        if (answer !== null && answer !== undefined) await file.syncData();
      } catch (error) {
        isBroken = true;
        throw error;
      }
    },
    close: () => file.close(),
  };
}

/** Without their ends; what follows the last end is left out. */
async function* wholeLines(file: Deno.FsFile): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(READ_BYTES);
  let parts: Uint8Array[] = [];
  for (let read = await file.read(buffer); read !== null; read = await file.read(buffer)) {
    let from = 0;
    for (let end = buffer.indexOf(NEW_LINE); end !== -1 && end < read; end = buffer.indexOf(NEW_LINE, from)) {
      yield joined([...parts, buffer.subarray(from, end)]);
      parts = [];
      from = end + 1;
    }
    if (from < read) parts.push(buffer.slice(from, read));
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @param at Where the line ends, in bytes: no text of a run belongs into a message. */
function parse(line: Uint8Array, at: number): { readonly id: string; readonly answer: unknown } {
  try {
    const record = JSON.parse(new TextDecoder().decode(line)) as { id: unknown; answer: unknown };
    if (typeof record.id === "string") return { id: record.id, answer: record.answer };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new Error(`Cannot read the journal as each line must be a record: the one before byte ${at} is none`);
}

/** A write may take less than it was given. */
export function writeAll(file: Pick<Deno.FsFile, "writeSync">, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
}
