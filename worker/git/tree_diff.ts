/** Which paths differ between two trees, without looking into equal subtrees. Pure; renames are two changes. */
import { MODE_DIRECTORY, type TreeEntry } from "./object.ts";
import type { ObjectSource } from "./object_source.ts";

/** One side of a change: a file, symlink or submodule, never a directory. */
export interface TreeLeaf {
  readonly mode: string;
  readonly id: string;
}

export interface TreeChange {
  readonly path: string;
  /** Null if the path was added. */
  readonly before: TreeLeaf | null;
  /** Null if the path was deleted. */
  readonly after: TreeLeaf | null;
}

/** The changes from tree `beforeId` to tree `afterId`, sorted by path. Null stands for the empty tree. */
export function diffTrees(
  source: ObjectSource,
  beforeId: string | null,
  afterId: string | null,
): TreeChange[] {
  const changes: TreeChange[] = [];
  const pending = [{ prefix: "", beforeId, afterId }];
  for (let pair = pending.pop(); pair !== undefined; pair = pending.pop()) {
    if (pair.beforeId === pair.afterId) continue;
    const before = entriesByName(source, pair.beforeId);
    const after = entriesByName(source, pair.afterId);
    for (const name of new Set([...before.keys(), ...after.keys()])) {
      const [left, right] = [before.get(name), after.get(name)];
      if (left?.id === right?.id && left?.mode === right?.mode) continue;
      const path = pair.prefix + name;
      const [leftTree, rightTree] = [treeOf(left), treeOf(right)];
      if (leftTree !== null || rightTree !== null) {
        pending.push({ prefix: path + "/", beforeId: leftTree, afterId: rightTree });
      }
      const [leftLeaf, rightLeaf] = [leafOf(left), leafOf(right)];
      if (leftLeaf !== null || rightLeaf !== null) changes.push({ path, before: leftLeaf, after: rightLeaf });
    }
  }
  return changes.sort((a, b) => a.path < b.path ? -1 : 1);
}

function entriesByName(source: ObjectSource, treeId: string | null): Map<string, TreeEntry> {
  const entries = treeId === null ? [] : source.tree(treeId) ?? [];
  return new Map(entries.map((entry) => [entry.name, entry]));
}

function treeOf(entry: TreeEntry | undefined): string | null {
  return entry?.mode === MODE_DIRECTORY ? entry.id : null;
}

function leafOf(entry: TreeEntry | undefined): TreeLeaf | null {
  return entry === undefined || entry.mode === MODE_DIRECTORY ? null : { mode: entry.mode, id: entry.id };
}
