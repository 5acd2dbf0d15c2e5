/**
 * What the runtime layer costs around an agent. Its parts are in `bench/runtime/`.
 *
 *   deno run -A bench/runtime.ts [--only PART,...] [ROUNDS]
 *
 * With `--only` nothing is written to `bench/results/`.
 */
import { SHOPFLOOR_VERSION } from "../protocol/version.ts";
import { mustRun } from "../tools/setup/run_command.ts";
import { type BenchResult, type BenchRow, type BenchTarget, printBench, writeResult } from "./result.ts";
import { FIRST_PROMPT_NOTES, measureFirstPrompt, P14 } from "./runtime/first_prompt.ts";
import { measureDaemonMemory } from "./runtime/daemon_memory.ts";
import { measureMessages } from "./runtime/messages.ts";
import { pageOf } from "./runtime/report.ts";
import {
  measureStructuredPrompt,
  P14_STRUCTURED,
  STRUCTURED_PROMPT_NOTE,
} from "./runtime/structured_prompt.ts";
import { measureWorktrees, WORKTREE_TARGET } from "./runtime/worktree.ts";
import { settings } from "../test/podman/podman_world.ts";

const PARTS = ["worktree", "first_prompt", "structured_prompt", "messages", "memory"] as const;
const MESSAGES_PER_ROUND = 10;

const only = Deno.args[0] === "--only" ? Deno.args[1]!.split(",") : null;
const unknown = (only ?? []).filter((part) => !(PARTS as readonly string[]).includes(part));
if (unknown.length > 0) {
  console.error(`Cannot measure ${unknown.join(", ")}: expected ${PARTS.join(" or ")}`);
  Deno.exit(1);
}
const rounds = Number(Deno.args[only === null ? 0 : 2] ?? 7);
const rows: BenchRow[] = [];
const ratios: Record<string, number> = {};
const targets: BenchTarget[] = [];

/** Says what takes long. */
function isWanted(part: (typeof PARTS)[number]): boolean {
  const wanted = only === null || only.includes(part);
  if (wanted) console.error(`measuring: ${part}`);
  return wanted;
}

function atMost(id: string, what: string, value: number, limit: number): void {
  targets.push({ id, what, bound: "at most", value, limit, verdict: value <= limit ? "met" : "missed" });
}

if (isWanted("worktree")) {
  const worktrees = await measureWorktrees(rounds);
  rows.push(...worktrees.rows);
  ratios["WORKTREE_TO_GIT"] = worktrees.ratio;
  if (worktrees.ratioWithOwner !== null) ratios["WORKTREE_WITH_OWNER_TO_GIT"] = worktrees.ratioWithOwner;
  const what = "a run's worktree for 50,000 files, against `git worktree add`";
  atMost("WORKTREE_TO_GIT", what, worktrees.ratio, WORKTREE_TARGET);
}
if (isWanted("first_prompt")) {
  const { bareMs, coldMs, warmMs, ...first } = await measureFirstPrompt(rounds);
  const limitMs = bareMs * P14.ratio + P14.plusMs;
  rows.push(...first.rows);
  ratios["COLD_TO_BARE"] = coldMs / bareMs;
  ratios["WARM_TO_BARE"] = warmMs / bareMs;
  ratios["COLD_MORE_THAN_BARE_MS"] = coldMs - bareMs;
  ratios["WARM_MORE_THAN_BARE_MS"] = warmMs - bareMs;
  const what = `first prompt of a cold run, ms, against ${P14.ratio} times a bare one plus ${P14.plusMs}`;
  atMost("P14", what, Math.round(coldMs), Math.round(limitMs));
}
if (isWanted("structured_prompt")) {
  const { bareMs, coldMs, ...first } = await measureStructuredPrompt(rounds);
  const limitMs = bareMs * P14_STRUCTURED.ratio + P14_STRUCTURED.plusMs;
  rows.push(...first.rows);
  ratios["STRUCTURED_COLD_TO_BARE"] = coldMs / bareMs;
  ratios["STRUCTURED_COLD_MORE_THAN_BARE_MS"] = coldMs - bareMs;
  const what = "first prompt of a cold run without a terminal, ms, against " +
    `${P14_STRUCTURED.ratio} times a bare one plus ${P14_STRUCTURED.plusMs}`;
  atMost("P14_STRUCTURED", what, Math.round(coldMs), Math.round(limitMs));
}
if (isWanted("messages")) {
  const messages = await measureMessages(rounds * MESSAGES_PER_ROUND);
  rows.push(...messages.rows);
  ratios["MESSAGE_P50_MS"] = messages.p50Ms;
  ratios["MESSAGE_P99_MS"] = messages.p99Ms;
}
if (isWanted("memory")) {
  const memory = await measureDaemonMemory();
  rows.push(...memory.rows);
  ratios["RUNNER_MIB_PER_AGENT"] = memory.perAgentMib;
  ratios["RUNNER_MIB_WITH_20_AGENTS"] = memory.withAllMib;
}

const result: BenchResult = {
  name: "runtime",
  at: new Date().toISOString(),
  versions: {
    shopfloor: SHOPFLOOR_VERSION,
    deno: Deno.version.deno,
    kernel: Deno.osRelease(),
    git: (await mustRun("ask git's version", "git", ["version"])).trim().replace("git version ", ""),
    podman: (await mustRun("ask Podman's version", settings.podmanPath, ["--version"])).trim().replace(
      "podman version ",
      "",
    ),
    runtime: settings.choice.runtime,
  },
  rows,
  ratios,
  targets,
  notes: [
    "Below TMPDIR: on a disk that others write to, in memory for ratios that a disk does not blur.",
    ...FIRST_PROMPT_NOTES,
    STRUCTURED_PROMPT_NOTE,
  ],
};
printBench(result);
if (only === null) await writeResult(result, pageOf(result));
for (const { id, value, limit, verdict } of targets) {
  if (verdict === "missed") console.error(`${id} missed: ${value} must be at most ${limit}`);
}
// Podman's service and connections that are kept alive would keep this process.
Deno.exit(targets.some((target) => target.verdict === "missed") ? 1 : 0);
