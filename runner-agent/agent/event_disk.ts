/**
 * The files of an activity log (`agent_events.ts`): where the next line goes, and what is torn.
 *
 * 1. What `append` was given is in the file as a whole or not at all, also after a fault: what a fault left is cut off before
 *    anything else is written, and by `open` after a crash.
 */
import type { AgentEvent } from "../agent_ports.ts";

/** How far the control plane has it: the first sequence that it has not, and where its line begins, in bytes. */
export interface SentMark {
  readonly sequence: number;
  readonly offset: number;
}

export interface EventStart {
  readonly nextSequence: number;
  /** Bytes of whole lines. */
  readonly size: number;
  readonly sent: SentMark;
}

/** One caller at a time. All reject for faults of the disk, and may be called again. */
export interface EventDisk {
  /** Finds what is there; must have resolved before anything else is called. */
  open(): Promise<EventStart>;
  /** Puts whole lines at `offset`, the end of what is there; on the disk when it resolves. */
  append(bytes: Uint8Array, offset: number): Promise<void>;
  /** The bytes from `offset`, at most so many. May be called beside `append`. */
  read(offset: number, maxBytes: number): Promise<Uint8Array>;
  saveSent(sent: SentMark): Promise<void>;
  close(): void;
}

/** What is used of a file. */
export type EventFile = Pick<Deno.FsFile, "read" | "write" | "seek" | "truncate" | "sync" | "close" | "stat">;
export type OpenFile = (path: string, options: Deno.OpenOptions) => Promise<EventFile>;

/** In a directory that is there. @param openFile The disk. */
export function createEventDisk(dir: string, openFile: OpenFile = Deno.open): EventDisk {
  const path = `${dir}/events.ndjson`;
  let file: EventFile | null = null;
  let isTorn = false;

  /** Invariant 1. */
  async function cutAt(opened: EventFile, size: number): Promise<void> {
    await opened.truncate(size);
    isTorn = false;
  }

  async function start(opened: EventFile): Promise<EventStart> {
    const { size: length } = await opened.stat();
    await opened.seek(0, Deno.SeekMode.Start);
    const bytes = await readFully(opened, length);
    const size = bytes.lastIndexOf(NEW_LINE) + 1;
    if (size < bytes.length) await cutAt(opened, size);
    const lastLine = bytes.subarray(bytes.lastIndexOf(NEW_LINE, size - 2) + 1, size);
    const nextSequence = size === 0
      ? 0
      : (JSON.parse(new TextDecoder().decode(lastLine)) as AgentEvent).sequence + 1;
    return { nextSequence, size, sent: await loadSent(`${dir}/events.sent`, size) };
  }

  return {
    async open() {
      const opened = await openFile(path, { create: true, read: true, write: true, mode: 0o600 });
      try {
        const found = await start(opened);
        file = opened;
        return found;
      } catch (error) {
        opened.close();
        throw error;
      }
    },
    async append(bytes, offset) {
      const opened = file!;
      if (isTorn) await cutAt(opened, offset);
      isTorn = true;
      await opened.seek(offset, Deno.SeekMode.Start);
      for (let at = 0; at < bytes.length;) at += await opened.write(bytes.subarray(at));
      await opened.sync();
      isTorn = false;
    },
    async read(offset, maxBytes) {
      const opened = await openFile(path, { read: true });
      try {
        await opened.seek(offset, Deno.SeekMode.Start);
        return await readFully(opened, maxBytes);
      } finally {
        opened.close();
      }
    },
    async saveSent({ sequence, offset }) {
      const sentPath = `${dir}/events.sent`;
      const next = await openFile(`${sentPath}.new`, {
        create: true,
        write: true,
        truncate: true,
        mode: 0o600,
      });
      try {
        const bytes = new TextEncoder().encode(`${sequence} ${offset}`);
        for (let at = 0; at < bytes.length;) at += await next.write(bytes.subarray(at));
      } finally {
        next.close();
      }
      await Deno.rename(`${sentPath}.new`, sentPath);
    },
    close() {
      file?.close();
      file = null;
    },
  };
}

export const NEW_LINE = 10;

async function readFully(file: EventFile, maxBytes: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(maxBytes);
  let at = 0;
  while (at < maxBytes) {
    const count = await file.read(bytes.subarray(at));
    if (count === null) break;
    at += count;
  }
  return bytes.subarray(0, at);
}

/** What is no such mark, or not of this file, says nothing: what was sent goes once more. */
async function loadSent(path: string, size: number): Promise<SentMark> {
  try {
    const [sequence, offset] = (await Deno.readTextFile(path)).split(" ").map(Number);
    const isOurs = Number.isSafeInteger(sequence) && Number.isSafeInteger(offset) && offset! <= size;
    return isOurs ? { sequence: sequence!, offset: offset! } : { sequence: 0, offset: 0 };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { sequence: 0, offset: 0 };
    throw error;
  }
}
