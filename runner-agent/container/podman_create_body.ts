/**
 * The body of Podman's create call for one run: a pure function of the spec, so that the hardening is one golden
 * test away from every reader.
 *
 * What no spec can switch off:
 * - H1 no capability, no new privileges, and the system calls of `seccomp.json` alone: Podman's own profile leaves user
 *   namespaces, key rings and sockets to the hypervisor (vsock, which no network namespace holds) open;
 * - H2 a read-only root; only mounts and sized memory file systems are writable;
 * - H3 no network: `lo` alone (S2), unless the profile is `open`, which the driver has refused where it is not allowed;
 *   `sealed` has the hub's forward only;
 * - H4 memory, processes and CPU are bounded, with no swap beyond the memory; where cgroups cannot, the number of processes
 *   is bounded by RLIMIT_NPROC and the rest by the watchdog; no file may be larger than a run's share of the disk;
 * - H5 the agent is uid 1000, and not uid 1000 of the host: a user namespace maps it away when we are root;
 *   rootless, it is the very user who runs the runner.
 */

import {
  DISK_MAX_BYTES,
  HUB_PORT,
  SANDBOX_CPU_PERIOD_US,
  SANDBOX_LOG_MAX_BYTES,
  SANDBOX_OPEN_FILES,
  TMPFS_DEFAULT_BYTES,
} from "../limits.ts";
import type { ContainerSpec } from "../ports.ts";
import { safeRunName } from "./run_name.ts";
import { type Shadow, shadowMounts } from "./shadows.ts";

/** What of this host the body depends on; found out by the set-up. */
export interface PodmanHost {
  readonly isRootless: boolean;
  /** First host uid and gid of the sandboxes' user namespace when we are root. */
  readonly firstHostId: number;
  /** False where Podman ignores or refuses limits (rootless on cgroup v1). */
  readonly hasResourceLimits: boolean;
  /** Names this runner among all that use the same Podman. */
  readonly instance: string;
  /** Directory of the runner for the logs that conmon writes: Podman's own is not readable when rootless. */
  readonly logDir: string;
  /** `init.sh` on the host. */
  readonly initScriptPath: string;
  /** What this process may give its children at most: a sandbox gets no more, as without CAP_SYS_RESOURCE it could not. */
  readonly hardLimits: HardLimits;
}

export interface HardLimits {
  readonly openFiles: number;
  readonly processes: number;
}

/** The agent's uid and gid inside. */
export const AGENT_ID = 1000;
/** The agent's home inside. */
export const AGENT_HOME = "/home/agent";
/** Where PID 1 is mounted: outside of `/run/shopfloor`, which belongs to the conductor. */
export const INIT_TARGET = "/usr/local/lib/shopfloor_init.sh";
const NAMESPACE_SIZE = 65_536;
/** Read by Podman's service, which is this user's. */
const SECCOMP_PROFILE = new URL("./seccomp.json", import.meta.url).pathname;

/** Labels, by which a restarted runner finds its own (R1). */
export const LABEL = {
  instance: "shopfloor.instance",
  job: "shopfloor.job",
  run: "shopfloor.run",
  attempt: "shopfloor.attempt",
} as const;

/** The name of a run's container: unique, so that a second create cannot make a second one. */
export function containerName(runId: string): string {
  return `shopfloor-${safeRunName(runId)}`;
}

