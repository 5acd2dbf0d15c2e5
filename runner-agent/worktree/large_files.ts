/**
 * Git LFS in a run's worktree.
 *
 * 1. No program of git-lfs runs on the host: which server it would talk to, with the host's credentials, is said by files of
 *    the repository.
 * 2. Where the project is on this machine, a file whose content is in its store (`.git/lfs/objects`) gets it, checked by its
 *    hash. Such a file is the runner's then: hidden from git like a job's files, so that nobody commits it in place of its
 *    pointer. An agent can read it, and not change it for the project.
 * 3. All others stay pointers, and a note says how many and which is the first.
 */
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { ok, type Result } from "../../protocol/result.ts";
import { LFS_FILES_MAX, LFS_MAX_BYTES, LFS_POINTER_MAX_BYTES } from "../limits.ts";
import type { WorktreeError } from "../ports.ts";
import type { Origin } from "./allowed_repository.ts";
import { exists } from "./exists.ts";
import type { Git } from "./git_command.ts";
import { isDirectoryPath } from "./plain_path.ts";
import type { RunDirectory } from "./run_directory.ts";

const POINTER =
  /^version https:\/\/git-lfs\.github\.com\/spec\/v1\n(?:[a-z0-9.-]+ .*\n)*?oid sha256:([0-9a-f]{64})\nsize (\d{1,15})\n?$/;
const NOTHING_FOUND_EXIT_CODE = 1;
/** As arguments of one command: fits the kernel's limit with the longest of paths. */
const PATHS_AT_ONCE = 300;

export interface LargeFile {
  readonly oid: string;
  readonly bytes: number;
}

/** Reads a pointer file; null for any other text. */
export function parsePointer(text: string): LargeFile | null {
  const [, oid, size] = POINTER.exec(text) ?? [];
  return oid === undefined ? null : { oid, bytes: Number(size) };
}

export interface PlacedLargeFiles {
  readonly paths: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Gives large files their content where it is on this machine. Only before an agent has run.
 *
 * @param hiddenPaths The runner's own files, which stay as they are.
 */
export async function placeLargeFiles(
  git: Git,
  run: RunDirectory,
  origin: Origin,
  startCommit: string,
  hiddenPaths: readonly string[],
): Promise<Result<PlacedLargeFiles, WorktreeError>> {
  const place = { gitDir: run.git, workTree: run.workspace };
  const used = await git.run({
    ...place,
    action: "look for large files",
    args: ["grep", "-l", "-e", "filter=lfs", startCommit, "--", ":(glob)**/.gitattributes"],
  });
  if (!used.ok) {
    return used.error.exitCode === NOTHING_FOUND_EXIT_CODE ? ok({ paths: [], notes: [] }) : used;
  }
  const listed = await git.run({
    ...place,
    action: "list large files",
    args: ["ls-files", "-z", "--", ":(attr:filter=lfs)"],
  });
  if (!listed.ok) return listed;

  const store = origin.kind === "local" ? await storeOf(origin.url) : null;
  const isHidden = new Set(hiddenPaths);
  const placed: string[] = [];
  const pointers: string[] = [];
  let left = LFS_MAX_BYTES;
  for (const path of listed.value.split("\0").slice(0, -1)) {
    if (isHidden.has(path)) continue;
    const file = await readPointer(run.workspace, path);
    if (file === null) continue;
    const isPlaced = store !== null && placed.length < LFS_FILES_MAX && file.bytes <= left &&
      await copyContent(store, file, join(run.workspace, path));
    if (isPlaced) left -= file.bytes;
    (isPlaced ? placed : pointers).push(path);
  }
  for (let first = 0; first < placed.length; first += PATHS_AT_ONCE) {
    const some = placed.slice(first, first + PATHS_AT_ONCE);
    const args = ["update-index", "--skip-worktree", "--", ...some];
    const marked = await git.run({ ...place, action: "hide large files", args });
    if (!marked.ok) return marked;
  }
  const notes = [
    ...(pointers.length === 0 ? [] : [
      `${pointers.length} files of Git LFS are pointers, as their content is not on this machine; the first is '${
        pointers[0]
      }'`,
    ]),
    ...(placed.length === 0 ? [] : [
      `${placed.length} files of Git LFS have their content and can be read; changes to them are no part of the work`,
    ]),
  ];
  return ok({ paths: placed, notes });
}

async function storeOf(project: string): Promise<string | null> {
  for (const store of [join(project, ".git", "lfs", "objects"), join(project, "lfs", "objects")]) {
    if (await exists(store)) return store;
  }
  return null;
}

async function readPointer(workspace: string, path: string): Promise<LargeFile | null> {
  if (!await isDirectoryPath(workspace, dirname(path))) return null;
  const file = join(workspace, path);
  const info = await Deno.lstat(file).catch(() => null);
  if (!info?.isFile || info.size > LFS_POINTER_MAX_BYTES) return null;
  return parsePointer(await Deno.readTextFile(file));
}

/** Whole and right, or not at all. */
async function copyContent(store: string, { oid, bytes }: LargeFile, target: string): Promise<boolean> {
  const source = join(store, oid.slice(0, 2), oid.slice(2, 4), oid);
  const info = await Deno.lstat(source).catch(() => null);
  if (!info?.isFile || info.size !== bytes) return false;
  const { mode } = await Deno.lstat(target);
  const temporary = `${target}.shopfloor-new`;
  const hash = createHash("sha256");
  {
    using from = await Deno.open(source);
    using to = await Deno.open(temporary, { write: true, createNew: true });
    const chunk = new Uint8Array(1024 * 1024);
    for (let n = await from.read(chunk); n !== null; n = await from.read(chunk)) {
      hash.update(chunk.subarray(0, n));
      for (let done = 0; done < n;) done += await to.write(chunk.subarray(done, n));
    }
  }
  if (hash.digest("hex") !== oid) {
    await Deno.remove(temporary);
    return false;
  }
  if (mode !== null) await Deno.chmod(temporary, mode & 0o777);
  await Deno.rename(temporary, target);
  return true;
}
