/**
 * Memory in an agent's home: placed there before the agent starts, read from there when it has ended.
 *
 * 1. Only while nothing of the agent runs: the home is the agent's.
 * 2. No link is followed, and nothing is written where something is.
 * 3. A file that holds a secret of the run is left where it is (S1).
 */
import { dirname, join } from "node:path";
import { isMemoryPath, type MemoryFiles } from "../domain/agent_memory.ts";
import { MEMORY_FILE_MAX_BYTES, MEMORY_FILES_MAX, MEMORY_UNPACKED_MAX_BYTES } from "../limits.ts";

const PRIVATE_DIR = 0o700;
const PRIVATE_FILE = 0o600;

/** Writes what of an archive is memory; answers what was written. The folder is the CLI's configuration. */
export async function placeMemory(folder: string, files: MemoryFiles): Promise<MemoryFiles> {
  const placed = new Map<string, Uint8Array>();
  for (const [path, bytes] of files) {
    if (!isMemoryPath(path)) continue;
    const file = join(folder, path);
    try {
      await Deno.mkdir(dirname(file), { recursive: true, mode: PRIVATE_DIR });
      await Deno.writeFile(file, bytes, { createNew: true, mode: PRIVATE_FILE });
    } catch (error) {
      // The home's own file, or a file where another has a folder.
      if (error instanceof Deno.errors.AlreadyExists || error instanceof Deno.errors.NotADirectory) continue;
      throw error;
    }
    placed.set(path, bytes);
  }
  return placed;
}

export interface MemoryReading {
  readonly files: MemoryFiles;
  /** Files that were left out, and why, for the log: their number. */
  readonly leftOut: number;
}

/** What of a home is memory. @param secrets Texts that must not leave it. */
export async function readMemory(folder: string, secrets: readonly string[]): Promise<MemoryReading> {
  const files = new Map<string, Uint8Array>();
  const wanted = secrets.filter((secret) => secret !== "");
  let leftOut = 0;
  let left = MEMORY_UNPACKED_MAX_BYTES;
  for await (const path of walk(folder, "")) {
    if (!isMemoryPath(path)) continue;
    const bytes = await readFile(join(folder, path));
    const isFitting = bytes !== null && bytes.length <= left && files.size < MEMORY_FILES_MAX;
    if (!isFitting || wanted.some((secret) => holds(bytes, secret))) {
      leftOut++;
      continue;
    }
    left -= bytes.length;
    files.set(path, bytes);
  }
  return { files, leftOut };
}

/** Files below the folders that may have memory; what is closed to us, or a link, is not there. */
async function* walk(root: string, below: string): AsyncGenerator<string> {
  const entries = await Array.fromAsync(Deno.readDir(join(root, below))).catch(() => []);
  for (const { name, isDirectory, isFile } of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
    const path = below === "" ? name : `${below}/${name}`;
    if (isFile) yield path;
    else if (isDirectory && mayHaveMemory(path)) yield* walk(root, path);
  }
}

function mayHaveMemory(path: string): boolean {
  return path === "projects" || /^projects\/[^/]+$/.test(path) || isMemoryPath(`${path}/x`);
}

async function readFile(path: string): Promise<Uint8Array | null> {
  const { isFile, size } = await Deno.lstat(path);
  if (!isFile || size > MEMORY_FILE_MAX_BYTES) return null;
  return await Deno.readFile(path).catch(() => null);
}

function holds(bytes: Uint8Array, secret: string): boolean {
  return new TextDecoder().decode(bytes).includes(secret);
}
