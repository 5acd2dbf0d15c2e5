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
    }];
  }
  const { host: info, store, version } = reply.body;
  return [
    versionLine(version.Version),
    {
      check: "oci runtime",
      isOk: true,
      detail: `${info.ociRuntime.name}, cgroups ${info.cgroupVersion} by ${info.cgroupManager}`,
    },
    { check: "image store", isOk: true, detail: `${store.graphDriverName} in ${store.graphRoot}` },
    {
      check: "user namespace",
      isOk: info.security.rootless === host.isRootless,
      detail: host.isRootless
        ? "rootless: the agent is the user who runs the runner"
        : `rootful: uids from ${host.firstHostId}`,
    },
    {
      check: "limits",
      isOk: host.hasResourceLimits,
      detail: host.hasResourceLimits
        ? "memory, processes and CPU are bounded"
        : "memory, processes and CPU are NOT bounded: use cgroup v2 with delegation, or run the runner as root",
    },
    {
      check: "seccomp",
      isOk: info.security.seccompEnabled === true,
      detail: info.security.seccompEnabled ? "on" : "off: install a kernel with it",
    },
  ];
}

function versionLine(version: string): DoctorLine {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isOk = major > PODMAN_MINIMUM[0] || (major === PODMAN_MINIMUM[0] && minor >= PODMAN_MINIMUM[1]);
  return {
    check: "podman",
    isOk,
    detail: isOk ? version : `${version}: install ${PODMAN_MINIMUM.join(".")} or newer`,
  };
}
