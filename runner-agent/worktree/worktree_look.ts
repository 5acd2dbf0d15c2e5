/**
 * What an agent has in its worktree right now, for people who look from afar (Runtime 3.2): a folder, a file, or the diff to
 * the commit that its station began at.
 *
 * 1. Everything that is told of was read by `readSafely`: no byte comes from behind a link. git only names paths that may
 *    have changed; what it compares are copies that we made, in a directory of ours that goes with the answer.
 * 2. Bounded: files, entries, changed files, the diff; `isCut` says that there is more.
 * 3. Files of the runner in the workspace are not told of, nor is `.git`.
 */
import { dirname, join } from "node:path";
import type { WorktreeAnswer, WorktreeAsk } from "../../protocol/agent/worktree.ts";
import {
  WORKTREE_DIFF_FILES_MAX,
  WORKTREE_DIFF_MAX_BYTES,
  WORKTREE_ENTRIES_MAX,
  WORKTREE_FILE_MAX_BYTES,
  WORKTREE_PATH_MAX_CHARS,
} from "../../protocol/agent/limits.ts";
import { createGit, type Git } from "./git_command.ts";
import { writeExclude } from "./job_files.ts";
import { readNote, removeTree, type RunDirectory, runDirectory, type RunNote } from "./run_directory.ts";
import { readSafely } from "./safe_read.ts";

const MOST = { fileBytes: WORKTREE_FILE_MAX_BYTES, entries: WORKTREE_ENTRIES_MAX };
/** Read beyond what is shown: a secret that lies across the cut is whole before it is cut out. */
const TAIL = 4_096;
const SHOWN = { ...MOST, fileBytes: WORKTREE_FILE_MAX_BYTES + TAIL };
const GIT_ENTRY = ".git";
const BEGIN_REF = "refs/heads/begin";
const LOOK_CONFIG = "[core]\n\trepositoryformatversion = 0\n\tbare = false\n";

type Clean = (text: string) => string;

/** Answers one look. Rejects only for faults of this machine. @param clean Cuts secrets (S1). */
export type WorktreeLook = (
  ask: Pick<WorktreeAsk, "runId" | "kind" | "path">,
  clean: Clean,
) => Promise<WorktreeAnswer>;

/** @param dataDir That of the worktree manager. */
export function createWorktreeLook(dataDir: string): WorktreeLook {
  let looks = 0;
  return async ({ runId, kind, path }, clean) => {
    const run = runDirectory(dataDir, runId);
    const note = await readNote(run);
    if (note === null) return { kind: "refused", why: "no_worktree" };
    if (kind === "worktree_look") {
      return look(run.workspace, path, new Set(note.hiddenPaths ?? []), clean);
    }
    const own = join(run.root, `look.${++looks}`);
    try {
      return await diff(createGit(own, Deno.env.toObject()), run, note, own, clean);
    } finally {
      await removeTree(own);
    }
  };
}

function look(
  workspace: string,
  path: string,
  hidden: ReadonlySet<string>,
  clean: Clean,
): WorktreeAnswer {
  const isOurs = (one: string) => one.split("/")[0] === GIT_ENTRY || hidden.has(one);
  const found = isOurs(path) ? null : readSafely(workspace, path, SHOWN);
  switch (found?.kind) {
    case "folder": {
      const below = (name: string) => path === "" ? name : `${path}/${name}`;
      return {
        kind: "folder",
        path,
        entries: found.entries.filter(({ name }) => !isOurs(below(name))).map((entry) => ({
          ...entry,
          name: clean(entry.name),
        })),
        isCut: found.isCut,
      };
    }
    case "file": {
      const { bytes, head } = found;
      const text = textOf(head);
      if (text === null) return { kind: "file", path, bytes, text, isCut: false };
      return {
        kind: "file",
        path,
        bytes,
        ...shown(text, head.length < bytes, WORKTREE_FILE_MAX_BYTES, clean),
      };
    }
    case "link":
      return { kind: "link", path, target: clean(found.target).slice(0, WORKTREE_PATH_MAX_CHARS) };
    default:
      return { kind: "refused", why: "path_not_found" };
  }
}

/** Null: it is no text, by git's own sign of it. */
function textOf(bytes: Uint8Array): string | null {
  return bytes.subarray(0, 8_000).includes(0) ? null : new TextDecoder().decode(bytes);
}

/** The beginning of a text without secrets. @param isPart It goes on, and at least {@link TAIL} beyond what may be shown. */
function shown(text: string, isPart: boolean, most: number, clean: Clean) {
  const cleaned = clean(text);
  const whole = isPart ? cleaned.slice(0, -TAIL) : cleaned;
  return { text: whole.slice(0, most).toWellFormed(), isCut: isPart || whole.length > most };
}

