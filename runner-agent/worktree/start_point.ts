/**
 * Where a station's work starts, and what the gate page compares it with (design 4a, "work between stations").
 *
 * 1. Work that an earlier station left in the task's repository goes on, whatever the project did meanwhile.
 * 2. The base of a task is fixed when its first station starts and is kept beside the work, as
 *    `refs/heads/work/base-{taskId}`. It is not computed again by merge-base: once the work has been merged into
 *    the project's branch the merge-base is the work itself and the diff would be empty, and once that branch was
 *    rewritten there may be none. So the base stays right when the project moves on; what the agent merges in from
 *    the project later is part of the diff.
 * 3. Only where that ref is missing (work pushed by another kind of runner) the merge-base stands in.
 *
 * Pure.
 */
import { TASK_BRANCH_FORM } from "../limits.ts";

/** The agent's own branch, by the form that this runner is configured with. */
export function taskBranch(taskId: string, form = TASK_BRANCH_FORM): string {
  return form.replaceAll("{taskId}", () => taskId);
}

/** Refs of the task's repository that only the runner writes. */
export function workRef(taskId: string): string {
  return `refs/heads/work/task-${taskId}`;
}

export function baseRef(taskId: string): string {
  return `refs/heads/work/base-${taskId}`;
}

export interface StartFacts {
  readonly taskBranch: string;
  readonly initBranch: boolean;
  readonly projectBranch: string;
  readonly projectHead: string;
  /** Tip of the work of earlier stations; null at the first. */
  readonly workCommit: string | null;
  /** The base that the first station recorded. */
  readonly recordedBase: string | null;
  /** Merge-base of `workCommit` and `projectHead`; needed only if `recordedBase` is null. */
  readonly mergeBase: string | null;
}

export interface StartPoint {
  readonly branch: string;
  readonly startCommit: string;
  readonly baseCommit: string;
}

/** Decides the branch to check out, the commit it starts at, and the task's base. */
export function chooseStartPoint(facts: StartFacts): StartPoint {
  if (facts.workCommit !== null) {
    return {
      branch: facts.taskBranch,
      startCommit: facts.workCommit,
      baseCommit: facts.recordedBase ?? facts.mergeBase ?? facts.workCommit,
    };
  }
  return {
    branch: facts.initBranch ? facts.taskBranch : facts.projectBranch,
    startCommit: facts.projectHead,
    baseCommit: facts.projectHead,
  };
}
