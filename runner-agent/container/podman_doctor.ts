/** What Podman can do on this host, one line each, for `runner doctor`. Reads only. */

import type { DoctorLine } from "../ports.ts";
import { causeOf, type PodmanClient } from "./podman_client.ts";
import type { PodmanHost } from "./podman_create_body.ts";

/** keep-id with a chosen uid, which the rootless mode needs, came with 4.3. */
const PODMAN_MINIMUM = [4, 3] as const;

/** Asks Podman about itself. A service that does not answer is a line, not an exception. */
export async function podmanDoctor(podman: PodmanClient, host: PodmanHost): Promise<readonly DoctorLine[]> {
  const reply = await podman.request("GET", "/info").catch(() => null);
  if (reply === null || reply.status !== 200) {
    const why = reply === null ? "no answer" : causeOf(reply);
    return [{
      check: "podman",
      isOk: false,
      detail: `${why}: start the runner's set-up again, it starts Podman's service`,
      disables: "all sandboxes",
    }];
  }
  return podmanLines(reply.body, host, await hasPacketFilter());
}

/** Of Podman's own account of itself (`GET /info`), what is looked at. */
export interface PodmanInfo {
  readonly host: {
    readonly ociRuntime: { readonly name: string };
    readonly cgroupVersion: string;
    readonly cgroupManager: string;
    readonly cgroupControllers?: readonly string[];
    readonly networkBackend?: string;
    readonly security: { readonly rootless: boolean; readonly seccompEnabled: boolean };
  };
  readonly store: { readonly graphDriverName: string; readonly graphRoot: string };
  readonly version: { readonly Version: string };
}

/** Each line that is not ok says what to do and what it disables. */
export function podmanLines(
  { host: info, store, version }: PodmanInfo,
  host: Pick<PodmanHost, "isRootless" | "firstHostId" | "hasResourceLimits">,
  hasFilter: boolean,
): readonly DoctorLine[] {
  return [
    versionLine(version.Version, host.isRootless),
    {
      check: "oci runtime",
      isOk: true,
      detail: `${info.ociRuntime.name}, cgroups ${info.cgroupVersion} by ${info.cgroupManager}`,
    },
    { check: "image store", isOk: true, detail: `${store.graphDriverName} in ${store.graphRoot}` },
    namespaceLine(host, info.security.rootless),
    limitsLine(host, info),
    pauseLine(host),
    openNetworkLine(host, info.networkBackend, hasFilter),
    info.security.seccompEnabled ? { check: "seccomp", isOk: true, detail: "on" } : {
      check: "seccomp",
      isOk: false,
      detail: "off: use a kernel and an OCI runtime with it",
      disables: "every run: the self-test refuses a sandbox without it",
    },
  ];
}

/** Whose Podman this is, and so which ids a sandbox gets. */
function namespaceLine(
  { isRootless, firstHostId }: Pick<PodmanHost, "isRootless" | "firstHostId">,
  isPodmanRootless: boolean,
): DoctorLine {
  const check = "user namespace";
  if (isRootless !== isPodmanRootless) {
    const who = (rootless: boolean) => rootless ? "of an ordinary user" : "root's";
    return {
      check,
      isOk: false,
      detail: `this runner is ${who(isRootless)}, the Podman at its socket ${who(isPodmanRootless)}: ` +
        "name the socket of the runner's own user with --podman-socket",
      disables: "all sandboxes: their files would be another user's",
    };
  }
  return {
    check,
    isOk: true,
    detail: isRootless
      ? "rootless: the agent is the user who runs the runner"
      : `rootful: uids from ${firstHostId}`,
  };
}

/** What bounds a sandbox here, and what does not. */
function limitsLine(
  { hasResourceLimits }: Pick<PodmanHost, "hasResourceLimits">,
  info: { readonly cgroupVersion: string; readonly cgroupControllers?: readonly string[] },
): DoctorLine {
  if (hasResourceLimits) {
    const detail =
      `memory, processes and CPU by cgroups ${info.cgroupVersion}, the size of a file by RLIMIT_FSIZE, disk by the guard`;
    return { check: "limits", isOk: true, detail };
  }
  const found = info.cgroupControllers ?? [];
  return {
    check: "limits",
    isOk: false,
    detail:
      `cgroups ${info.cgroupVersion} (${
        found.length === 0 ? "no controllers" : found.join(", ")
      }) bound nothing: ` +
      "the watchdog bounds memory and processes each second, RLIMIT_NPROC processes, the guard disk; use cgroup v2 with " +
      "delegation, or run the runner as root",
    disables: "a bound on CPU, and on memory between two looks",
  };
}

function pauseLine(
  { isRootless, hasResourceLimits }: Pick<PodmanHost, "isRootless" | "hasResourceLimits">,
): DoctorLine {
  return !isRootless || hasResourceLimits
    ? { check: "pause", isOk: true, detail: "a sandbox can be frozen" }
    : {
      check: "pause",
      isOk: false,
      detail: "no freezer without root on this host",
      disables: "pausing a sandbox",
    };
}

function openNetworkLine(
  host: Pick<PodmanHost, "isRootless">,
  backend: string | undefined,
  hasFilter: boolean,
): DoctorLine {
  const check = "open network";
  const disables = "the network profile 'open'; 'sealed' and 'proxy_only' need no network";
  if (host.isRootless) return { check, isOk: false, detail: "only for a runner that is root", disables };
  if (!hasFilter) {
    return {
      check,
      isOk: false,
      detail: `${backend ?? "Podman"} needs iptables, which is not found: install it`,
      disables,
    };
  }
  return { check, isOk: true, detail: `bridges by ${backend ?? "Podman"}; only with --allow-open-network` };
}

/** netavark sets up a bridge with it. */
async function hasPacketFilter(): Promise<boolean> {
  for (const dir of ["/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin"]) {
    if (await Deno.stat(`${dir}/iptables`).then(() => true, () => false)) return true;
  }
  return false;
}

function versionLine(version: string, isRootless: boolean): DoctorLine {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isOk = major > PODMAN_MINIMUM[0] || (major === PODMAN_MINIMUM[0] && minor >= PODMAN_MINIMUM[1]);
  return {
    check: "podman",
    isOk,
    detail: isOk
      ? `${version}${isRootless ? ", with keep-id for a chosen user" : ""}`
      : `${version}: install ${PODMAN_MINIMUM.join(".")} or newer`,
    ...(isOk ? {} : { disables: "sandboxes: keep-id with a chosen user came with it" }),
  };
}
