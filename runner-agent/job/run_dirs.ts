/**
 * The directories of one run that are neither its worktree nor its git:
 *
 * ```
 * <state>/sandboxes/<runId>/home  -> /home/agent       the agent's
 * <state>/sandboxes/<runId>/out   -> /run/shopfloor    the agent's; conclusion.json is written there
 * <hub>/<runId>/hub.sock          -> /run/shopfloor_hub  read-only: the hub's socket
 * ```
 *
 * 1. The socket's directory is not the agent's: nobody inside can put a link where the runner makes a socket.
 * 2. Whether the socket's path fits into a socket address is decided once, before the container is created; its
 *    directory is mounted, not the file, so a restarted runner makes a new socket in the same place.
 * 3. What the agent wrote is read without following links, and bounded.
 */
import { dirname, join } from "node:path";
import { SOCKET_PATH_MAX_BYTES } from "../limits.ts";
import { removeTree } from "../worktree/run_directory.ts";

export interface RunDirs {
  readonly root: string;
  readonly home: string;
  readonly out: string;
  readonly hub: string;
  readonly hubSocket: string;
}

/** Inside the sandbox. */
export const SANDBOX_OUT_DIR = "/run/shopfloor";
export const SANDBOX_HUB_DIR = "/run/shopfloor_hub";
export const HUB_SOCKET_NAME = "hub.sock";
export const CONCLUSION_NAME = "conclusion.json";

const PRIVATE = 0o700;
const PASSABLE = 0o711;
/** The bits of everybody but the owner: whoever can enter may use the socket of a run. */
const OTHERS = 0o077;

/**
 * Names the directories of a run.
 *
 * @param hubBase A directory of {@link chooseHubBase}.
 */
export function runDirs(stateDir: string, hubBase: string, runId: string): RunDirs {
  const root = join(stateDir, "sandboxes", runId);
  const hub = join(hubBase, runId);
  return {
    root,
    home: join(root, "home"),
    out: join(root, "out"),
    hub,
    hubSocket: join(hub, HUB_SOCKET_NAME),
  };
}

/**
 * Where sockets are made: in the runner's own state if the path is short enough, else in `/run` for root, else in
 * `/tmp` under the user's id. The same at every start, so that a sandbox that goes on finds its hub again.
 */
export function chooseHubBase(stateDir: string, uid: number, runnerId: string): string {
  const candidates = [
    join(stateDir, "hubs"),
    ...(uid === 0 ? [`/run/shopfloor-${runnerId}`] : []),
    `/tmp/shopfloor-${uid}-${runnerId}`,
  ];
  const runIdLike = "0".repeat(26);
  const fits = (base: string) =>
    new TextEncoder().encode(join(base, runIdLike, HUB_SOCKET_NAME)).length <= SOCKET_PATH_MAX_BYTES;
  const base = candidates.find(fits);
  if (base === undefined) {
    throw new RangeError(
      `Cannot make a socket as its path must have at most ${SOCKET_PATH_MAX_BYTES} bytes: current value is ${
        candidates[0]
      }`,
    );
  }
  return base;
}

/** Makes the directories; the agent gets what is its own. */
export async function makeRunDirs(
  dirs: RunDirs,
  homeFiles: Readonly<Record<string, string>>,
  give: (paths: readonly string[]) => Promise<void>,
): Promise<void> {
  await Deno.mkdir(dirname(dirs.root), { recursive: true, mode: PASSABLE });
  await removeTree(dirs.root);
  await Deno.mkdir(dirs.root, { mode: PASSABLE });
  await Deno.mkdir(dirs.home, { mode: PRIVATE });
  await Deno.mkdir(dirs.out, { mode: PRIVATE });
  for (const [path, text] of Object.entries(homeFiles)) {
    const file = join(dirs.home, path);
    await Deno.mkdir(dirname(file), { recursive: true, mode: PRIVATE });
    await Deno.writeTextFile(file, text, { mode: 0o600 });
  }
  await give([dirs.home, dirs.out]);
  await makeHubDir(dirs);
}

/** Makes the socket's directory below a base that nobody else may enter. */
export async function makeHubDir(dirs: RunDirs): Promise<void> {
  const base = dirname(dirs.hub);
  await Deno.mkdir(base, { recursive: true, mode: PRIVATE });
  const found = await Deno.lstat(base);
  if (!found.isDirectory || found.uid !== Deno.uid() || ((found.mode ?? 0) & OTHERS) !== 0) {
    throw new Error(
      `Cannot make a socket as ${base} must be a directory that only this user can enter: it is not`,
    );
  }
  await Deno.mkdir(dirs.hub, { recursive: true, mode: 0o755 });
}

/** Removes all of them; missing ones are no fault. */
export async function removeRunDirs(dirs: RunDirs): Promise<void> {
  await removeTree(dirs.hub);
  await removeTree(dirs.root);
}

/** Removes the base of sockets if no run is left in it. Only when this runner makes no more. */
export async function removeHubBase(hubBase: string): Promise<void> {
  await Deno.remove(hubBase).catch(ignoreMissingOrFull);
}

/** Removes the directories of runs that nobody knows any more. */
export async function removeUnknownRunDirs(
  stateDir: string,
  hubBase: string,
  known: ReadonlySet<string>,
): Promise<void> {
  const found = await Promise.all([namesIn(join(stateDir, "sandboxes")), namesIn(hubBase)]);
  for (const runId of new Set(found.flat())) {
    if (!known.has(runId)) await removeRunDirs(runDirs(stateDir, hubBase, runId));
  }
}

async function namesIn(dir: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(dir))).map((entry) => entry.name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** What is left for the next start keeps its place. */
function ignoreMissingOrFull(error: unknown): void {
  if (error instanceof Deno.errors.NotFound || (error as { code?: string }).code === "ENOTEMPTY") return;
  throw error;
}
