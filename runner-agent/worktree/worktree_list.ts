/** The worktrees of a runner as people see them (Runtime 1.3): where each is, what it stands on, and how far it has come. */
import type { Result } from "../../protocol/result.ts";
import { isNamedBy } from "../domain/worktree_branch.ts";
import type { Harvest, WorktreeError, WorktreeInfo } from "../ports.ts";
import { readNotes, runDirectory, type RunNote } from "./run_directory.ts";

/** @param harvest What an agent has committed and what not; also while it works. */
export async function listWorktrees(
  dataDir: string,
  branchForm: string,
  harvest: (runId: string) => Promise<Result<Harvest, WorktreeError>>,
): Promise<readonly WorktreeInfo[]> {
  const notes = [...await readNotes(dataDir)].sort(([left], [right]) => left < right ? -1 : 1);
  const infos: WorktreeInfo[] = [];
  for (const [runId, note] of notes) {
    const state = await stateOf(runId, harvest);
    if (state === null) continue;
    infos.push({
      runId,
      taskId: note.taskId,
      path: runDirectory(dataDir, runId).workspace,
      branch: note.branch,
      baseBranch: note.projectBranch,
      baseCommit: note.baseCommit,
      isForeign: !isNamedBy(branchForm, note.taskId, note.branch),
      sharesBranchWith: notes.filter(([other, its]) => other !== runId && isSameBranch(its, note))
        .map(([other]) => other),
      notes: note.notes ?? [],
      ...state,
    });
  }
  return infos;
}

type State = Pick<WorktreeInfo, "headCommit" | "ahead" | "isDirty" | "fault">;

/** Null: it was removed while we looked. */
async function stateOf(
  runId: string,
  harvest: (runId: string) => Promise<Result<Harvest, WorktreeError>>,
): Promise<State | null> {
  const unknown = { headCommit: null, ahead: null, isDirty: null };
  try {
    const harvested = await harvest(runId);
    if (!harvested.ok) {
      const { error } = harvested;
      return { ...unknown, fault: error.reason === "git_failed" ? error.stderr : error.reason };
    }
    const { headCommit, commitCount, uncommittedPaths } = harvested.value;
    return { headCommit, ahead: commitCount, isDirty: uncommittedPaths.length > 0, fault: null };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    return { ...unknown, fault: error instanceof Error ? error.message : "unknown fault" };
  }
}

function isSameBranch(left: RunNote, right: RunNote): boolean {
  return left.cacheGitDir === right.cacheGitDir && left.branch === right.branch;
}
