/**
 * What lies at the paths that no sandbox of a run shows (Runtime 2.4), from its first sandbox on.
 *
 * An agent cannot move what is hidden, but the directory around it. In a sandbox that goes on with its run the path would be
 * missing, or another directory, and what was hidden would be seen where it is now. So it must still be in its place.
 */
import { join } from "node:path";
import { z } from "zod";
import { writeWhole } from "./whole_file.ts";

const FILE = "hidden_paths.json";
const record = z.record(z.string(), z.number());

/**
 * Notes what is there when a run's first sandbox is made, and looks for it when another is.
 *
 * @param root The run's directory, which no sandbox shows.
 * @returns The first path that is not what it was; null: none has moved.
 */
export async function findMoved(
  root: string,
  worktreeDir: string,
  paths: readonly string[],
): Promise<string | null> {
  if (paths.length === 0) return null;
  const noted = await read(join(root, FILE));
  for (const [path, inode] of Object.entries(noted ?? {})) {
    if (await inodeOf(worktreeDir, path) !== inode) return path;
  }
  if (noted !== null) return null;
  const found: Record<string, number> = {};
  for (const path of paths) {
    const inode = await inodeOf(worktreeDir, path);
    if (inode !== null) found[path] = inode;
  }
  await writeWhole(join(root, FILE), JSON.stringify(found));
  return null;
}

async function read(path: string): Promise<z.infer<typeof record> | null> {
  try {
    return record.parse(JSON.parse(await Deno.readTextFile(path)));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

async function inodeOf(worktreeDir: string, path: string): Promise<number | null> {
  try {
    return (await Deno.lstat(join(worktreeDir, path))).ino;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
    throw error;
  }
}
