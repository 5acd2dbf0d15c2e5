/**
 * Brings what an agent committed into the cache, and says what it left uncommitted, without honouring a byte of
 * the agent's configuration.
 *
 * 1. git runs on `harvest.git`, a directory of ours that only borrows the agent's objects. The agent's `config`,
 *    hooks, index, commit-graph, grafts and replace refs are never read.
 * 2. Objects enter the cache by a fetch that recomputes and checks each one, so a false object stops here.
 * 3. The files are looked at with an index made from the commit, without filters, file system monitor or a step
 *    into submodules, each of which the agent could configure.
 * 4. It may be repeated at any time: `harvest.git` is made anew, and the cache's ref is the run's own.
 * 5. It may be done while the agent runs (Line 16: a success with uncommitted changes is refused): of what is found
 *    through a link nothing is told.
 */
import { join } from "node:path";
import { err, ok, type Result } from "../../protocol/result.ts";
import { UNCOMMITTED_PATHS_MAX } from "../limits.ts";
import type { Harvest } from "../ports.ts";
import { checkAgentObjects, readAgentTips } from "./agent_refs.ts";
import type { Git, GitFailure } from "./git_command.ts";
import { writeExclude } from "./job_files.ts";
import { removeTree, type RunDirectory, type RunNote } from "./run_directory.ts";

/** `refs/shopfloor/runs/{runId}`: the run's head in the cache. */
export function runRef(runId: string): string {
  return `refs/shopfloor/runs/${runId}`;
}

/** git's own exit code for "fatal"; ours for what we refuse before git sees it. */
const REFUSED_EXIT_CODE = 128;
const NOT_ANCESTOR_EXIT_CODE = 1;
const WORK_REF = "refs/heads/work";
/** What the agent could have written beside its objects is not used either (invariant 1). */
export const HARVEST_CONFIG = `[core]
\trepositoryformatversion = 0
\tbare = false
\tcommitGraph = false
\tmultiPackIndex = false
[pack]
\tuseBitmaps = false
`;

/**
 * Fetches the agent's commits into the cache as `refs/shopfloor/runs/{runId}` and returns the head. The work is
 * the tip of the run's branch; if that has not moved but HEAD is ahead of it (the agent made a branch of its own,
 * or detached), it is HEAD.
 */
export async function fetchAgentWork(
  git: Git,
  run: RunDirectory,
  note: RunNote,
  runId: string,
): Promise<Result<string, GitFailure>> {
  const plain = await checkAgentObjects(run.git);
  if (!plain.ok) return refuse(plain.error.detail);
  const tips = await readAgentTips(run.git, note.branch);
  if (!tips.ok) return refuse(tips.error.detail);
  await createHarvestDir(run, note);

  let head = tips.value.branchTip;
  const other = tips.value.headTip;
  if ((head === null || head === note.startCommit) && other !== null && other !== note.startCommit) {
    const ahead = await isAncestor(git, run, note.startCommit, other);
    if (!ahead.ok) return ahead;
    if (ahead.value) head = other;
  }
  if (head === null) return refuse(`the agent's repository has no branch ${note.branch}`);

  const pointed = await git.run({
    action: "read the agent's commits",
    gitDir: run.harvest,
    args: ["update-ref", WORK_REF, head],
  });
  if (!pointed.ok) return pointed;
  const fetched = await git.run({
    action: "harvest the agent's commits",
    gitDir: note.cacheGitDir,
    config: { "fetch.fsckObjects": "true", "transfer.fsckObjects": "true" },
    args: [
      "fetch",
      "--quiet",
      "--no-tags",
      "--no-write-fetch-head",
      "--no-auto-maintenance",
      "--recurse-submodules=no",
      "--",
      run.harvest,
      `+${WORK_REF}:${runRef(runId)}`,
    ],
  });
  return fetched.ok ? ok(head) : fetched;
}

