/**
 * The git directory of one run, as the agent gets it (Runtime 2.3.4): the agent may do what it likes with it, and
 * can reach neither another run's refs nor the host.
 *
 * 1. It holds one branch, the run's, and one remote-tracking ref, the project's branch. Objects are borrowed from
 *    the cache, which the sandbox sees read-only.
 * 2. The host runs git on it only here, before any agent has run. Afterwards the host reads it as plain files
 *    (`agent_refs.ts`, `harvest.ts`) and never honours its configuration.
 * 3. It has no hooks and no credential; its origin is the loopback route of the sandbox.
 */
import { dirname, join } from "node:path";
import type { Result } from "../../protocol/result.ts";
import type { Git, GitFailure } from "./git_command.ts";
import { ALTERNATES, type RunDirectory, SANDBOX_GIT_DIR, SANDBOX_WORKSPACE } from "./run_directory.ts";
import type { StartPoint } from "./start_point.ts";

/** Who commits in a sandbox, unless the agent says otherwise. */
export const AGENT_EMAIL = "agent@shopfloor.invalid";

/** As many writers as this machine has cores: a checkout of many files waits for the disk, not for git. */
const CHECKOUT_CONFIG = { "checkout.workers": "0", "index.threads": "true", "index.version": "4" };

export interface PrivateGitDir {
  readonly start: StartPoint;
  readonly projectBranch: string;
  readonly projectHead: string;
  readonly cacheGitDir: string;
  /** What `git push` without arguments updates. */
  readonly pushRef: string;
  readonly originUrl: string;
}

/** Makes `git/`, `workspace/`, `dot_git` and `objects` of a run and checks out its files. */
export async function createPrivateGitDir(
  git: Git,
  run: RunDirectory,
  want: PrivateGitDir,
): Promise<Result<string, GitFailure>> {
  await Deno.mkdir(run.workspace, { recursive: true });
  await Deno.symlink(join(want.cacheGitDir, "objects"), run.objects);
  await Deno.mkdir(join(run.git, "objects", "pack"), { recursive: true });
  await writeFile(join(run.git, "objects", "info", "alternates"), ALTERNATES);
  await writeFile(join(run.git, "refs", "heads", want.start.branch), `${want.start.startCommit}\n`);
  await writeFile(join(run.git, "refs", "remotes", "origin", want.projectBranch), `${want.projectHead}\n`);
  await writeFile(join(run.git, "config"), privateConfig(want));
  await writeFile(join(run.git, "HEAD"), `ref: refs/heads/${want.start.branch}\n`);
  const checkedOut = await git.run({
    action: "check out the work",
    gitDir: run.git,
    workTree: run.workspace,
    config: CHECKOUT_CONFIG,
    args: ["read-tree", "-u", "--reset", want.start.startCommit],
  });
  // The mount point of the read-only file must exist; inside, the mount hides it.
  for (const path of [run.dotGit, join(run.workspace, ".git")]) {
    await writeFile(path, `gitdir: ${SANDBOX_GIT_DIR}\n`);
  }
  return checkedOut;
}

/**
 * The private configuration. The upstream is the project's branch, so that `git status` counts the task's commits
 * and `git pull` brings in the project's; `git push` goes to the task's branch all the same. `checkStat = minimal` as owner and inode of a file differ between the two sides of a
 * user namespace, and every file would look touched.
 */
export function privateConfig(
  want: Pick<PrivateGitDir, "start" | "projectBranch" | "pushRef" | "originUrl">,
): string {
  return `[core]
\trepositoryformatversion = 0
\tbare = false
\tlogAllRefUpdates = true
\tworktree = ${SANDBOX_WORKSPACE}
\tcheckStat = minimal
[user]
\tname = Shopfloor agent
\temail = agent@shopfloor.invalid
[remote "origin"]
\turl = ${want.originUrl}
\tfetch = +refs/heads/*:refs/remotes/origin/*
\tpush = HEAD:${want.pushRef}
[branch "${want.start.branch.replace(/["\\]/g, "\\$&")}"]
\tremote = origin
\tmerge = refs/heads/${want.start.branch}
`;
}

async function writeFile(path: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeTextFile(path, text);
}
