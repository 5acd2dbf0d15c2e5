/**
 * The directories of one run that are neither its worktree nor its git:
 *
 * ```
 * <state>/sandboxes/<runId>/home  -> /home/agent       the agent's
 * <state>/sandboxes/<runId>/out   -> /run/shopfloor    the agent's; conclusion.json is written there
 * <state>/sandboxes/<runId>/concluded.json                 the operator's: what the agent told it
 * <hub>/<runId>/           -> /run/alp             read-only: hub.sock, cred.sock, dmz.sock, bin/
 * ```
 *
 * 1. The socket's directory is not the agent's: nobody inside can put a link where the runner makes a socket.
 * 2. Whether the socket's path fits into a socket address is decided once, before the container is created; its
 *    directory is mounted, not the file, so a restarted runner makes a new socket in the same place.
 * 3. What the agent wrote is read without following links, and bounded.
 * 4. A run's id may be another server's, and long: its socket directory then has a digest for a name.
 */
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { SOCKET_PATH_MAX_BYTES } from "../limits.ts";
import { removeTree } from "../worktree/run_directory.ts";

export interface RunDirs {
  readonly root: string;
  readonly home: string;
  readonly out: string;
  /** Made by the operator; outside of all that the sandbox sees. */
  readonly concludedFile: string;
  readonly hub: string;
  readonly hubSocket: string;
  /** The credential server's (Line 13). */
  readonly credSocket: string;
  /** The egress proxy's (Line 14). */
  readonly dmzSocket: string;
  /** Programs for the sandbox. */
  readonly bin: string;
}

/** Inside the sandbox. */
export const SANDBOX_OUT_DIR = "/run/shopfloor";
/** Line 13: `/run/alp/cred.sock`; Line 16: `/run/alp/plugins`. */
export const SANDBOX_ALP_DIR = "/run/alp";
export const SANDBOX_BIN_DIR = `${SANDBOX_ALP_DIR}/bin`;
export const HUB_SOCKET_NAME = "hub.sock";
export const CRED_SOCKET_NAME = "cred.sock";
export const DMZ_SOCKET_NAME = "dmz.sock";
export const CONCLUSION_NAME = "conclusion.json";
/** Made by the runner once the sandbox has passed its self-test. */
export const GATE_NAME = "checked";

const LONGEST_SOCKET_NAME = CRED_SOCKET_NAME;
const RUN_ID_CHARS = 26;
const RUN_BIN = new URL("../container/run_bin/", import.meta.url);
const PROGRAMS = [
  "complete_station",
  "agent_bridge",
  "run_services",
  "agent_session",
  "agent_hook",
  "pipeline_permission",
  "pipeline_station",
];

const PRIVATE = 0o700;
const EXECUTABLE = 0o755;
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
  const hub = join(hubBase, hubName(runId));
  return {
    root,
    home: join(root, "home"),
    out: join(root, "out"),
    concludedFile: join(root, "concluded.json"),
    hub,
    hubSocket: join(hub, HUB_SOCKET_NAME),
    credSocket: join(hub, CRED_SOCKET_NAME),
    dmzSocket: join(hub, DMZ_SOCKET_NAME),
    bin: join(hub, "bin"),
  };
}

/** Invariant 4. */
function hubName(runId: string): string {
  if (runId.length <= RUN_ID_CHARS) return runId;
  return createHash("sha256").update(runId).digest("hex").slice(0, RUN_ID_CHARS);
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
  const runIdLike = "0".repeat(RUN_ID_CHARS);
  const fits = (base: string) =>
    new TextEncoder().encode(join(base, runIdLike, LONGEST_SOCKET_NAME)).length <= SOCKET_PATH_MAX_BYTES;
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
  await Deno.mkdir(dirs.bin, { recursive: true, mode: EXECUTABLE });
  // Something to mount the plugins on: the directory around it is read-only inside.
  await Deno.mkdir(join(dirs.hub, "plugins"), { recursive: true, mode: EXECUTABLE });
  for (const name of PROGRAMS) {
    const program = join(dirs.bin, name);
    await Deno.copyFile(new URL(name, RUN_BIN), `${program}.new`);
    await Deno.chmod(`${program}.new`, EXECUTABLE);
    await Deno.rename(`${program}.new`, program);
  }
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
  const wanted = [...known].map((runId) => runDirs(stateDir, hubBase, runId));
  const kept = new Set(wanted.flatMap((dirs) => [dirs.root, dirs.hub]));
  for (const parent of [join(stateDir, "sandboxes"), hubBase]) {
    for (const name of await namesIn(parent)) {
      const path = join(parent, name);
      if (!kept.has(path)) await removeTree(path);
    }
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
