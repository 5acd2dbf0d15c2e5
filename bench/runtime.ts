/**
 * What the runtime layer costs around an agent. Its parts are in `bench/runtime/`.
 *
 *   deno run -A bench/runtime.ts [ROUNDS]
 */
import { SHOPFLOOR_VERSION } from "../protocol/version.ts";
import { type BenchTarget, reportBench } from "./result.ts";
import { measureWorktrees, WORKTREE_TARGET } from "./runtime/worktree.ts";

const rounds = Number(Deno.args[0] ?? 7);
const worktrees = await measureWorktrees(rounds);
const targets: readonly BenchTarget[] = [{
  id: "WORKTREE_TO_GIT",
  what: "a run's worktree for 50,000 files, against `git worktree add`",
  bound: "at most",
  value: worktrees.ratio,
  limit: WORKTREE_TARGET,
  verdict: worktrees.ratio <= WORKTREE_TARGET ? "met" : "missed",
}];
await reportBench({
  name: "runtime",
  at: new Date().toISOString(),
  versions: {
    shopfloor: SHOPFLOOR_VERSION,
    deno: Deno.version.deno,
    kernel: Deno.osRelease(),
    git: gitVersion(),
  },
  rows: worktrees.rows,
  ratios: {
    WORKTREE_TO_GIT: worktrees.ratio,
    ...(worktrees.ratioWithOwner === null ? {} : { WORKTREE_WITH_OWNER_TO_GIT: worktrees.ratioWithOwner }),
  },
  targets,
  notes: ["Below TMPDIR: on a disk that others write to, in memory for ratios that a disk does not blur."],
});
for (const target of targets) {
  if (target.verdict === "missed") {
    console.error(`${target.id} missed: ${target.value} must be ${target.limit}`);
  }
}
if (targets.some((target) => target.verdict === "missed")) Deno.exit(1);

function gitVersion(): string {
  const { stdout } = new Deno.Command("git", { args: ["version"] }).outputSync();
  return new TextDecoder().decode(stdout).trim().replace("git version ", "");
}