async function diff(
  git: Git,
  run: RunDirectory,
  note: RunNote,
  own: string,
  clean: Clean,
): Promise<WorktreeAnswer> {
  const gitDir = join(own, "git");
  const copies = join(own, "copies");
  await makeGitDir(gitDir, note);
  await Deno.mkdir(copies);
  const at = { gitDir, indexFile: join(gitDir, "index") };
  const failed = { kind: "refused", why: "failed" } as const;
  const begun = [
    await git.run({ ...at, action: "note the begin", args: ["update-ref", BEGIN_REF, note.startCommit] }),
    await git.run({ ...at, action: "index the begin", args: ["read-tree", note.startCommit] }),
  ];
  if (begun.some((done) => !done.ok)) return failed;
  const changed = await changedPaths(git, { ...at, workTree: run.workspace }, note);
  if (changed === null) return failed;
  const paths = changed.slice(0, WORKTREE_DIFF_FILES_MAX);
  let isCut = paths.length < changed.length;
  const named: string[] = [];
  for (const { path, isNew } of paths) {
    const copied = await copySafely(run.workspace, copies, path);
    if (copied === "large") isCut = true;
    // Behind a link there is nothing of this worktree: what was there is gone, what is new was never there.
    else if (copied === "copied" || !isNew) named.push(path);
  }
  if (named.length > 0) {
    const args = ["update-index", "--add", "--remove", "--", ...named];
    const put = await git.run({ ...at, workTree: copies, action: "index what has changed", args });
    if (!put.ok) return failed;
  }
  const options = ["--cached", "--no-ext-diff", "--no-textconv", "--no-color", "--ignore-submodules=all"];
  const made = await git.run({ ...at, action: "compare", args: ["diff", ...options, note.startCommit] });
  if (!made.ok) return failed;
  const most = WORKTREE_DIFF_MAX_BYTES + TAIL;
  const part = made.value.slice(0, most);
  const seen = shown(part, part.length < made.value.length, WORKTREE_DIFF_MAX_BYTES, clean);
  return { kind: "diff", base: note.startCommit, text: seen.text, isCut: isCut || seen.isCut };
}

async function makeGitDir(gitDir: string, note: RunNote): Promise<void> {
  await Deno.mkdir(join(gitDir, "objects", "info"), { recursive: true });
  await Deno.mkdir(join(gitDir, "refs", "heads"), { recursive: true });
  await Deno.writeTextFile(
    join(gitDir, "objects", "info", "alternates"),
    `${join(note.cacheGitDir, "objects")}\n`,
  );
  await Deno.writeTextFile(join(gitDir, "config"), LOOK_CONFIG);
  await Deno.writeTextFile(join(gitDir, "HEAD"), `ref: ${BEGIN_REF}\n`);
  await writeExclude(gitDir, note);
}

interface Changed {
  readonly path: string;
  readonly isNew: boolean;
}

/** Paths that may have changed, by what git sees; null: it cannot say. */
async function changedPaths(
  git: Git,
  at: { readonly gitDir: string; readonly indexFile: string; readonly workTree: string },
  note: RunNote,
): Promise<readonly Changed[] | null> {
  const options = [
    "--porcelain=v1",
    "-z",
    "--untracked-files=all",
    "--ignore-submodules=all",
    "--no-renames",
  ];
  const status = await git.run({ ...at, action: "list what has changed", args: ["status", ...options] });
  if (!status.ok) return null;
  const hidden = new Set(note.hiddenPaths ?? []);
  // `XY path`, each ended by NUL; what was cut off at the end of a bounded answer has no NUL.
  return status.value.split("\0").slice(0, -1)
    .map((entry) => ({ path: entry.slice(3), isNew: entry.startsWith("??") }))
    .filter(({ path }) => !hidden.has(path) && !path.endsWith("/"));
}

async function copySafely(
  workspace: string,
  copies: string,
  path: string,
): Promise<"copied" | "absent" | "large"> {
  const found = readSafely(workspace, path, MOST);
  if (found === null || (found.kind !== "file" && found.kind !== "link")) return "absent";
  const place = join(copies, path);
  await Deno.mkdir(dirname(place), { recursive: true });
  if (found.kind === "link") await Deno.symlink(found.target, place);
  else if (found.head.length < found.bytes) return "large";
  else await Deno.writeFile(place, found.head, { mode: found.isExecutable ? 0o755 : 0o644 });
  return "copied";
}
