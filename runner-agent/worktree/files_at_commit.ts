/**
 * Text files of a commit, read from the objects and never from a working tree: what an agent wrote into its worktree, or
 * configured there, has no part in it.
 *
 * Links, submodules and what is no text are left out of the texts and named, for whoever needs the file to say so.
 */
import { ok, type Result } from "../../protocol/result.ts";
import type { CommitFile } from "../ports.ts";
import type { Git, GitFailure } from "./git_command.ts";

/** Mode, type, object and path of `ls-tree -z`. */
const ENTRY = /^(\d{6}) (\w+) ([0-9a-f]{40,64}) +(\S+)\t([\s\S]+)$/;
const REPLACED = "�";

/**
 * @param under A folder, without slashes at its ends; paths of the answer are below it.
 * @param maxBytes Of all files together; what is more is left out, and named.
 */
export async function filesAtCommit(
  git: Git,
  gitDir: string,
  commit: string,
  under: string,
  maxBytes: number,
): Promise<Result<ReadonlyMap<string, CommitFile>, GitFailure>> {
  const listed = await git.run({
    action: "list the files of a commit",
    gitDir,
    args: ["ls-tree", "-r", "-z", "--long", "--full-tree", commit, "--", `${under}/`],
  });
  if (!listed.ok) return listed;
  const files = new Map<string, CommitFile>();
  let left = maxBytes;
  for (const line of listed.value.split("\0")) {
    const [, mode, type, object, size, path] = ENTRY.exec(line) ?? [];
    if (path === undefined) continue;
    const name = path.slice(under.length + 1);
    const bytes = Number(size);
    if (type !== "blob" || mode === "120000" || !(bytes <= left)) {
      files.set(name, { text: null, isExecutable: false });
      continue;
    }
    left -= bytes;
    const read = await readBlob(git, gitDir, object!, mode!);
    if (!read.ok) return read;
    files.set(name, read.value);
  }
  return ok(files);
}

/** One file by its path; null: there is none. */
export async function fileAtCommit(
  git: Git,
  gitDir: string,
  commit: string,
  path: string,
  maxBytes: number,
): Promise<Result<CommitFile | null, GitFailure>> {
  const listed = await git.run({
    action: "look for a file of a commit",
    gitDir,
    args: ["ls-tree", "-z", "--long", "--full-tree", commit, "--", path],
  });
  if (!listed.ok) return listed;
  for (const line of listed.value.split("\0")) {
    const [, mode, type, object, size, found] = ENTRY.exec(line) ?? [];
    if (found !== path || type === "tree") continue;
    if (type !== "blob" || mode === "120000" || !(Number(size) <= maxBytes)) {
      return ok({ text: null, isExecutable: false });
    }
    return await readBlob(git, gitDir, object!, mode!);
  }
  return ok(null);
}

async function readBlob(
  git: Git,
  gitDir: string,
  object: string,
  mode: string,
): Promise<Result<CommitFile, GitFailure>> {
  const read = await git.run({
    action: "read a file of a commit",
    gitDir,
    args: ["cat-file", "blob", object],
  });
  if (!read.ok) return read;
  const isText = !read.value.includes("\0") && !read.value.includes(REPLACED);
  return ok({ text: isText ? read.value : null, isExecutable: mode === "100755" });
}
