/**
 * Objects: what a commit, a tree and a tag say, parsed from and written to git's bytes. Pure.
 *
 * Parsers are strict about what the program follows (ids, modes, names), since a stored object is trusted later:
 * a malformed object is a value of the error arm, and a push that brings one is refused.
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import { bytesOf, concatBytes, textOf } from "./bytes.ts";
import { ID_BYTES, isObjectId, objectIdBytes, type ObjectType, readObjectId } from "./object_id.ts";

export interface Commit {
  readonly tree: string;
  readonly parents: readonly string[];
  /** Seconds since 1970 of the committer line: what `--shallow-since` compares. */
  readonly committedAtSeconds: number;
}

export interface TreeEntry {
  /** Octal text without leading zeros, as git writes it: 100644, 100755, 120000, 40000, 160000. */
  readonly mode: string;
  readonly name: string;
  readonly id: string;
}

export interface Tag {
  readonly target: string;
  readonly targetType: ObjectType;
}

export interface MalformedObject {
  readonly reason: "malformed_object";
  readonly type: ObjectType;
  readonly detail: string;
}

/** What one object needs the repository to have, and of which type. */
export interface ObjectReference {
  readonly id: string;
  readonly type: ObjectType;
}

export const MODE_DIRECTORY = "40000";
export const MODE_SUBMODULE = "160000";
const MODES = new Set(["100644", "100755", "100664", "120000", MODE_DIRECTORY, MODE_SUBMODULE]);
const TYPES = new Set<string>(["commit", "tree", "blob", "tag"]);

function malformed(
  type: ObjectType,
  detail: string,
): { readonly ok: false; readonly error: MalformedObject } {
  return err({ reason: "malformed_object", type, detail });
}

/** The header lines of a commit or tag: up to the first empty line. */
function headerLines(data: Uint8Array): string[] {
  const text = textOf(data);
  const end = text.indexOf("\n\n");
  return (end < 0 ? text : text.slice(0, end)).split("\n");
}

/** Parses a commit's data. */
export function parseCommit(data: Uint8Array): Result<Commit, MalformedObject> {
  const lines = headerLines(data);
  const tree = lines[0]?.startsWith("tree ") ? lines[0].slice(5) : "";
  if (!isObjectId(tree)) return malformed("commit", "no tree line");
  const parents: string[] = [];
  let i = 1;
  for (; lines[i]?.startsWith("parent "); i++) {
    const parent = lines[i]!.slice(7);
    if (!isObjectId(parent)) return malformed("commit", "bad parent line");
    parents.push(parent);
  }
  const committer = lines.slice(i).find((line) => line.startsWith("committer "));
  const seconds = committer === undefined ? undefined : /> (-?\d+) [+-]\d+$/.exec(committer)?.[1];
  if (seconds === undefined) return malformed("commit", "bad committer line");
  return ok({ tree, parents, committedAtSeconds: Number(seconds) });
}

/** Parses an annotated tag's data. */
export function parseTag(data: Uint8Array): Result<Tag, MalformedObject> {
  const [object, type] = headerLines(data);
  const target = object?.startsWith("object ") ? object.slice(7) : "";
  const targetType = type?.startsWith("type ") ? type.slice(5) : "";
  if (!isObjectId(target)) return malformed("tag", "no object line");
  if (!TYPES.has(targetType)) return malformed("tag", "no type line");
  return ok({ target, targetType: targetType as ObjectType });
}

/** Parses a tree's data. Names that would leave the directory on checkout (`..`, `.git`, with `/`) are malformed. */
export function parseTree(data: Uint8Array): Result<TreeEntry[], MalformedObject> {
  const entries: TreeEntry[] = [];
  let at = 0;
  while (at < data.length) {
    const space = data.indexOf(0x20, at);
    const zero = space < 0 ? -1 : data.indexOf(0, space);
    if (zero < 0 || zero + 1 + ID_BYTES > data.length) return malformed("tree", "truncated entry");
    const mode = textOf(data.subarray(at, space));
    const name = textOf(data.subarray(space + 1, zero));
    if (!MODES.has(mode)) return malformed("tree", "unknown mode");
    if (name === "" || name === "." || name === ".." || name.includes("/") || name.toLowerCase() === ".git") {
      return malformed("tree", "forbidden name");
    }
    entries.push({ mode, name, id: readObjectId(data, zero + 1) });
    at = zero + 1 + ID_BYTES;
  }
  return ok(entries);
}

/** The type of what a tree entry names; submodules name a commit of another repository. */
export function entryType(entry: TreeEntry): ObjectType {
  if (entry.mode === MODE_DIRECTORY) return "tree";
  return entry.mode === MODE_SUBMODULE ? "commit" : "blob";
}

/** What an object refers to directly, in this repository (submodules are elsewhere). */
export function referencesOf(type: ObjectType, data: Uint8Array): Result<ObjectReference[], MalformedObject> {
  if (type === "blob") return ok([]);
  if (type === "tree") {
    const tree = parseTree(data);
    if (!tree.ok) return tree;
    const own = tree.value.filter((entry) => entry.mode !== MODE_SUBMODULE);
    return ok(own.map((entry) => ({ id: entry.id, type: entryType(entry) })));
  }
  if (type === "tag") {
    const tag = parseTag(data);
    return tag.ok ? ok([{ id: tag.value.target, type: tag.value.targetType }]) : tag;
  }
  const commit = parseCommit(data);
  if (!commit.ok) return commit;
  const parents = commit.value.parents.map((id): ObjectReference => ({ id, type: "commit" }));
  return ok([{ id: commit.value.tree, type: "tree" }, ...parents]);
}

/** The data of a tree; entries are put into git's order (directories compare as if their name ended with `/`). */
export function encodeTree(entries: readonly TreeEntry[]): Uint8Array {
  const key = (entry: TreeEntry) => entry.mode === MODE_DIRECTORY ? entry.name + "/" : entry.name;
  const sorted = [...entries].sort((a, b) => compareBytes(bytesOf(key(a)), bytesOf(key(b))));
  return concatBytes(
    sorted.flatMap((entry) => [bytesOf(`${entry.mode} ${entry.name}\0`), objectIdBytes(entry.id)]),
  );
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}
