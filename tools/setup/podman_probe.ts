/** Tries one way to run Podman with a real container: hardened like a sandbox, from an image of busybox alone. */

import type { PodmanSettings } from "./podman_settings.ts";
import { findProgram } from "./programs.ts";
import { mustRun, runCommand } from "./run_command.ts";

/** What a probe found. */
export type ProbeOutcome = { readonly isOk: true; readonly hasResourceLimits: boolean } | {
  readonly isOk: false;
  readonly detail: string;
};

const PROBE_IMAGE = "localhost/shopfloor-probe:1";
/** A container starts in 0.2 s; a probe that takes longer than this will not get better. */
const PROBE_TIMEOUT_MS = 30_000;
const LIMIT_ARGS = ["--memory", "128m", "--pids-limit", "64", "--cpus", "1"];

/** The arguments that give a container the user namespace of the driver. */
function userNamespaceArgs(settings: Pick<PodmanSettings, "isRootless" | "firstHostId">): string[] {
  if (settings.isRootless) return ["--userns", "keep-id:uid=1000,gid=1000", "--user", "1000:1000"];
  const map = `0:${settings.firstHostId}:65536`;
  return ["--uidmap", map, "--gidmap", map, "--user", "1000:1000"];
}

/** `podman run` of a container that is as sealed as a sandbox; an image name and a command follow. */
export function sealedRunArgs(settings: Pick<PodmanSettings, "isRootless" | "firstHostId">): string[] {
  return [
    ...["run", "--rm", "--network", "none", "--read-only", "--cap-drop", "ALL"],
    ...["--security-opt", "no-new-privileges"],
    ...userNamespaceArgs(settings),
    ...["--tmpfs", "/tmp:rw,size=256m,mode=1777"],
    ...["--tmpfs", "/home/agent:rw,size=256m,mode=1777,notmpcopyup"],
  ];
}

/** Starts a container with limits, and when that fails one without. */
export async function probePodman(settings: PodmanSettings): Promise<ProbeOutcome> {
  const podman = (args: readonly string[]) =>
    runCommand(settings.podmanPath, [...settings.globalArgs, ...args], {
      env: settings.env,
      timeoutMs: PROBE_TIMEOUT_MS,
    });
  const imported = await importProbeImage(settings);
  if (imported !== null) return { isOk: false, detail: imported };
  const base = sealedRunArgs(settings);
  const limited = await podman([...base, ...LIMIT_ARGS, PROBE_IMAGE, "/bin/busybox", "true"]);
  if (limited.code === 0) {
    // Rootless on cgroup v1 Podman starts the container all the same, and says on stderr that it did not limit it.
    return { isOk: true, hasResourceLimits: !/not supported and ignored/i.test(limited.stderr) };
  }
  const unlimited = await podman([...base, PROBE_IMAGE, "/bin/busybox", "true"]);
  if (unlimited.code === 0) return { isOk: true, hasResourceLimits: false };
  return { isOk: false, detail: unlimited.stderr.trim().slice(-400) };
}

async function importProbeImage(settings: PodmanSettings): Promise<string | null> {
  const busybox = await findProgram("busybox");
  if (busybox === null) return "busybox is missing";
  const exists = ["image", "exists", PROBE_IMAGE];
  if (
    (await runCommand(settings.podmanPath, [...settings.globalArgs, ...exists], { env: settings.env }))
      .code === 0
  ) return null;
  const tree = await Deno.makeTempDir({ prefix: "shopfloor-probe-" });
  try {
    for (const folder of ["bin", "proc", "sys", "dev", "tmp", "etc", "run"]) {
      await Deno.mkdir(`${tree}/${folder}`);
    }
    await Deno.copyFile(busybox, `${tree}/bin/busybox`);
    await mustRun("pack the probe image", "tar", [
      "-C",
      tree,
      "--owner=0",
      "--group=0",
      "-cf",
      `${tree}.tar`,
      ".",
    ]);
    const args = [...settings.globalArgs, "import", "--quiet", `${tree}.tar`, PROBE_IMAGE];
    const result = await runCommand(settings.podmanPath, args, {
      env: settings.env,
      timeoutMs: PROBE_TIMEOUT_MS,
    });
    return result.code === 0 ? null : result.stderr.trim().slice(-400);
  } finally {
    await Deno.remove(tree, { recursive: true });
    await Deno.remove(`${tree}.tar`).catch(() => null);
  }
}
