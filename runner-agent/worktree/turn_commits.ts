/**
 * The state of a run's worktree after each turn of its agent: a commit each, in a repository of the runner's own beside the
 * agent's (`turns.git`), which no sandbox sees.
 *
 * ```
 * refs/shopfloor/turns/N   tree: the files, also untracked ones, without ignored ones; parent: the agent's head then
 * HEAD, index              the state that was kept, or put back, last
 * ```
 *
 * 1. As with a harvest nothing of the agent's configuration counts, its objects come from the cache, where they were checked,
 *    and no path leads through a link. Repositories within the worktree are looked into by nobody.
 * 2. The runner's own files in the worktree are no part of it; too large files are left as they are.
 * 3. Files are put back only while no process of the agent lives. What was there before is kept first.
 * 4. Every step may be repeated after a crash: the next state is made from the files as they are.
 */
import { join } from "node:path";
import { ok } from "../../protocol/result.ts";
import { type KeptTurn, type TurnKind, turnMessage } from "../domain/turns.ts";
import {
  TURN_FILE_MAX_BYTES,
  TURN_MAX_BYTES,
  TURN_PATHS_MAX,
  TURNS_DROPPED_TOGETHER,
  TURNS_KEPT_MAX,
} from "../limits.ts";
import { giveToOwner } from "./give_to_owner.ts";
import { HARVEST_CONFIG } from "./harvest.ts";
import { writeExclude } from "./job_files.ts";
import { removeTree } from "./run_directory.ts";
import {
  findTurn,
  listTurns,
  refuse,
  type Step,
  TURN_REF,
  turnsGit,
  turnsGitDir,
  type TurnsPlace,
} from "./turn_git.ts";

export interface TurnWish {
  readonly kind: TurnKind;
  readonly atMs: number;
  readonly prompt: string | null;
  /** The agent's head, which a harvest has brought into the cache. */
  readonly headCommit: string;
}

const WHO = { "user.name": "Shopfloor", "user.email": "runner@shopfloor.invalid" };

/** Keeps the state as it is now. The first call keeps the run's start before it. */
export async function keepTurn(place: TurnsPlace, wish: TurnWish): Step<KeptTurn> {
  const last = await openTurns(place, wish.atMs);
  if (!last.ok) return last;
  const changed = await stageChanges(place, wish.headCommit);
  if (!changed.ok) return changed;
  const turn: KeptTurn = { ...wish, ...changed.value, turn: last.value + 1 };
  const made = await commitTurn(place, turn);
  if (!made.ok) return made;
  await dropOldest(place);
  return ok(turn);
}

/** Puts the files back. No process of the agent may live (invariant 3). @returns As what the state before was kept. */
export async function rewindTo(
  place: TurnsPlace,
  number: number,
  now: Omit<TurnWish, "kind" | "prompt">,
): Step<{ readonly turn: KeptTurn; readonly keptAs: number }> {
  const turn = await findTurn(place, number);
  if (!turn.ok) return turn;
  const before = await keepTurn(place, { ...now, kind: "before_rewind", prompt: null });
  if (!before.ok) return before;
  const { run } = place;
  const to = TURN_REF + number;
  const put = await turnsGit(place, "put the files back", {
    workTree: run.workspace,
    args: ["read-tree", "-m", "-u", TURN_REF + before.value.turn, to],
  });
  if (!put.ok) return put;
  const { uid, gid } = await Deno.stat(run.workspace);
  if (uid !== null && gid !== null) await giveToOwner([run.workspace], { uid, gid });
  const pointed = await turnsGit(place, "note the turn", { args: ["update-ref", "--no-deref", "HEAD", to] });
  return pointed.ok ? ok({ turn: turn.value, keptAs: before.value.turn }) : pointed;
}

/** Makes the repository with the run's start in it, unless it is there. @returns The number of the last state. */
async function openTurns(place: TurnsPlace, atMs: number): Step<number> {
  const { note } = place;
  const gitDir = turnsGitDir(place);
  const known = await listTurns(place);
  if (!known.ok) return known;
  const last = known.value.at(-1);
  // A git that was killed has left it; the worktree manager does one thing at a time.
  await removeTree(join(gitDir, "index.lock"));
  if (last !== undefined) return ok(last.turn);
  await removeTree(gitDir);
  await Deno.mkdir(join(gitDir, "objects", "info"), { recursive: true, mode: 0o700 });
  await Deno.mkdir(join(gitDir, "refs", "heads"), { recursive: true });
  await Deno.writeTextFile(
    join(gitDir, "objects", "info", "alternates"),
    `${join(note.cacheGitDir, "objects")}\n`,
  );
  await Deno.writeTextFile(join(gitDir, "config"), HARVEST_CONFIG);
  await Deno.writeTextFile(join(gitDir, "HEAD"), `${note.startCommit}\n`);
  await writeExclude(gitDir, note);
  const read = await turnsGit(place, "index the start", { args: ["read-tree", note.startCommit] });
  if (!read.ok) return read;
  const none = { filesChanged: 0, filesLeftOut: 0, prompt: null };
  const start = { turn: 0, kind: "start", atMs, headCommit: note.startCommit, ...none } as const;
  const made = await commitTurn(place, start);
  return made.ok ? ok(0) : made;
}

