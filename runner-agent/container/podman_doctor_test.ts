import assert from "node:assert/strict";
import { type PodmanInfo, podmanLines } from "./podman_doctor.ts";

const GOOD: PodmanInfo = {
  host: {
    ociRuntime: { name: "crun" },
    cgroupVersion: "v2",
    cgroupManager: "systemd",
    networkBackend: "netavark",
    security: { rootless: false, seccompEnabled: true },
  },
  store: { graphDriverName: "overlay", graphRoot: "/var/lib/containers" },
  version: { Version: "4.9.3" },
};
const HOST = { isRootless: false, firstHostId: 100_000, hasResourceLimits: true };

Deno.test("a Podman that can do everything has no fault", () => {
  assert.deepEqual(podmanLines(GOOD, HOST, true).filter(({ isOk }) => !isOk), []);
});

Deno.test("whatever Podman lacks is named with what to do about it and what it disables", () => {
  const worst: PodmanInfo = {
    ...GOOD,
    host: { ...GOOD.host, security: { rootless: false, seccompEnabled: false } },
    version: { Version: "4.2.0" },
  };
  const lines = podmanLines(worst, { ...HOST, isRootless: true, hasResourceLimits: false }, false);
  const faults = lines.filter(({ isOk }) => !isOk);
  assert.deepEqual(faults.map(({ check }) => check), [
    "podman",
    "user namespace",
    "limits",
    "pause",
    "open network",
    "seccomp",
  ]);
  for (const { check, disables = "" } of faults) assert.notEqual(disables, "", check);
});

Deno.test("a runner that talks to another user's Podman is told so", () => {
  const [fault, ...others] = podmanLines(GOOD, { ...HOST, isRootless: true }, true)
    .filter(({ check, isOk }) => !isOk && check === "user namespace");
  assert.deepEqual(others, []);
  assert.match(
    fault!.detail,
    /this runner is of an ordinary user, the Podman at its socket root's: .*--podman-socket/,
  );
});
