/**
 * Refuses a branch that is not this task's to make (Runtime 1.3), before anything of a run exists.
 *
 * 1. A first station makes its task's branch. Where the project has one of that name with commits that no agent of ours
 *    made, somebody else works there: a push would mix the two, or fail at the end of a day's work.
 * 2. A branch that is a folder of ours, or the other way round, can never be pushed beside it.
 * 3. Another task of this runner that has the branch checked out has it until it is removed. Another run of the same task
 *    is no obstacle: each run has a repository of its own, and the one whose lease is over cannot push.
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import { branchInTheWay } from "../domain/worktree_branch.ts";
import type { WorktreeError } from "../ports.ts";
import type { Git } from "./git_command.ts";
import { AGENT_EMAIL } from "./private_git_dir.ts";
import type { RunNote } from "./run_directory.ts";

const PREFIX = "refs/remotes/origin/";
const REMEDY = "rename or delete it, or set another `worktrees.prefix`";

/**
 * Invariants 1 and 2, against what was just fetched.
 *
 * @param isFirst No station of this task has left work yet.
 */
export async function checkProjectBranches(
  git: Git,
  gitDir: string,
  branch: string,
  projectHead: string,
  isFirst: boolean,
): Promise<Result<null, WorktreeError>> {
  const listed = await git.run({
    action: "list the project's branches",
    gitDir,
    args: ["for-each-ref", "--format=%(refname)", PREFIX],
  });
  if (!listed.ok) return listed;
  const names = listed.value.split("\n").filter((ref) => ref !== "").map((ref) => ref.slice(PREFIX.length));
  const other = branchInTheWay(branch, names);
  if (other !== null) {
    return taken(branch, `the project has a branch '${other}', beside which git cannot keep it: ${REMEDY}`);
  }
  if (!isFirst || !names.includes(branch)) return ok(null);
  const makers = await git.run({
    action: `look at the project's branch ${branch}`,
    gitDir,
    args: ["log", "--format=%ce", `${projectHead}..${PREFIX}${branch}`, "--"],
  });
  if (!makers.ok) return makers;
  const others = new Set(makers.value.split("\n").filter((email) => email !== "" && email !== AGENT_EMAIL));
  if (others.size === 0) return ok(null);
  return taken(
    branch,
    `the project has it with commits that are no agent's, and this task has no work yet: ${REMEDY}`,
  );
}

/** Invariant 3. @param notes Of all runs that this runner has, by run. */
export function checkOwnRuns(
  notes: ReadonlyMap<string, RunNote>,
  cacheGitDir: string,
  taskId: string,
  branch: string,
): Result<null, WorktreeError> {
  for (const [runId, note] of notes) {
    if (note.taskId === taskId || note.cacheGitDir !== cacheGitDir || note.branch !== branch) continue;
    return taken(branch, `run ${runId} of task ${note.taskId} has it checked out on this runner: ${REMEDY}`);
  }
  return ok(null);
}

function taken(branch: string, hint: string): Result<never, WorktreeError> {
  return err({ reason: "branch_taken", branch, hint });
}
