/**
 * `podman system service`: one per data directory.
 *
 * - P1 A second start finds the socket alive and uses it.
 * - P2 The service leads its own session: Ctrl-C at the runner does not take it away while the runner still has
 *   containers to end. Containers outlive it in any case.
 * - P3 The service ends with the last of its users, whoever started it: each has a file in `users/` named by its process, and
 *   files of processes that are gone do not count. Who ended it while another used it would take that one's sandboxes away.
 * - P4 One at a time starts or ends it: two that start at once would each have a service, and only one of them the socket.
 */

import { endLeftovers } from "./podman_leftovers.ts";
import { runCommand } from "./run_command.ts";
import { makeRunDir, type PodmanSettings } from "./podman_settings.ts";

/** The service starts in about 0.1 s; a loaded machine takes longer. */
const START_TIMEOUT_MS = 20_000;
const START_POLL_MS = 20;
/** It ends at once when nobody is connected; somebody who is keeps what it uses. */
const STOP_TIMEOUT_MS = 5_000;
/** A unix socket's path, less the NUL. */
const SOCKET_PATH_MAX_BYTES = 107;

/** A service that answers. */
export interface PodmanService {
  readonly socketPath: string;
  readonly wasReused: boolean;
  stop(): Promise<void>;
}

/** Starts under way in this thread. */
let starting = 0;

/** Starts the service, or finds the one that runs. */
export async function startPodmanService(settings: PodmanSettings): Promise<PodmanService> {
  const { socketPath } = settings;
  if (new TextEncoder().encode(socketPath).length > SOCKET_PATH_MAX_BYTES) {
    throw new Error(
      `Cannot start Podman's service as its socket path must have at most ${SOCKET_PATH_MAX_BYTES} bytes: current value is ${socketPath}`,
    );
  }
  starting++;
  try {
    using lock = openLock(settings);
    await lock.lock(true);
    return await findOrStart(settings);
  } finally {
    starting--;
  }
}

/** By the holder of the lock (P4). */
async function findOrStart(settings: PodmanSettings): Promise<PodmanService> {
  const { socketPath } = settings;
  if (await answers(socketPath)) {
    const user = await beUser(settings);
    return { socketPath, wasReused: true, stop: () => leave(settings, user) };
  }
  await makeRunDir(settings.runDir);
  const child = new Deno.Command(settings.podmanPath, {
    // Where conmon leaves a file named `oom` when a sandbox's memory was full.
    cwd: settings.runDir,
    args: [...settings.globalArgs, "system", "service", "--time=0", `unix://${socketPath}`],
    env: { ...settings.env },
    stdin: "null",
    stdout: "null",
    stderr: "null",
    detached: true,
  }).spawn();
  child.unref();
  await Deno.writeTextFile(`${settings.runDir}/service.json`, JSON.stringify({ pid: child.pid }));
  const user = await beUser(settings);
  const deadlineMs = performance.now() + START_TIMEOUT_MS;
  while (!(await answers(socketPath))) {
    if (performance.now() > deadlineMs) {
      endProcess(child.pid, "SIGKILL");
      throw new Error(
        `Cannot start Podman's service as it must answer within ${START_TIMEOUT_MS} ms: current socket is ${socketPath}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, START_POLL_MS));
  }
  return { socketPath, wasReused: false, stop: () => leave(settings, user) };
}

/** A file of the storage, as that is what a service is for; its lock ends with the process. */
function openLock(settings: PodmanSettings): Deno.FsFile {
  Deno.mkdirSync(storageRoot(settings), { recursive: true, mode: 0o700 });
  return Deno.openSync(`${storageRoot(settings)}/service.lock`, { create: true, write: true });
}

/** @returns The file that says so. */
async function beUser({ runDir }: PodmanSettings): Promise<string> {
  await makeRunDir(runDir);
  await Deno.mkdir(`${runDir}/users`, { recursive: true });
  const file = `${runDir}/users/${Deno.pid}-${crypto.randomUUID()}`;
  await Deno.writeTextFile(file, "");
  return file;
}

/** P3. Up to the signal nothing is awaited: a process that is about to end gets that far. */
async function leave(settings: PodmanSettings, user: string): Promise<void> {
  try {
    Deno.removeSync(user);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return;
  }
  // Whoever is about to use it in this thread holds the lock, or waits for it, and ends the service after that.
  if (starting > 0) return;
  using lock = openLock(settings);
  lock.lockSync(true);
  const users = [...Deno.readDirSync(`${settings.runDir}/users`)];
  if (users.some(({ name }) => isProcess(Number.parseInt(name), ""))) return;
  const { pid } = JSON.parse(Deno.readTextFileSync(`${settings.runDir}/service.json`)) as { pid: number };
  if (isProcess(pid, "podman")) endProcess(pid, "SIGTERM");
  const deadlineMs = performance.now() + STOP_TIMEOUT_MS;
  while (isProcess(pid, "podman")) {
    if (performance.now() > deadlineMs) return;
    await new Promise((resolve) => setTimeout(resolve, START_POLL_MS));
  }
  await letGo(settings);
}

/** Nothing of ours uses the storage any longer, but containers that live on. */
async function letGo(settings: PodmanSettings): Promise<void> {
  const root = storageRoot(settings);
  await endLeftovers(root, await containerIds(root, settings));
  await unmountStorage(settings);
  await removeRunDir(settings);
}

/**
 * Lets go of the storage, which Podman keeps mounted onto itself when it is root: mounted, its directory could not be
 * removed. Only that mount: with a container's root below it is busy and stays, and the container's own must not be
 * touched (the kernel lets it go even while the container runs).
 */
async function unmountStorage(settings: PodmanSettings): Promise<void> {
  if (settings.isRootless) return;
  const target = `${storageRoot(settings)}/${settings.choice.storageDriver}`;
  const mounts = await Deno.readTextFile("/proc/self/mounts");
  if (mounts.split("\n").some((line) => line.split(" ")[1] === target)) await runCommand("umount", [target]);
}

/** Leaves nothing outside the data directory, unless a container still needs it. */
async function removeRunDir(settings: PodmanSettings): Promise<void> {
  const root = storageRoot(settings);
  const containers = await containerIds(root, settings);
  const mounts = await Deno.readTextFile("/proc/self/mounts");
  if (containers.size > 0 || mounts.includes(` ${root}/`) || mounts.includes(` ${settings.runDir}/`)) return;
  await Deno.remove(settings.runDir, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

/** Of all containers in the storage; before the first one there is no list. */
async function containerIds(root: string, { choice }: PodmanSettings): Promise<ReadonlySet<string>> {
  const list = `${root}/${choice.storageDriver}-containers/containers.json`;
  const text = await Deno.readTextFile(list).catch(() => "[]");
  return new Set((JSON.parse(text) as readonly { readonly id: string }[]).map(({ id }) => id));
}

function storageRoot(settings: PodmanSettings): string {
  return settings.globalArgs[settings.globalArgs.indexOf("--root") + 1]!;
}

/** True when a Podman listens. */
async function answers(socketPath: string): Promise<boolean> {
  const client = Deno.createHttpClient({ proxy: { transport: "unix", path: socketPath } });
  try {
    const response = await fetch("http://podman/_ping", { client });
    await response.body?.cancel();
    return response.ok;
  } catch (error) {
    if (error instanceof TypeError) return false; // nobody listens
    throw error;
  } finally {
    client.close();
  }
}

/** True when the process exists and its command line contains `word`. */
function isProcess(pid: number, word: string): boolean {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/cmdline`).includes(word);
  } catch {
    return false;
  }
}

function endProcess(pid: number, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
