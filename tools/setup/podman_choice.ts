/** The ways to run Podman that the probe tries, and how one is written as `containers.conf`. Pure. */

/** One way. */
export interface PodmanChoice {
  readonly runtime: "crun" | "runc";
  readonly cgroupManager: "systemd" | "cgroupfs";
  /** False where the default limits may not be raised (no CAP_SYS_RESOURCE): then soft, small ones are set. */
  readonly usesDefaultUlimits: boolean;
  readonly storageDriver: "overlay" | "vfs";
}

/** Open files and processes per user where the machine's own default cannot be set. */
const SMALL_ULIMIT = 1024;

/**
 * After a program that was run beside a container's command, two processes of Podman stay this long for whoever asks how it
 * ended; by default five minutes, and a terminal's agent has a dozen such programs a minute.
 */
const EXEC_KEPT_SECONDS = 5;

/**
 * In the order of preference. cgroupfs comes first: it works with and without systemd, and our containers need no
 * units. vfs is last: it copies whole images.
 */
export function candidates(found: { readonly hasCrun: boolean; readonly hasRunc: boolean }): PodmanChoice[] {
  const runtimes: PodmanChoice["runtime"][] = [
    ...(found.hasCrun ? ["crun" as const] : []),
    ...(found.hasRunc ? ["runc" as const] : []),
  ];
  const choices: PodmanChoice[] = [];
  for (const storageDriver of ["overlay", "vfs"] as const) {
    for (const cgroupManager of ["cgroupfs", "systemd"] as const) {
      for (const runtime of runtimes) {
        for (const usesDefaultUlimits of [true, false]) {
          choices.push({ runtime, cgroupManager, usesDefaultUlimits, storageDriver });
        }
      }
    }
  }
  return choices;
}

/** The text of `containers.conf`. Netavark, because CNI gives internal networks no host address. */
export function containersConf(choice: PodmanChoice): string {
  const ulimits = choice.usesDefaultUlimits
    ? []
    : [`"nofile=${SMALL_ULIMIT}:${SMALL_ULIMIT}"`, `"nproc=${SMALL_ULIMIT}:${SMALL_ULIMIT}"`];
  return [
    "# Written by the set-up; changes are lost.",
    "[containers]",
    ...(ulimits.length > 0 ? [`default_ulimits = [${ulimits.join(", ")}]`] : []),
    'log_driver = "k8s-file"',
    "[engine]",
    `runtime = "${choice.runtime}"`,
    `cgroup_manager = "${choice.cgroupManager}"`,
    'events_logger = "file"',
    `exit_command_delay = ${EXEC_KEPT_SECONDS}`,
    "[network]",
    'network_backend = "netavark"',
    "",
  ].join("\n");
}