/** Builds the body. Memory file systems for `/tmp` and the home are added unless the spec mounts something there. */
export function podmanCreateBody(
  spec: ContainerSpec,
  host: PodmanHost,
  shadows: readonly Shadow[],
): Record<string, unknown> {
  const forwards = Object.entries(spec.forwards)
    .filter(([port]) => spec.networkProfile !== "sealed" || Number(port) === HUB_PORT)
    .map(([port, socket]) => `${port}=${socket}`);
  return {
    name: containerName(spec.runId),
    image: spec.image,
    entrypoint: [],
    command: ["/bin/sh", INIT_TARGET, ...forwards, "--", ...spec.command],
    env: { HOME: AGENT_HOME, ...spec.env },
    work_dir: spec.workDir,
    hostname: "sandbox",
    user: `${AGENT_ID}:${AGENT_ID}`,
    labels: {
      [LABEL.instance]: host.instance,
      [LABEL.job]: spec.jobId,
      [LABEL.run]: spec.runId,
      [LABEL.attempt]: String(spec.attempt),
    },
    cap_drop: ["ALL"],
    no_new_privileges: true,
    seccomp_profile_path: SECCOMP_PROFILE,
    read_only_filesystem: true,
    netns: { nsmode: spec.networkProfile === "open" ? "bridge" : "none" },
    ...userNamespace(host),
    ...(host.hasResourceLimits ? { resource_limits: resourceLimits(spec) } : {}),
    r_limits: rlimits(spec, host),
    mounts: [...mounts(spec, host), ...shadowMounts(shadows)],
    image_volume_mode: "ignore",
    log_configuration: {
      driver: "k8s-file",
      path: `${host.logDir}/${spec.runId}.log`,
      size: SANDBOX_LOG_MAX_BYTES,
    },
    systemd: "false",
    terminal: false,
    stdin: false,
    // Stopping with grace is ours (`stop`); what Podman itself stops, it kills.
    stop_timeout: 0,
  };
}

function userNamespace(host: PodmanHost): Record<string, unknown> {
  if (host.isRootless) {
    return { userns: { nsmode: "keep-id", value: `uid=${AGENT_ID},gid=${AGENT_ID}` } };
  }
  const map = [{ container_id: 0, host_id: host.firstHostId, size: NAMESPACE_SIZE }];
  return {
    userns: { nsmode: "private" },
    idmappings: { HostUIDMapping: false, HostGIDMapping: false, UIDMap: map, GIDMap: map },
  };
}

function resourceLimits(spec: ContainerSpec): Record<string, unknown> {
  return {
    memory: { limit: spec.limits.memoryBytes, swap: spec.limits.memoryBytes },
    pids: { limit: spec.limits.pids },
    cpu: { quota: Math.round(spec.limits.cpus * SANDBOX_CPU_PERIOD_US), period: SANDBOX_CPU_PERIOD_US },
  };
}

/**
 * All that are given replace Podman's own list, so `nofile` and `nproc` are always among them. With cgroups the number of
 * processes is theirs: RLIMIT_NPROC counts a user's processes in all sandboxes on kernels before 5.14.
 */
function rlimits(spec: ContainerSpec, host: PodmanHost): Record<string, unknown>[] {
  const { openFiles, processes } = host.hardLimits;
  const limits = {
    nofile: Math.min(openFiles, SANDBOX_OPEN_FILES),
    nproc: host.hasResourceLimits ? processes : Math.min(processes, spec.limits.pids),
    fsize: spec.limits.fileBytes ?? DISK_MAX_BYTES,
  };
  return Object.entries(limits).map(([type, value]) => ({ type, soft: value, hard: value }));
}

function mounts(spec: ContainerSpec, host: PodmanHost): Record<string, unknown>[] {
  const binds = [...spec.mounts, { source: host.initScriptPath, target: INIT_TARGET, isReadOnly: true }];
  const sizes: Record<string, number> = {
    "/tmp": TMPFS_DEFAULT_BYTES,
    [AGENT_HOME]: TMPFS_DEFAULT_BYTES,
    ...spec.tmpfs,
  };
  const targets = new Set(binds.map((bind) => bind.target));
  return [
    ...binds.map((bind) => ({
      type: "bind",
      source: bind.source,
      destination: bind.target,
      options: [bind.isReadOnly ? "ro" : "rw", "rbind", "rprivate", "nosuid", "nodev"],
    })),
    // `notmpcopyup`: by default Podman copies into the tmpfs what lies below it, also from a bind mount.
    ...Object.entries(sizes).filter(([target]) => !targets.has(target)).map(([target, sizeBytes]) => ({
      type: "tmpfs",
      source: "tmpfs",
      destination: target,
      options: ["rw", "nosuid", "nodev", "notmpcopyup", "mode=1777", `size=${sizeBytes}`],
    })),
  ];
}
