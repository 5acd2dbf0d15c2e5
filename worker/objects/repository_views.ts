/** What pages read of a repository: directories, files, its log and diffs between two commits. */
import type {
  CommitPage,
  FileChange,
  FileChangeKind,
  RepositoryDiff,
  RepositoryError,
  RepositoryFile,
} from "../domain/task_repository_api.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { bytesOf } from "../git/bytes.ts";
import { walkLog } from "../git/commit_log.ts";
import { summarizeCommit } from "../git/commit_summary.ts";
import { MODE_DIRECTORY, MODE_SUBMODULE } from "../git/object.ts";
import { isObjectId } from "../git/object_id.ts";
import { peel } from "../git/object_source.ts";
import { diffTrees, type TreeChange, type TreeLeaf } from "../git/tree_diff.ts";
import { describeMode, findEntry } from "../git/tree_path.ts";
import { isBinary, makeFilePatch } from "../git/unified_diff.ts";
import {
  DIFF_EDITS_MAX,
  DIFF_FILE_MAX_BYTES,
  DIFF_FILES_MAX,
  DIFF_TOTAL_MAX_BYTES,
  FILE_READ_MAX_BYTES,
} from "../limits.ts";
import type { RefTable } from "../store/repository/ref_table.ts";
import type { RepositoryObjects } from "./repository_objects.ts";

/** The commit that `ref` means (`HEAD`, a full ref name, or a commit id) with its tree. */
function resolveCommit(objects: RepositoryObjects, refs: RefTable, ref: string) {
  const name = ref === "HEAD" ? refs.repository()?.headRef ?? ref : ref;
  const named = isObjectId(name) ? name : refs.read(name);
  const id = named === undefined ? undefined : peel(objects, named).id;
  const commit = id === undefined ? undefined : objects.commit(id);
  return commit === undefined
    ? err({ reason: "ref_not_found" as const, ref })
    : ok({ id: id!, tree: commit.tree });
}

/** Lists one directory; `path` "" is the root. */
export function listFiles(
  objects: RepositoryObjects,
  refs: RefTable,
  ref: string,
  path: string,
): Result<RepositoryFile[], RepositoryError> {
  const commit = resolveCommit(objects, refs, ref);
  if (!commit.ok) return commit;
  const directory = findEntry(objects, commit.value.tree, path);
  if (directory?.mode !== MODE_DIRECTORY) return err({ reason: "path_not_found", ref, path });
  const prefix = path.split("/").filter((part) => part !== "").map((part) => part + "/").join("");
  const entries = objects.tree(directory.id) ?? [];
  return ok(entries.map((entry) => ({
    path: prefix + entry.name,
    mode: describeMode(entry.mode),
    objectId: entry.id,
    bytes: entry.mode === MODE_DIRECTORY ? 0 : objects.sizeOf(entry.id) ?? 0,
  })));
}

/** Reads one file (or the target of a symlink). */
export async function readFile(
  objects: RepositoryObjects,
  refs: RefTable,
  ref: string,
  path: string,
): Promise<Result<Uint8Array, RepositoryError>> {
  const commit = resolveCommit(objects, refs, ref);
  if (!commit.ok) return commit;
  const entry = findEntry(objects, commit.value.tree, path);
  const notFound = err({ reason: "path_not_found" as const, ref, path });
  if (entry === undefined || entry.mode === MODE_DIRECTORY || entry.mode === MODE_SUBMODULE) return notFound;
  const bytes = objects.sizeOf(entry.id) ?? 0;
  if (bytes > FILE_READ_MAX_BYTES) {
    return err({ reason: "object_too_large", path, bytes, bytesMax: FILE_READ_MAX_BYTES });
  }
  const object = await objects.load(entry.id);
  return object === undefined ? notFound : ok(object.data);
}

/** The changes from one commit's tree to another's. */
export function diffCommits(
  objects: RepositoryObjects,
  refs: RefTable,
  base: string,
  head: string,
): Result<RepositoryDiff, RepositoryError> {
  const [before, after] = [resolveCommit(objects, refs, base), resolveCommit(objects, refs, head)];
  if (!before.ok) return before;
  if (!after.ok) return after;
  const all = diffTrees(objects, before.value.tree, after.value.tree);
  const changed = all.slice(0, DIFF_FILES_MAX);
  let patchBytes = 0;
  const changes = changed.map((change): FileChange => {
    const made = describeChange(objects, change);
    patchBytes += made.patch === null ? 0 : bytesOf(made.patch).length;
    return patchBytes > DIFF_TOTAL_MAX_BYTES && made.patch !== null
      ? { ...made, patch: null, omitted: "too_large" }
      : made;
  });
  const isTruncated = all.length > changed.length;
  return ok({ baseCommit: before.value.id, headCommit: after.value.id, changes, isTruncated });
}

/** One page of the log of `ref`; `cursor` is null or what the page before gave as `next`. */
export function listCommits(
  objects: RepositoryObjects,
  refs: RefTable,
  ref: string,
  limit: number,
  cursor: string | null,
): Result<CommitPage, RepositoryError> {
  // The cursor names the commit at which the log began, so that a push in between does not shift the pages.
  const [start = ref, skipped = "0"] = cursor?.split(".") ?? [];
  if (cursor !== null && !(isObjectId(start) && /^\d{1,9}$/.test(skipped))) {
    return err({ reason: "bad_cursor", cursor });
  }
  const from = resolveCommit(objects, refs, start);
  if (!from.ok) return from;
  const skip = Number(skipped);
  const commits: CommitPage["commits"][number][] = [];
  let at = 0;
  for (const id of walkLog(objects, from.value.id)) {
    if (at++ < skip) continue;
    if (commits.length === limit) {
      return ok({ commits, next: `${from.value.id}.${skip + limit}` });
    }
    commits.push({ id, parents: objects.commit(id)!.parents, ...summarizeCommit(objects.read(id)!.data) });
  }
  return ok({ commits, next: null });
}

function kindOf({ before, after }: TreeChange): FileChangeKind {
  if (before === null) return "added";
  if (after === null) return "deleted";
  return before.id === after.id ? "mode_changed" : "modified";
}

function describeChange(objects: RepositoryObjects, change: TreeChange): FileChange {
  const { path } = change;
  const kind = kindOf(change);
  const sides = [change.before, change.after];
  const omit = (omitted: "binary" | "too_large"): FileChange => (
    { path, kind, patch: null, addedLines: 0, deletedLines: 0, omitted }
  );
  if (kind === "mode_changed") {
    return { path, kind, patch: "", addedLines: 0, deletedLines: 0, omitted: null };
  }
  if (sides.some((leaf) => leaf !== null && (objects.sizeOf(leaf.id) ?? 0) > DIFF_FILE_MAX_BYTES)) {
    return omit("too_large");
  }
  const [before, after] = sides.map((leaf) => textOfLeaf(objects, leaf));
  if ([before, after].some((data) => data instanceof Uint8Array && isBinary(data))) return omit("binary");
  return { path, kind, ...makeFilePatch(path, before ?? null, after ?? null, DIFF_EDITS_MAX), omitted: null };
}

/** What a side of a change is compared as. Below the diff's size limit every object is at hand. */
function textOfLeaf(objects: RepositoryObjects, leaf: TreeLeaf | null): Uint8Array | null {
  if (leaf === null) return null;
  if (leaf.mode === MODE_SUBMODULE) return bytesOf(`Subproject commit ${leaf.id}\n`);
  const object = objects.read(leaf.id);
  if (object !== undefined) return object.data;
  throw new Error(
    `Cannot diff file as a small object must be at hand: current value is not, for ${leaf.id}`,
  );
}
