/**
 * What a CLI counts in files of its home (`SessionHarness.usageFile`), read from the host as it grows.
 *
 * 1. The home is the agent's: a path that leads out of it, or to what is no plain file, is not read; of one that is, a
 *    bounded piece at a time.
 * 2. A resumed session's file may begin with what was used before: what stands in it when it is first seen as resumed does
 *    not count again. A file that was counted in a former life of the runner is counted from its beginning, so its total
 *    replaces the one that was kept.
 */
import { constants } from "node:fs";
import { open, realpath } from "node:fs/promises";
import type { HookEvent, TokenUsage, UsageFile, UsageTally } from "../agent_ports.ts";
import { addUsage, NO_USAGE } from "../domain/agent/budget.ts";
import { USAGE_FILE_LOOK_BYTES } from "../limits.ts";

export interface UsageFiles {
  /** Reads what the files that an event names have got since the last look; true if they told anything new. */
  look(event: HookEvent, isResumed: boolean): Promise<boolean>;
  /** Of all files seen. */
  total(): TokenUsage;
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

  async function read(path: string, isResumed: boolean): Promise<boolean> {
    if (deps.usageFile === null || !path.startsWith(`${deps.agentHome}/`)) return false;
    const isNew = !files.has(path);
    const counted = files.get(path) ??
      { tally: deps.usageFile.createTally(), decoder: new TextDecoder(), offset: 0, usage: NO_USAGE };
    const bytes = await readFrom(deps.hostHome, path.slice(deps.agentHome.length + 1), counted.offset);
    if (bytes === null) return false;
    files.set(path, counted);
    counted.offset += bytes.length;
    const added = counted.tally.add(counted.decoder.decode(bytes, { stream: true }));
    if (isNew && isResumed) return false;
    counted.usage = addUsage(counted.usage, added);
    return bytes.length > 0;
  }

  return {
    async look(event, isResumed) {
      const paths = deps.usageFile?.pathsOf(event) ?? [];
      const told = [];
      for (const path of paths) told.push(await read(path, isResumed));
      return told.includes(true);
    },
    total: () => [...files.values()].reduce((sum, one) => addUsage(sum, one.usage), NO_USAGE),
  };
}

/** Null for what must not, or cannot, be read. */
async function readFrom(home: string, path: string, offset: number): Promise<Uint8Array | null> {
  try {
    const real = await realpath(`${home}/${path}`);
    if (!real.startsWith(`${await realpath(home)}/`)) return null;
    // NONBLOCK: a pipe in the file's place would hold us.
    const file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const info = await file.stat();
      if (!info.isFile()) return null;
      const bytes = new Uint8Array(Math.max(0, Math.min(info.size - offset, USAGE_FILE_LOOK_BYTES)));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, offset);
      return bytes.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch {
    // The agent's own files: whatever is wrong with one is no fault of ours.
    return null;
  }
}
