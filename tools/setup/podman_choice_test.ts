import assert from "node:assert/strict";
import { candidates, containersConf } from "./podman_choice.ts";

Deno.test("candidates prefer crun, overlay, cgroupfs and the machine's own limits", () => {
  assert.deepEqual(candidates({ hasCrun: true, hasRunc: true })[0], {
    runtime: "crun",
    cgroupManager: "cgroupfs",
    usesDefaultUlimits: true,
    storageDriver: "overlay",
  });
});

Deno.test("candidates name only runtimes that are here, and none when none is", () => {
  assert.deepEqual(
    new Set(candidates({ hasCrun: false, hasRunc: true }).map((choice) => choice.runtime)),
    new Set(["runc"]),
  );
  assert.deepEqual(candidates({ hasCrun: false, hasRunc: false }), []);
});

Deno.test("containersConf sets small limits only where the machine's own cannot be set, and never static_dir", () => {
  const choice = { runtime: "runc", cgroupManager: "cgroupfs", storageDriver: "overlay" } as const;
  assert.match(
    containersConf({ ...choice, usesDefaultUlimits: false }),
    /default_ulimits = \["nofile=1024:1024", "nproc=1024:1024"\]/,
  );
  assert.doesNotMatch(containersConf({ ...choice, usesDefaultUlimits: true }), /ulimits/);
  assert.doesNotMatch(containersConf({ ...choice, usesDefaultUlimits: true }), /static_dir/);
});

Deno.test("containersConf keeps what is left of a program beside a command for seconds, not minutes", () => {
  const choice = { runtime: "runc", cgroupManager: "cgroupfs", storageDriver: "overlay" } as const;
  assert.match(
    containersConf({ ...choice, usesDefaultUlimits: true }),
    /\[engine\][^[]*exit_command_delay = 5$/m,
  );
});