/** Fetches the work, counts the station's commits and lists what is uncommitted. */
export async function harvestRun(
  git: Git,
  run: RunDirectory,
  note: RunNote,
  runId: string,
): Promise<Result<Harvest, GitFailure>> {
  const head = await fetchAgentWork(git, run, note, runId);
  if (!head.ok) return head;
  const counted = await git.run({
    action: "count the station's commits",
    gitDir: note.cacheGitDir,
    args: ["rev-list", "--count", `${note.startCommit}..${head.value}`],
  });
  if (!counted.ok) return counted;
  const uncommittedPaths = await listUncommitted(git, run, head.value, note.hiddenPaths ?? []);
  if (!uncommittedPaths.ok) return uncommittedPaths;
  return ok({
    headCommit: head.value,
    commitCount: Number(counted.value),
    uncommittedPaths: uncommittedPaths.value,
  });
}

async function createHarvestDir(run: RunDirectory, note: RunNote): Promise<void> {
  await removeTree(run.harvest);
  await Deno.mkdir(join(run.harvest, "objects", "info"), { recursive: true });
  await Deno.mkdir(join(run.harvest, "refs", "heads"), { recursive: true });
  await Deno.writeTextFile(
    join(run.harvest, "objects", "info", "alternates"),
    `${join(run.git, "objects")}\n${join(note.cacheGitDir, "objects")}\n`,
  );
  await Deno.writeTextFile(join(run.harvest, "config"), HARVEST_CONFIG);
  await Deno.writeTextFile(join(run.harvest, "HEAD"), `ref: ${WORK_REF}\n`);
  await writeExclude(run.harvest, note);
}

async function isAncestor(
  git: Git,
  run: RunDirectory,
  ancestor: string,
  commit: string,
): Promise<Result<boolean, GitFailure>> {
  const asked = await git.run({
    action: "compare HEAD with the start",
    gitDir: run.harvest,
    args: ["merge-base", "--is-ancestor", ancestor, commit],
  });
  if (asked.ok) return ok(true);
  return asked.error.exitCode === NOT_ANCESTOR_EXIT_CODE ? ok(false) : asked;
}

async function listUncommitted(
  git: Git,
  run: RunDirectory,
  head: string,
  hiddenPaths: readonly string[],
): Promise<Result<readonly string[], GitFailure>> {
  const place = { gitDir: run.harvest, workTree: run.workspace, indexFile: join(run.harvest, "index") };
  const indexed = await git.run({ ...place, action: "index the head", args: ["read-tree", head] });
  if (!indexed.ok) return indexed;
  const status = await git.run({
    ...place,
    action: "list uncommitted files",
    args: [
      "status",
      "--porcelain=v1",
      "-z",
      "--untracked-files=normal",
      "--ignore-submodules=all",
      "--no-renames",
    ],
  });
  if (!status.ok) return status;
  // `XY path`, each ended by NUL; what was cut off at the end of a bounded answer has no NUL.
  const hidden = new Set(hiddenPaths);
  const entries = status.value.split("\0").slice(0, -1).filter((entry) => !hidden.has(entry.slice(3)))
    .slice(0, UNCOMMITTED_PATHS_MAX);
  const own = await Promise.all(
    entries.map(async (entry) => !entry.startsWith("?? ") || await liesInside(run.workspace, entry.slice(3))),
  );
  return ok(entries.filter((_, i) => own[i]).map((entry) => entry.slice(3)));
}

/**
 * Invariant 5: a new file counts where every directory on the way to it is one. An agent that still runs could have
 * led git through a link to names of the host.
 */
async function liesInside(workspace: string, path: string): Promise<boolean> {
  const parts = path.split("/").filter((part) => part !== "");
  for (let depth = 1; depth <= parts.length; depth++) {
    let found: Deno.FileInfo;
    try {
      found = await Deno.lstat(join(workspace, ...parts.slice(0, depth)));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
      throw error;
    }
    if (depth < parts.length && !found.isDirectory) return false;
  }
  return true;
}

function refuse(stderr: string): { readonly ok: false; readonly error: GitFailure } {
  return err({
    reason: "git_failed",
    action: "harvest the agent's commits",
    exitCode: REFUSED_EXIT_CODE,
    stderr,
  });
}
