/**
 * What a CLI counts in files of its home (`SessionHarness.usageFile`), read from the host as it grows.
 *
 * 1. The home is the agent's: a path that leads out of it, or to what is no plain file, is not read; of one that is, a
 *    bounded piece at a time.
 * 2. A file is counted from its beginning in each life of the runner: what is told is its whole, by its path.
 * 3. Looks come from hooks and from the session's own loop, at the same time too; they are taken one after the other. Two that
 *    read the same piece would count it twice and go on as far behind it, so that what comes next is never read.
 */
import { constants } from "node:fs";
import { type FileHandle, open, realpath } from "node:fs/promises";
import type { HookEvent, PromptRead, TokenUsage, UsageFile, UsageTally } from "../agent_ports.ts";
import { addUsage, NO_USAGE } from "../domain/agent/budget.ts";
import { USAGE_FILE_LOOK_BYTES } from "../limits.ts";

export interface UsageFiles {
  /** Reads what the files that an event names have got since the last look; those that told anything new. */
  look(event: HookEvent): Promise<readonly FileUsage[]>;
  /** The same for files that events have named before. */
  lookAgain(paths: readonly string[]): Promise<readonly FileUsage[]>;
  /** Why a turn failed, if what was read since the last call told of one (`UsageTally.takeFailure`). */
  takeFailure(): string | null;
  /** Prompts that a turn has read, if what was read since the last call told of any (`UsageTally.takeRead`). */
  takeRead(): readonly PromptRead[];
  /**
   * Rewrites files between two lives of the CLI (`SessionHarness.mendSessionFile`); they are counted anew from their
   * beginning. The sandbox must have ended.
   */
  mend(paths: readonly string[], mend: (text: string) => string): Promise<void>;
}

export interface FileUsage {
  readonly path: string;
  /** Since the file's beginning. */
  readonly total: TokenUsage;
}

export interface UsageFilesDeps {
  readonly usageFile: UsageFile | null;
  /** On the host, and inside the sandbox. */
  readonly hostHome: string;
  readonly agentHome: string;
}

interface Counted {
  readonly tally: UsageTally;
  readonly decoder: TextDecoder;
  offset: number;
  usage: TokenUsage;
}

export function createUsageFiles(deps: UsageFilesDeps): UsageFiles {
  const files = new Map<string, Counted>();
  let last: Promise<unknown> = Promise.resolve();

  /** Invariant 3. */
  function oneByOne<T>(act: () => Promise<T>): Promise<T> {
    const done = last.then(act, act);
    last = done;
    return done;
  }

  async function read(path: string): Promise<FileUsage | null> {
    if (deps.usageFile === null || !path.startsWith(`${deps.agentHome}/`)) return null;
    const counted = files.get(path) ??
      { tally: deps.usageFile.createTally(), decoder: new TextDecoder(), offset: 0, usage: NO_USAGE };
    const bytes = await readFrom(deps.hostHome, path.slice(deps.agentHome.length + 1), counted.offset);
    if (bytes === null || bytes.length === 0) return null;
    files.set(path, counted);
    counted.offset += bytes.length;
    counted.usage = addUsage(
      counted.usage,
      counted.tally.add(counted.decoder.decode(bytes, { stream: true })),
    );
    return { path, total: counted.usage };
  }

  function lookAt(paths: readonly string[]): Promise<readonly FileUsage[]> {
    return oneByOne(async () => {
      const found: FileUsage[] = [];
      for (const path of paths) {
        const usage = await read(path);
        if (usage !== null) found.push(usage);
      }
      return found;
    });
  }

  return {
    mend: (paths, mend) =>
      oneByOne(async () => {
        for (const path of paths) {
          if (!path.startsWith(`${deps.agentHome}/`)) continue;
          const isMended = await rewrite(deps.hostHome, path.slice(deps.agentHome.length + 1), mend);
          if (isMended) files.delete(path);
        }
      }),
    look: (event) => lookAt(deps.usageFile?.pathsOf(event) ?? []),
    lookAgain: lookAt,
    takeFailure: () =>
      [...files.values()].map(({ tally }) => tally.takeFailure()).findLast((failure) => failure !== null) ??
        null,
    takeRead: () => [...files.values()].flatMap(({ tally }) => tally.takeRead()),
  };
}

/** Null for what must not, or cannot, be read. */
function readFrom(home: string, path: string, offset: number): Promise<Uint8Array | null> {
  return withFile(home, path, constants.O_RDONLY, (file, size) => readPiece(file, size, offset));
}

/** Whether anything was changed. A file that is too large to be read at once stays as it is. */
async function rewrite(home: string, path: string, mend: (text: string) => string): Promise<boolean> {
  const isMended = await withFile(home, path, constants.O_RDWR, async (file, size) => {
    if (size > USAGE_FILE_LOOK_BYTES) return false;
    const text = new TextDecoder().decode(await readPiece(file, size, 0));
    const mended = mend(text);
    if (mended === text) return false;
    const bytes = new TextEncoder().encode(mended);
    for (let at = 0; at < bytes.length;) {
      at += (await file.write(bytes, at, bytes.length - at, at)).bytesWritten;
    }
    await file.truncate(bytes.length);
    return true;
  });
  return isMended ?? false;
}

async function readPiece(file: FileHandle, size: number, offset: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(Math.max(0, Math.min(size - offset, USAGE_FILE_LOOK_BYTES)));
  const { bytesRead } = await file.read(bytes, 0, bytes.length, offset);
  return bytes.subarray(0, bytesRead);
}

/** Invariant 1. Null for what must not, or cannot, be opened. */
async function withFile<T>(
  home: string,
  path: string,
  flags: number,
  act: (file: FileHandle, size: number) => Promise<T>,
): Promise<T | null> {
  try {
    const real = await realpath(`${home}/${path}`);
    if (!real.startsWith(`${await realpath(home)}/`)) return null;
    // NONBLOCK: a pipe in the file's place would hold us.
    const file = await open(real, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const info = await file.stat();
      return info.isFile() ? await act(file, info.size) : null;
    } finally {
      await file.close();
    }
  } catch {
    // The agent's own files: whatever is wrong with one is no fault of ours.
    return null;
  }
}
