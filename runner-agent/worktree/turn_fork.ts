/** A kept turn as a repository of its own, for people to go on from. Nothing of the run changes by it. */
import { join } from "node:path";
import { ok } from "../../protocol/result.ts";
import { exists } from "./exists.ts";
import { removeTree } from "./run_directory.ts";
import {
  answered,
  findTurn,
  refuse,
  type Step,
  TURN_REF,
  turnsGit,
  turnsGitDir,
  type TurnsPlace,
} from "./turn_git.ts";

/** Where a fork goes; `originUrl` without credentials. */
export interface ForkWish {
  readonly branch: string;
  readonly dir: string;
  readonly originUrl: string | null;
}

/** Makes a repository of its own with a branch at that state: the agent's commits, and one with what was not committed. */
export async function forkTurn(
  place: TurnsPlace,
  number: number,
  to: ForkWish,
): Step<{ readonly commit: string }> {
  const turn = await findTurn(place, number);
  if (!turn.ok) return turn;
  if (await exists(to.dir)) {
    return refuse(
      "directory_taken",
      `Cannot fork as the directory must not exist yet: current value is ${to.dir}`,
    );
  }
  const made = await makeFork(place, number, to);
  if (!made.ok) await removeTree(to.dir);
  return made;
}

async function makeFork(
  place: TurnsPlace,
  number: number,
  { branch, dir, originUrl }: ForkWish,
): Step<{ readonly commit: string }> {
  await Deno.mkdir(dir, { recursive: true, mode: 0o755 });
  const gitDir = join(dir, ".git");
  const head = `refs/heads/${branch}`;
  const inFork = (action: string, ...args: readonly string[]) =>
    turnsGit(place, action, { gitDir, workTree: dir, args });
  const init = ["init", "--quiet", "--template=", `--initial-branch=${branch}`, "--", dir];
  const made = answered(await place.git.run({ action: "make the fork", args: init }));
  if (!made.ok) return made;
  const from = ["fetch", "--quiet", "--no-tags", "--update-head-ok", "--", turnsGitDir(place)];
  const copied = await inFork("copy the turn", ...from, `${TURN_REF}${number}:${head}`);
  if (!copied.ok) return copied;
  const trees = await inFork(
    "compare the turn",
    "rev-parse",
    `${head}^{tree}`,
    `${head}^1^{tree}`,
    `${head}^1`,
  );
  if (!trees.ok) return trees;
  const [kept, agents, commit] = trees.value.trim().split("\n");
  if (kept === agents) {
    const moved = await inFork("leave the turn's commit out", "update-ref", head, commit!);
    if (!moved.ok) return moved;
  }
  const files = await inFork("check the fork out", "read-tree", "-u", "--reset", head);
  if (!files.ok) return files;
  if (originUrl !== null) {
    const named = await inFork("name the fork's origin", "remote", "add", "origin", originUrl);
    if (!named.ok) return named;
  }
  const at = await inFork("read the fork's head", "rev-parse", head);
  return at.ok ? ok({ commit: at.value.trim() }) : at;
}
