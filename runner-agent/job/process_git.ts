/**
 * Makes git work for agents of the process driver, which cannot mount: what a sandbox sees at a path of its own is here
 * a path of the host, and the hub listens on a port that is free instead of on its own.
 *
 * `/workspace/.git` becomes a file in the worktree that names the private git directory on the host. `origin` is written
 * with a port that nobody forwards ({@link STAND_IN_PORT}), and git is told by its environment to use the hub's
 * instead; the driver rewrites the hub's port there and leaves the stand-in alone.
 *
 * Submodules, which a sandbox sees by mounts, are copied into the worktree.
 */
import { HUB_PORT } from "../limits.ts";
import type { Worktree } from "../ports.ts";
import { configVariables } from "../worktree/git_environment.ts";
import { SANDBOX_GIT_DIR, SANDBOX_WORKSPACE } from "../worktree/run_directory.ts";

/** What `origin` of a worktree names in place of the hub's port. */
export const STAND_IN_PORT = HUB_PORT + 1;

/** Git's way to the hub, for the environment of the agent. */
export function processGitEnvironment(): Readonly<Record<string, string>> {
  return configVariables({
    [`url.http://127.0.0.1:${HUB_PORT}/.insteadOf`]: `http://127.0.0.1:${STAND_IN_PORT}/`,
  });
}

/** Ties worktree and private git directory together on the host. Only before an agent has run. */
export async function linkGitDirectory(worktree: Worktree): Promise<void> {
  const gitDir = worktree.mounts.find((mount) => mount.target === SANDBOX_GIT_DIR)?.source;
  if (gitDir === undefined) {
    throw new Error(`Cannot link git as the worktree must mount ${SANDBOX_GIT_DIR}: it does not`);
  }
  for (const { source, target } of worktree.mounts) {
    if (!target.startsWith(`${SANDBOX_WORKSPACE}/`) || target === `${SANDBOX_WORKSPACE}/.git`) continue;
    await copyTree(source, worktree.worktreeDir + target.slice(SANDBOX_WORKSPACE.length));
  }
  await Deno.writeTextFile(`${worktree.worktreeDir}/.git`, `gitdir: ${gitDir}\n`);
  // git takes this setting from the file only, so the environment cannot say it.
  const config = await Deno.readTextFile(`${gitDir}/config`);
  const ofSandbox = `\tworktree = ${SANDBOX_WORKSPACE}\n`;
  await Deno.writeTextFile(
    `${gitDir}/config`,
    config.replace(ofSandbox, () => `\tworktree = ${worktree.worktreeDir}\n`),
  );
}

/** Links are copied as links. */
async function copyTree(source: string, target: string): Promise<void> {
  await Deno.mkdir(target, { recursive: true });
  const { success, code } = await new Deno.Command("cp", {
    args: ["-R", "-P", "--", `${source}/.`, target],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
  if (!success) throw new Error(`Cannot copy a submodule as cp must succeed: current value is exit ${code}`);
}
