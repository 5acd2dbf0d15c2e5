/**
 * Places a job's own files in the workspace, and keeps git from showing them. Only before an agent has run.
 *
 * 1. No link is followed: every directory on the way is one, or is made.
 * 2. A new file is named in `info/exclude`. One that takes the place of a tracked file is marked `skip-worktree` in the
 *    agent's index, so that it is neither shown nor committed.
 */
import { join } from "node:path";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { JobFile } from "../domain/job_files.ts";
import type { WorktreeError } from "../ports.ts";
import type { Git } from "./git_command.ts";
import type { RunDirectory, RunNote } from "./run_directory.ts";

/** Writes the files; answers the paths that are the runner's now. */
export async function placeJobFiles(
  git: Git,
  run: RunDirectory,
  files: readonly JobFile[],
): Promise<Result<readonly string[], WorktreeError>> {
  if (files.length === 0) return ok([]);
  const listed = await git.run({
    action: "find tracked files",
    gitDir: run.git,
    workTree: run.workspace,
    config: { "core.quotePath": "false" },
    args: ["--literal-pathspecs", "ls-files", "-z", "--", ...files.map((file) => file.path)],
  });
  if (!listed.ok) return listed;
  const tracked = new Set(listed.value.split("\0"));
  const placed = files.filter((file) => file.mayReplace || !tracked.has(file.path));
  for (const file of placed) {
    const fault = await writeBelow(run.workspace, file);
    if (fault !== null) return err({ reason: "file_refused", path: file.path, hint: fault });
  }
  const paths = placed.map((file) => file.path);
  await writeExclude(run.git, { hiddenPaths: paths });
  const replaced = paths.filter((path) => tracked.has(path));
  if (replaced.length === 0) return ok(paths);
  const marked = await git.run({
    action: "hide the job's files",
    gitDir: run.git,
    workTree: run.workspace,
    args: ["update-index", "--skip-worktree", "--", ...replaced],
  });
  return marked.ok ? ok(paths) : marked;
}

/**
 * Names paths in `info/exclude` of a git directory of ours, and what the job wants ignored. The last pattern that matches
 * counts, so no line of a job shows again what is hidden.
 */
export async function writeExclude(
  gitDir: string,
  { hiddenPaths = [], ignoreLines = [] }: Pick<RunNote, "hiddenPaths" | "ignoreLines">,
): Promise<void> {
  await Deno.mkdir(join(gitDir, "info"), { recursive: true });
  const lines = [...ignoreLines.map((line) => `${line}\n`), ...hiddenPaths.map(excludeLine)];
  await Deno.writeTextFile(join(gitDir, "info", "exclude"), lines.join(""));
}

/** gitignore(5): from the root, with nothing of it taken for a pattern. */
function excludeLine(path: string): string {
  return `/${path.replaceAll(/[\\*?[\] ]/g, "\\$&")}\n`;
}

/** Why it cannot be written, or null. */
async function writeBelow(workspace: string, file: JobFile): Promise<string | null> {
  const parts = file.path.split("/");
  for (let depth = 1; depth < parts.length; depth++) {
    const dir = join(workspace, ...parts.slice(0, depth));
    const found = await lstatOrNull(dir);
    if (found === null) await Deno.mkdir(dir);
    else if (!found.isDirectory) return `'${parts.slice(0, depth).join("/")}' in the project is no directory`;
  }
  const path = join(workspace, file.path);
  const found = await lstatOrNull(path);
  if (found?.isDirectory) return "in the project it is a directory";
  // Also a link is removed, not followed.
  if (found !== null) await Deno.remove(path);
  await Deno.writeTextFile(path, file.text, { createNew: true });
  return null;
}

async function lstatOrNull(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
