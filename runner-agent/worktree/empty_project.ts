/**
 * The project of a job that names no repository (Line 2.7): one empty commit on `main`, in the runner's own data, so that
 * such a job's workspace is a git worktree like any other. Nobody may push to it: the agent's `origin` is not served.
 */
import { join } from "node:path";
import { ok, type Result } from "../../protocol/result.ts";
import type { Origin } from "./allowed_repository.ts";
import { exists } from "./exists.ts";
import type { Git, GitFailure } from "./git_command.ts";
import { removeTree } from "./run_directory.ts";

/** Makes it on first use; `dataDir` is this process's own. */
export function createEmptyProject(git: Git, dataDir: string): () => Promise<Result<Origin, GitFailure>> {
  const gitDir = join(dataDir, "empty_project.git");
  const origin: Origin = { kind: "local", url: gitDir, authorization: null };
  let making: Promise<Result<Origin, GitFailure>> | null = null;
  return async function emptyProject() {
    making ??= make(git, gitDir, origin);
    const made = await making;
    if (!made.ok) making = null;
    return made;
  };
}

async function make(git: Git, gitDir: string, origin: Origin): Promise<Result<Origin, GitFailure>> {
  if (await exists(gitDir)) return ok(origin);
  const fresh = `${gitDir}.new`;
  await removeTree(fresh);
  const action = "make an empty project";
  const begun = await git.run({
    action,
    args: ["init", "--quiet", "--bare", "--initial-branch=main", fresh],
  });
  if (!begun.ok) return begun;
  const tree = await git.run({
    action,
    gitDir: fresh,
    args: ["hash-object", "-t", "tree", "-w", "/dev/null"],
  });
  if (!tree.ok) return tree;
  const commit = await git.run({
    action,
    gitDir: fresh,
    config: { "user.name": "Shopfloor", "user.email": "runner@shopfloor.invalid" },
    args: ["commit-tree", tree.value.trim(), "-m", "empty workspace"],
  });
  if (!commit.ok) return commit;
  const pointed = await git.run({
    action,
    gitDir: fresh,
    args: ["update-ref", "refs/heads/main", commit.value.trim()],
  });
  if (!pointed.ok) return pointed;
  await Deno.rename(fresh, gitDir);
  return ok(origin);
}
