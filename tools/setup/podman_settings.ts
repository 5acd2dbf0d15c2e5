/**
 * Private settings for Podman, below the data directory; nothing in `/etc` is read for them or written.
 *
 * What a machine needs differs (crun refuses hybrid cgroups; without CAP_SYS_RESOURCE the default limits on open
 * files cannot be set; a data directory on overlayfs cannot hold an overlay store), so candidates are tried in the
 * order of preference with a probe container, and the first that works is remembered until Podman, the kernel or the
 * user changes.
 *
 * - The image store is private (`--root`), so that nobody else's containers are seen or touched. `static_dir` is not
 *   set: with it conmon does not find the container at its end, and each wait takes 20 s.
 * - What must not survive a reboot (run root, socket) is in a short directory of its own in /run or /tmp: a unix
 *   socket's path has at most 107 bytes, and a run root that survives a reboot keeps false mount counts.
 */

import { candidates, containersConf, type PodmanChoice } from "./podman_choice.ts";
import { probePodman } from "./podman_probe.ts";
import { findProgram } from "./programs.ts";
import { mustRun } from "./run_command.ts";

/** First host uid and gid of the sandboxes when we are root. */
export const FIRST_HOST_ID = 200_000;

const INIT_SCRIPT = new URL("../../runner-agent/container/init.sh", import.meta.url);

/** How to call Podman on this machine. */
export interface PodmanSettings {
  readonly podmanPath: string;
  readonly isRootless: boolean;
  readonly firstHostId: number;
  readonly hasResourceLimits: boolean;
  readonly choice: PodmanChoice;
  /** Environment of every podman process. */
  readonly env: Readonly<Record<string, string>>;
  /** Arguments before the sub-command of every podman call. */
  readonly globalArgs: readonly string[];
  /** A copy of `init.sh` that the sandbox's user may read, whatever the umask of the checkout was. */
  readonly initScriptPath: string;
  /** Where conmon writes the output of containers. */
  readonly logDir: string;
  /** Short directory for the socket and the like; gone after a reboot. */
  readonly runDir: string;
  readonly socketPath: string;
}

/** Finds (or remembers) the settings of this machine. Throws with what each candidate said when none works. */
export async function ensurePodmanSettings(dataDir: string): Promise<PodmanSettings> {
  const podmanPath = await findProgram("podman");
  if (podmanPath === null) {
    throw new Error("Cannot set Podman up as `podman` must be on PATH: current value is missing");
  }
  const base = `${dataDir}/podman`;
  await Deno.mkdir(`${base}/logs`, { recursive: true });
  const realBase = await Deno.realPath(base);
  const isRootless = Deno.uid() !== 0;
  const runDir = await ensureRunDir(realBase);
  await replaceFile(`${realBase}/init.sh`, await Deno.readTextFile(INIT_SCRIPT));
  const fingerprint = [
    (await mustRun("ask Podman's version", podmanPath, ["--version"])).trim(),
    Deno.osRelease(),
    Deno.uid(),
    await findProgram("crun"),
    await findProgram("runc"),
  ].join("|");

  const settingsFor = (choice: PodmanChoice, hasResourceLimits: boolean): PodmanSettings => ({
    podmanPath,
    isRootless,
    firstHostId: FIRST_HOST_ID,
    hasResourceLimits,
    choice,
    env: { CONTAINERS_CONF: `${realBase}/containers.conf` },
    globalArgs: [
      "--root",
      `${realBase}/storage`,
      "--runroot",
      `${runDir}/run`,
      "--storage-driver",
      choice.storageDriver,
    ],
    initScriptPath: `${realBase}/init.sh`,
    logDir: `${realBase}/logs`,
    runDir,
    socketPath: `${runDir}/podman.sock`,
  });

  const remembered = await readProbe(`${realBase}/probe.json`);
  if (remembered?.fingerprint === fingerprint) {
    await writeConf(realBase, remembered.choice);
    return settingsFor(remembered.choice, remembered.hasResourceLimits);
  }
  const failures: string[] = [];
  for (
    const choice of candidates({
      hasCrun: (await findProgram("crun")) !== null,
      hasRunc: (await findProgram("runc")) !== null,
    })
  ) {
    await writeConf(realBase, choice);
    const outcome = await probePodman(settingsFor(choice, true));
    if (outcome.isOk) {
      const found: Probe = { fingerprint, choice, hasResourceLimits: outcome.hasResourceLimits };
      await Deno.writeTextFile(`${realBase}/probe.json`, JSON.stringify(found, null, 2));
      return settingsFor(choice, outcome.hasResourceLimits);
    }
    failures.push(`${JSON.stringify(choice)}: ${outcome.detail}`);
  }
  throw new Error(
    `Cannot use Podman as one way to start a container must work: current failures are\n${
      failures.join("\n")
    }`,
  );
}

interface Probe {
  readonly fingerprint: string;
  readonly choice: PodmanChoice;
  readonly hasResourceLimits: boolean;
}

async function readProbe(path: string): Promise<Probe | null> {
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    // A missing or half-written answer only means that we ask again.
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return null;
    throw error;
  }
}

async function writeConf(base: string, choice: PodmanChoice): Promise<void> {
  await replaceFile(`${base}/containers.conf`, containersConf(choice));
}

/** Only when it differs, and never in place: another podman, or a sandbox's shell, may be reading it. */
async function replaceFile(path: string, text: string): Promise<void> {
  const current = await Deno.readTextFile(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  });
  if (current === text) return;
  await Deno.writeTextFile(`${path}.tmp`, text);
  await Deno.chmod(`${path}.tmp`, 0o644);
  await Deno.rename(`${path}.tmp`, path);
}

/** A directory that is ours alone, named after the data directory. */
async function ensureRunDir(base: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(base))).toHex()
    .slice(0, 12);
  const uid = Deno.uid() ?? 0;
  const parent = uid === 0 ? "/run" : Deno.env.get("XDG_RUNTIME_DIR") ?? "/tmp";
  const runDir = `${parent}/shopfloor-${uid}-${digest}`;
  await makeRunDir(runDir);
  return runDir;
}

/** Makes the directory unless it is there, as when a service was stopped and took it away; it must be this user's. */
export async function makeRunDir(runDir: string): Promise<void> {
  const uid = Deno.uid() ?? 0;
  await Deno.mkdir(runDir, { mode: 0o700 }).catch((error) => {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  });
  const info = await Deno.lstat(runDir);
  if (!info.isDirectory || info.uid !== uid) {
    throw new Error(
      `Cannot use ${runDir} as it must be a directory of this user: current owner is ${info.uid}`,
    );
  }
  await Deno.chmod(runDir, 0o700);
}
