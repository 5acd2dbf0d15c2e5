/**
 * A run's answers in a file, so that the run goes on after its process was lost: `{"id","answer"}`, one a line, flushed
 * before the engine sees it. A last line that was cut is as if it had never been written.
 */
import type { Journal } from "./interpreter.ts";

export interface FileJournal extends Journal {
  close(): void;
}

/** Reads what is recorded, and appends to it. One process at a time. */
export async function openJournal(path: string): Promise<FileJournal> {
  const answers = new Map<string, { readonly answer: unknown }>();
  const file = await Deno.open(path, { read: true, append: true, create: true, mode: 0o600 });
  const text = await Deno.readTextFile(path);
  const end = text.lastIndexOf("\n") + 1;
  for (const line of text.slice(0, end).split("\n")) {
    if (line === "") continue;
    const { id, answer } = JSON.parse(line) as { readonly id: string; readonly answer: unknown };
    answers.set(id, { answer });
  }
  if (end < text.length) await file.truncate(new TextEncoder().encode(text.slice(0, end)).length);
  const encoder = new TextEncoder();
  return {
    read: (id) => answers.get(id),
    async record(id, answer) {
      writeAll(file, encoder.encode(`${JSON.stringify({ id, answer: answer ?? null })}\n`));
      await file.syncData();
    },
    close: () => file.close(),
  };
}

/** A write may take less than it was given. */
export function writeAll(file: Pick<Deno.FsFile, "writeSync">, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
}
