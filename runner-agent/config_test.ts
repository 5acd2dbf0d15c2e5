import assert from "node:assert/strict";
import { dataDirOf, readRunConfig } from "./config.ts";

const root = { env: { HOME: "/root" }, uid: 0 };
const user = { env: { HOME: "/home/u" }, uid: 1000 };

Deno.test("readRunConfig() has a default for everything", () => {
  const config = readRunConfig({}, root);
  assert.deepEqual(
    [
      config.dataDir,
      config.runtime,
      config.pollingIntervalMs,
      config.heartbeatMs,
      config.drainMs,
      config.logFormat,
    ],
    ["/root/.local/state/shopfloor-runner", "podman", 10_000, 20_000, null, "json"],
  );
  assert.deepEqual(config.podman, {
    socketPath: "/run/podman/podman.sock",
    isRootless: false,
    firstHostId: 200_000,
    hasResourceLimits: true,
    allowsOpenNetwork: false,
  });
  assert.equal(config.networkProfile, "sealed");
  assert.equal(readRunConfig({}, user).podman.socketPath, "/run/user/1000/podman/podman.sock");
});

Deno.test("an option rules over the environment, and the environment over the default", () => {
  const env = {
    HOME: "/home/u",
    SHOPFLOOR_RUNNER_DATA: "/env/data",
    SHOPFLOOR_IMAGE: "env-image",
    SHOPFLOOR_PODMAN_SOCKET: "/env.sock",
    SHOPFLOOR_PODMAN_NO_LIMITS: "1",
    XDG_RUNTIME_DIR: "/xdg",
  };
  const fromEnv = readRunConfig({}, { env, uid: 1000 });
  assert.deepEqual(
    [fromEnv.dataDir, fromEnv.image, fromEnv.podman.socketPath, fromEnv.podman.hasResourceLimits],
    ["/env/data", "env-image", "/env.sock", false],
  );
  const fromOptions = readRunConfig({ data: "/opt/data", image: "i", podmanSocket: "/o.sock" }, {
    env,
    uid: 1000,
  });
  assert.deepEqual(
    [fromOptions.dataDir, fromOptions.image, fromOptions.podman.socketPath],
    ["/opt/data", "i", "/o.sock"],
  );
});

Deno.test("the process runtime is never chosen by the environment", () => {
  assert.equal(
    readRunConfig({}, { env: { HOME: "/", SHOPFLOOR_RUNTIME: "process" }, uid: 0 }).runtime,
    "podman",
  );
  assert.equal(readRunConfig({ runtime: "process" }, root).runtime, "process");
});

Deno.test("broken options are refused with their name and value", () => {
  assert.throws(
    () => readRunConfig({ runtime: "docker" }, root),
    /--runtime as it must be one of podman, process: current value is docker/,
  );
  assert.throws(() => readRunConfig({ harness: "hal" }, root), /--harness .* hal/);
  assert.throws(() => readRunConfig({ pollingInterval: "soon" }, root), /--polling-interval .* soon/);
  assert.throws(() => readRunConfig({ drainSeconds: "-1" }, root), /--drain-seconds .* -1/);
  assert.throws(() => readRunConfig({ podmanFirstHostId: "0" }, root), /--podman-first-host-id .* 0/);
  for (const jobs of ["0", "-1", "1.5", "many", "101"]) {
    assert.throws(() => readRunConfig({ jobs }, root), /--jobs as it must be a number from 1 to 100/);
  }
  for (
    const form of [
      "task",
      "{taskId}{taskId}",
      "/{taskId}",
      "a//{taskId}",
      "{taskId}/",
      "-{taskId}",
      "a b{taskId}",
      "..{taskId}",
    ]
  ) {
    assert.throws(() => readRunConfig({ taskBranch: form }, root), /--task-branch .*'\{taskId\}' once/, form);
  }
  assert.throws(() => dataDirOf(undefined, { env: {}, uid: 0 }), /--data or SHOPFLOOR_RUNNER_DATA/);
});

Deno.test("a runner holds one job and calls branches as the spec does, unless it is told otherwise", () => {
  const of = (options: Parameters<typeof readRunConfig>[0], env = {}) => {
    const { jobsMax, taskBranchForm } = readRunConfig(options, { env: { HOME: "/", ...env }, uid: 0 });
    return [jobsMax, taskBranchForm];
  };
  assert.deepEqual(of({}), [1, "task-{taskId}"]);
  assert.deepEqual(of({}, { SHOPFLOOR_RUNNER_JOBS: "4", SHOPFLOOR_TASK_BRANCH: "task/{taskId}" }), [
    4,
    "task/{taskId}",
  ]);
  assert.deepEqual(of({ jobs: "2", taskBranch: "{taskId}" }, { SHOPFLOOR_RUNNER_JOBS: "4" }), [
    2,
    "{taskId}",
  ]);
});

Deno.test("a network is given to sandboxes only by name, twice, and by root", () => {
  assert.equal(readRunConfig({ network: "proxy_only" }, user).networkProfile, "proxy_only");
  assert.throws(() => readRunConfig({ network: "open" }, root), /must be allowed with --allow-open-network/);
  const asked = { network: "open", allowOpenNetwork: true };
  assert.throws(() => readRunConfig(asked, user), /needs a runner that is root/);
  const config = readRunConfig(asked, root);
  assert.deepEqual([config.networkProfile, config.podman.allowsOpenNetwork], ["open", true]);
  assert.throws(() => readRunConfig({ network: "host" }, root), /must be one of sealed, proxy_only, open/);
});
