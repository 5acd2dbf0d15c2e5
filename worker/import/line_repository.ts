/** The `.agentics/` folder of a repository elsewhere, fetched without its history and with as little beside it as can be. */
import { err, ok, type Result } from "../../protocol/result.ts";
import { MODE_DIRECTORY, parseCommit, parseTree, type TreeEntry } from "../git/object.ts";
import { IMPORT_FILES_MAX, IMPORT_FILES_MAX_BYTES } from "../limits.ts";
import { type GitRemote, openRemote, type RemoteOptions, textOfFile } from "./git_remote.ts";
import type { ImportError } from "./import_error.ts";
import { objectsOfPack, type PackedObject } from "./pack_objects.ts";

const FOLDER = ".agentics";
/** Folders within folders; a line has three. */
const DEPTH_MAX = 12;

export interface FetchedFolder {
  /** By their path in the folder. */
  readonly files: ReadonlyMap<string, string>;
  readonly commit: string;
  readonly warnings: readonly string[];
}

type Objects = Map<string, PackedObject>;

interface Found {
  readonly path: string;
  readonly id: string;
}

/** Fetches the folder at a branch, tag or full ref name; null: the default branch. */
export async function fetchLineFolder(
  url: string,
  ref: string | null,
  options: RemoteOptions,
): Promise<Result<FetchedFolder, ImportError>> {
  const remote = await openRemote(url, options);
  if (!remote.ok) return remote;
  const commit = await remote.value.resolve(ref);
  if (!commit.ok) return commit;
  const objects: Objects = new Map();
  // Trees first, and then only the files that are needed, from servers that can; else all of the one commit.
  const structure = await take(
    remote.value,
    objects,
    [commit.value],
    remote.value.canFilter ? "blob:none" : null,
  );
  if (!structure.ok) return structure;
  const warnings: string[] = [];
  const found = listFolder(objects, commit.value, ref ?? "HEAD", warnings);
  if (!found.ok) return found;
  const missing = [...new Set(found.value.map(({ id }) => id))].filter((id) => !objects.has(id));
  if (missing.length > 0) {
    const blobs = await take(remote.value, objects, missing, null);
    if (!blobs.ok) return blobs;
  }
  const files = readFiles(objects, found.value, warnings);
  return files.ok ? ok({ files: files.value, commit: commit.value, warnings }) : files;
}

async function take(
  remote: GitRemote,
  objects: Objects,
  ids: readonly string[],
  filter: string | null,
): Promise<Result<null, ImportError>> {
  const pack = await remote.fetchPack(ids, filter);
  if (!pack.ok) return pack;
  const read = objectsOfPack(pack.value);
  if (!read.ok) return err({ reason: "bad_pack" });
  for (const [id, object] of read.value) objects.set(id, object);
  return ok(null);
}

/** Every file below the folder; links and submodules are named in the warnings. */
function listFolder(
  objects: Objects,
  commitId: string,
  ref: string,
  warnings: string[],
): Result<Found[], ImportError> {
  const bad = err<ImportError>({ reason: "bad_pack" });
  const commit = objects.get(commitId);
  const parsed = commit?.type === "commit" ? parseCommit(commit.data) : null;
  const root = parsed?.ok ? entriesOf(objects, parsed.value.tree) : null;
  if (root === null) return bad;
  const folder = root.find((entry) => entry.name === FOLDER && entry.mode === MODE_DIRECTORY);
  if (folder === undefined) return err({ reason: "no_line", ref });
  const found: Found[] = [];
  const open = [{ path: "", id: folder.id, depth: 0 }];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const entries = entriesOf(objects, at.id);
    if (entries === null) return bad;
    for (const { mode, name, id } of entries) {
      const path = at.path + name;
      if (mode === MODE_DIRECTORY && at.depth < DEPTH_MAX) {
        open.push({ path: `${path}/`, id, depth: at.depth + 1 });
      } else if (mode.startsWith("100")) found.push({ path, id });
      else warnings.push(`'${path}' is not a file and is not used`);
    }
    if (found.length > IMPORT_FILES_MAX) {
      return err({ reason: "too_many_files", filesMax: IMPORT_FILES_MAX, bytesMax: IMPORT_FILES_MAX_BYTES });
    }
  }
  return ok(found);
}

function entriesOf(objects: Objects, id: string): readonly TreeEntry[] | null {
  const tree = objects.get(id);
  const parsed = tree?.type === "tree" ? parseTree(tree.data) : null;
  return parsed?.ok ? parsed.value : null;
}

function readFiles(
  objects: Objects,
  found: readonly Found[],
  warnings: string[],
): Result<Map<string, string>, ImportError> {
  const files = new Map<string, string>();
  let bytes = 0;
  for (const { path, id } of found) {
    const blob = objects.get(id);
    if (blob?.type !== "blob") return err({ reason: "bad_pack" });
    const text = textOfFile(blob.data);
    if (text === null) {
      warnings.push(`'${path}' is not text and is not used`);
      continue;
    }
    bytes += blob.data.length;
    files.set(path, text);
  }
  return bytes <= IMPORT_FILES_MAX_BYTES
    ? ok(files)
    : err({ reason: "too_many_files", filesMax: IMPORT_FILES_MAX, bytesMax: IMPORT_FILES_MAX_BYTES });
}