/** Brings the index to the files as they are. */
async function stageChanges(
  place: TurnsPlace,
  headCommit: string,
): Step<{ readonly filesChanged: number; readonly filesLeftOut: number }> {
  const { run, note } = place;
  const status = await turnsGit(place, "find what has changed", {
    workTree: run.workspace,
    args: [
      "status",
      "--porcelain=v1",
      "-z",
      "--untracked-files=all",
      "--ignore-submodules=all",
      "--no-renames",
    ],
  });
  if (!status.ok) return status;
  // What the agent has committed although it is ignored.
  const added = await turnsGit(place, "find what was committed", {
    args: [
      "diff-tree",
      "-r",
      "-z",
      "--name-only",
      "--no-renames",
      "--diff-filter=A",
      "--ignore-submodules=all",
      "HEAD^{tree}",
      headCommit,
    ],
  });
  if (!added.ok) return added;
  const hidden = new Set(note.hiddenPaths ?? []);
  // Those that end so are repositories within this one (invariant 1).
  const isOurs = (path: string) => !hidden.has(path) && !path.endsWith("/");
  const found = new Set(status.value.split("\0").slice(0, -1).map((entry) => entry.slice(3)).filter(isOurs));
  const committed = added.value.split("\0").slice(0, -1).filter((path) => isOurs(path) && !found.has(path));
  const ours = [...found, ...committed];
  if (ours.length > TURN_PATHS_MAX) {
    return refuse(
      "turn_not_kept",
      `Cannot keep the turn as at most ${TURN_PATHS_MAX} files may change: current value is ${ours.length}`,
    );
  }
  const { kept, leftOut, ...sorted } = await sortPaths(run.workspace, ours);
  const gone = sorted.gone.filter((path) => found.has(path));
  for (
    const [args, list] of [[["--force-remove"], gone], [["--add", "--remove", "--replace"], kept]] as const
  ) {
    if (list.length === 0) continue;
    const staged = await turnsGit(place, "take the files", {
      workTree: run.workspace,
      args: ["update-index", ...args, "-z", "--stdin"],
      stdin: list.map((path) => `${path}\0`).join(""),
    });
    if (!staged.ok) return staged;
  }
  return ok({ filesChanged: kept.length + gone.length, filesLeftOut: leftOut });
}

/** What is there, what is not (or lies behind a link, or is nothing that git keeps), and how many are too large. */
async function sortPaths(workspace: string, paths: readonly string[]) {
  const kept: string[] = [];
  const gone: string[] = [];
  const areDirectories = new Map<string, boolean>();
  let bytes = 0;
  let leftOut = 0;
  for (const path of paths) {
    const found = await within(workspace, path, areDirectories);
    if (found === null || !(found.isFile || found.isSymlink)) {
      gone.push(path);
      continue;
    }
    if (found.size > TURN_FILE_MAX_BYTES || bytes + found.size > TURN_MAX_BYTES) {
      leftOut++;
      continue;
    }
    bytes += found.size;
    kept.push(path);
  }
  return { kept, gone, leftOut };
}

/** Null: there is no such path all of whose parents are directories. */
async function within(
  workspace: string,
  path: string,
  areDirectories: Map<string, boolean>,
): Promise<Deno.FileInfo | null> {
  const parts = path.split("/");
  for (let depth = 1; depth < parts.length; depth++) {
    const dir = parts.slice(0, depth).join("/");
    let isDirectory = areDirectories.get(dir);
    if (isDirectory === undefined) {
      isDirectory = (await lstat(join(workspace, dir)))?.isDirectory ?? false;
      areDirectories.set(dir, isDirectory);
    }
    if (!isDirectory) return null;
  }
  return await lstat(join(workspace, path));
}

async function lstat(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
    throw error;
  }
}

async function commitTurn(place: TurnsPlace, turn: KeptTurn): Step<null> {
  const tree = await turnsGit(place, "write the files", { args: ["write-tree"] });
  if (!tree.ok) return tree;
  const commit = await turnsGit(place, "keep the turn", {
    config: WHO,
    args: ["commit-tree", tree.value.trim(), "-p", turn.headCommit],
    stdin: turnMessage(turn),
  });
  if (!commit.ok) return commit;
  for (const args of [[TURN_REF + turn.turn], ["--no-deref", "HEAD"]]) {
    const pointed = await turnsGit(place, "keep the turn", {
      args: ["update-ref", ...args, commit.value.trim()],
    });
    if (!pointed.ok) return pointed;
  }
  return ok(null);
}

/** That it cannot be done costs room, not the turn. */
async function dropOldest(place: TurnsPlace): Promise<void> {
  const turns = await listTurns(place);
  if (!turns.ok || turns.value.length < TURNS_KEPT_MAX + TURNS_DROPPED_TOGETHER) return;
  for (const { turn } of turns.value.slice(0, turns.value.length - TURNS_KEPT_MAX)) {
    await turnsGit(place, "drop an old turn", { args: ["update-ref", "-d", TURN_REF + turn] });
  }
  await turnsGit(place, "drop old turns", { args: ["prune", "--expire=now"] });
}
