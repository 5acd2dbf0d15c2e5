/**
 * Gives back the disk of caches that nobody wants (Runtime 4, complaint 7): a project that no run stands on and that was not
 * asked for since a time is fetched anew when one does.
 *
 * 1. A cache that a run's note names is kept, whatever its age: the run borrows its objects.
 * 2. A cache is used when it is opened, which its lock file's time says; it is looked at and removed under that lock.
 * 3. The lock file stays: whoever waits for it must find the same one.
 */
import { join } from "node:path";
import type { CacheResult } from "../ports.ts";
import type { RepositoryCaches } from "./repository_cache.ts";
import { readNotes, removeTree } from "./run_directory.ts";

export interface ReclaimRequest {
  readonly nowMs: number;
  readonly unusedMs: number;
  readonly isDryRun: boolean;
}

/** Looks at each cache below `<dataDir>/repositories`. */
export async function reclaimCaches(
  dataDir: string,
  caches: RepositoryCaches,
  request: ReclaimRequest,
): Promise<readonly CacheResult[]> {
  const results: CacheResult[] = [];
  for (const path of await cachePaths(join(dataDir, "repositories"))) {
    results.push(await caches.withLock(path, () => reclaim(dataDir, path, request)));
  }
  return results;
}

async function reclaim(
  dataDir: string,
  path: string,
  { nowMs, unusedMs, isDryRun }: ReclaimRequest,
): Promise<CacheResult> {
  const notes = await readNotes(dataDir);
  const run = [...notes].find(([, note]) => note.cacheGitDir === path)?.[0];
  if (run !== undefined) return { path, result: "kept", reason: `run ${run} stands on it` };
  const usedAtMs = (await Deno.stat(`${path}.lock`)).mtime?.getTime() ?? nowMs;
  const days = Math.floor((nowMs - usedAtMs) / 86_400_000);
  if (nowMs - usedAtMs < unusedMs) return { path, result: "kept", reason: `it was used ${days} days ago` };
  const reason = `no run stands on it and none wanted it for ${days} days`;
  if (isDryRun) return { path, result: "would_remove", reason };
  await removeTree(path);
  return { path, result: "removed", reason };
}

async function cachePaths(directory: string): Promise<readonly string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(directory));
    return entries.filter((entry) => entry.isDirectory && /^[0-9a-f]+\.git$/.test(entry.name))
      .map((entry) => join(directory, entry.name)).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
