/**
 * Where the socket for people at this machine is: in the runner's state, or, where that path is too long for a socket, in a
 * directory of its own that only this user can enter. The same for the runner and for the commands.
 */
import { basename, dirname, join } from "node:path";
import { SOCKET_PATH_MAX_BYTES } from "../limits.ts";

const NAME = "control.sock";
const PRIVATE = 0o700;

/** @param stateDir A runner's; its last part is the runner's id. */
export function controlSocketPath(stateDir: string, uid: number): string {
  const own = join(stateDir, NAME);
  if (new TextEncoder().encode(own).length <= SOCKET_PATH_MAX_BYTES) return own;
  const runnerId = basename(stateDir);
  const dir = uid === 0 ? `/run/shopfloor-control-${runnerId}` : `/tmp/shopfloor-control-${uid}-${runnerId}`;
  return join(dir, NAME);
}

/** Makes the directory of a socket that is not in the state. Rejects if it is somebody else's. */
export async function makeControlDir(path: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true, mode: PRIVATE });
  if (await isOurs(path)) return;
  throw new Error(
    `Cannot serve commands as ${dirname(path)} must be a directory that only this user can enter: it is not`,
  );
}

/** Whether nobody else can have put the socket there. */
export async function isOurs(path: string): Promise<boolean> {
  const found = await Deno.lstat(dirname(path)).catch(() => null);
  if (found === null || !found.isDirectory || found.uid !== Deno.uid()) return false;
  // A state directory lets others pass through to the sandboxes' files, and writes nothing for them.
  return ((found.mode ?? 0) & 0o022) === 0;
}
