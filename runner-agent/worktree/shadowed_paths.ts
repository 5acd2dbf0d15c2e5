/**
 * Tracked files on paths that the sandbox hides are marked `skip-worktree` in the agent's index, so that git takes them for
 * unchanged, whatever lies on them: `git add -A` commits no deletion. Only before an agent has run.
 */
import { ok, type Result } from "../../protocol/result.ts";
import type { Git, GitFailure } from "./git_command.ts";
import type { RunDirectory } from "./run_directory.ts";

/** As arguments of one command: fits the kernel's limit with the longest of paths. */
const PATHS_AT_ONCE = 300;

/** @param shadows Paths of the workspace; those that nothing tracked is on or below change nothing. */
export async function skipShadowed(
  git: Git,
  run: RunDirectory,
  shadows: readonly string[],
): Promise<Result<null, GitFailure>> {
  if (shadows.length === 0) return ok(null);
  const at = { action: "mark hidden files", gitDir: run.git, workTree: run.workspace };
  const listed = await git.run({ ...at, args: ["--literal-pathspecs", "ls-files", "-z", "--", ...shadows] });
  if (!listed.ok) return listed;
  const paths = listed.value.split("\0").filter((path) => path !== "");
  for (let first = 0; first < paths.length; first += PATHS_AT_ONCE) {
    const some = paths.slice(first, first + PATHS_AT_ONCE);
    const marked = await git.run({ ...at, args: ["update-index", "--skip-worktree", "--", ...some] });
    if (!marked.ok) return marked;
  }
  return ok(null);
}
