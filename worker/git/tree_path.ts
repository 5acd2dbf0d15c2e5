/** Finding a path in a commit's tree. Pure, over the synchronous {@link ObjectSource}. */
import type { TreeEntry } from "./object.ts";
import { MODE_DIRECTORY } from "./object.ts";
import type { ObjectSource } from "./object_source.ts";

/** The entry at `path` under the tree `treeId`; "" is the tree itself. Undefined if there is none. */
export function findEntry(source: ObjectSource, treeId: string, path: string): TreeEntry | undefined {
  let entry: TreeEntry = { mode: MODE_DIRECTORY, name: "", id: treeId };
  for (const name of path.split("/").filter((part) => part !== "")) {
    if (entry.mode !== MODE_DIRECTORY) return undefined;
    const next = source.tree(entry.id)?.find((candidate) => candidate.name === name);
    if (next === undefined) return undefined;
    entry = next;
  }
  return entry;
}

/** A mode in words. */
export function describeMode(mode: string): "file" | "executable" | "symlink" | "directory" | "submodule" {
  if (mode === "100755") return "executable";
  if (mode === "120000") return "symlink";
  if (mode === MODE_DIRECTORY) return "directory";
  return mode === "160000" ? "submodule" : "file";
}
