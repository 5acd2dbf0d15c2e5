/** Folders inside a worktree, without following links. */
import { join } from "node:path";

/** Is `path` below `root` a folder, made if missing? False where something else, such as a link, is on the way. */
export async function isDirectoryPath(root: string, path: string): Promise<boolean> {
  let place = root;
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") return false;
    place = join(place, part);
    const found = await Deno.lstat(place).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    });
    if (found === null) await Deno.mkdir(place);
    else if (!found.isDirectory) return false;
  }
  return true;
}
