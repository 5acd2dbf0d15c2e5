/**
 * A run's worktree for a repository of 50,000 files, against `git worktree add` of the same commit. Both alternate in one
 * run. Both sides start with the objects on this machine; what the first run of a project pays for its cache is a row of
 * its own. Where the runner is root the files are given to the sandbox's user, which `git worktree add` does not do: that
 * is a row of its own too.
 */
import { join } from "node:path";
import type { Worktree, WorktreeError } from "../../runner-agent/ports.ts";
import { createWorktreeManager } from "../../runner-agent/worktree/worktree_manager.ts";
import { type BenchRow, median, percentile } from "../result.ts";
import { git, makeRepository } from "./many_files.ts";

const FILES = 50_000;
const SANDBOX_USER = 1000;

export const WORKTREE_TARGET = 1.5;

export interface WorktreeFigures {
  readonly rows: readonly BenchRow[];
  /** Creating one, as a share of `git worktree add`. */
  readonly ratio: number;
  readonly ratioWithOwner: number | null;
}

/** Measures with `rounds` of each. Everything is made in a temporary directory, and removed. */
export async function measureWorktrees(rounds: number): Promise<WorktreeFigures> {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "shopfloor-bench-" }));
  try {
    const project = join(root, "origins", "project");
    await Deno.mkdir(join(root, "origins"));
    await makeRepository(project, FILES);
    const manager = createWorktreeManager({
      dataDir: join(root, "data"),
      localRepositoryRoots: [join(root, "origins")],
    });
    const own = { uid: Deno.uid()!, gid: Deno.gid()! };
    const prepare = async (runId: string, owner: { uid: number; gid: number }) =>
      mustPrepare(
        await manager.prepare({
          runId,
          taskId: runId,
          projectUrl: project,
          projectBranch: "main",
          initBranch: true,
          taskRepository: null,
          pushesToOrigin: false,
          files: [],
          plugins: [],
          owner,
        }),
      );
    const times: Record<"add" | "prepare" | "owned" | "harvest" | "again" | "remove", number[]> = {
      add: [],
      prepare: [],
      owned: [],
      harvest: [],
      again: [],
      remove: [],
    };
    const coldMs = await timed([], () => prepare("cold", own));
    await manager.remove("cold");
    for (let round = 0; round < rounds; round++) {
      const tree = join(root, `tree-${round}`);
      await timed(
        times.add,
        () => git(["-C", project, "worktree", "add", "--quiet", "-b", `b${round}`, tree, "main"]),
      );
      await Deno.remove(tree, { recursive: true });
      await timed(times.prepare, () => prepare(`own-${round}`, own));
      await timed(times.harvest, () => manager.harvest(`own-${round}`));
      await timed(times.again, () => prepare(`own-${round}`, own));
      await timed(times.remove, () => manager.remove(`own-${round}`));
      if (own.uid !== 0) continue;
      await timed(times.owned, () => prepare(`given-${round}`, { uid: SANDBOX_USER, gid: SANDBOX_USER }));
      await manager.remove(`given-${round}`);
    }
    return {
      rows: [
        row(`git worktree add, ${FILES} files`, times.add),
        row("worktree of a run", times.prepare),
        ...(times.owned.length === 0 ? [] : [row("  given to the sandbox's user", times.owned)]),
        row("  found again after a crash", times.again),
        row("  harvest of nothing new", times.harvest),
        row("  removed", times.remove),
        row("first run of a project: cache and worktree", [coldMs]),
      ],
      ratio: median(times.prepare) / median(times.add),
      ratioWithOwner: times.owned.length === 0 ? null : median(times.owned) / median(times.add),
    };
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

function mustPrepare(result: { ok: true; value: Worktree } | { ok: false; error: WorktreeError }): void {
  if (!result.ok) throw new Error(`Cannot measure as prepare must succeed: ${JSON.stringify(result.error)}`);
}

async function timed(times: number[], action: () => Promise<unknown>): Promise<number> {
  const beganMs = performance.now();
  await action();
  const tookMs = performance.now() - beganMs;
  times.push(tookMs);
  return tookMs;
}

function row(name: string, times: readonly number[]): BenchRow {
  return {
    name,
    rounds: times.length,
    medianMs: Math.round(median(times) * 10) / 10,
    p95Ms: Math.round(percentile(times, 0.95) * 10) / 10,
  };
}
