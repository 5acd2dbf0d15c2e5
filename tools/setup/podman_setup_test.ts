/** Against a real Podman: settings, service and images. Part of `test:podman`. */

import assert from "node:assert/strict";
import { CLI_PACKAGES } from "../../runner-agent/harness/cli_packages.ts";
import type { PodmanSettings } from "./podman_settings.ts";
import { ensureAgentImage, ensurePodmanSettings, startPodmanService } from "./mod.ts";
import { NODE_VERSION } from "./harness_files.ts";
import { sealedRunArgs } from "./podman_probe.ts";
import { mustRun, runCommand } from "./run_command.ts";

const dataDir = new URL("../../.shopfloor", import.meta.url).pathname;

Deno.test("ensurePodmanSettings probes a fresh data directory once, and its containers end without delay", async () => {
  const fresh = await Deno.makeTempDir({ prefix: "shopfloor-setup-" });
  const settings = await ensurePodmanSettings(fresh);
  const podman = (args: string[]) =>
    runCommand(settings.podmanPath, [...settings.globalArgs, ...args], { env: settings.env });
  assert.ok(
    settings.globalArgs.join(" ").includes(await Deno.realPath(fresh)),
    "the store is not below the data directory",
  );
  assert.ok(settings.socketPath.length < 108);

  const beganMs = performance.now();
  assert.deepEqual(await ensurePodmanSettings(fresh), settings);
  assert.ok(performance.now() - beganMs < 1_000, "it probed again");

  const ranMs = performance.now();
  const run = await podman([
    "run",
    "--rm",
    "--network",
    "none",
    "localhost/shopfloor-probe:1",
    "/bin/busybox",
    "true",
  ]);
  assert.equal(run.code, 0, run.stderr);
  assert.ok(performance.now() - ranMs < 10_000, "conmon did not find the container at its end");

  assert.equal((await podman(["rmi", "--all", "--force"])).code, 0);
  await (await startPodmanService(settings)).stop();
  await Deno.remove(fresh, { recursive: true });
  await assert.rejects(Deno.lstat(settings.runDir), Deno.errors.NotFound, "a stopped service leaves nothing");
});

/** A service over a storage of its own: what other tests run meanwhile is not touched, and keeps nothing of it. */
async function ownService(): Promise<{ readonly settings: PodmanSettings; readonly storage: string }> {
  const fresh = await ensurePodmanSettings(dataDir);
  const root = fresh.globalArgs[fresh.globalArgs.indexOf("--root") + 1]!;
  const storage = await Deno.makeTempDir({ prefix: "shopfloor-storage-" });
  const settings = {
    ...fresh,
    globalArgs: fresh.globalArgs.map((arg) => arg === root ? storage : arg),
    socketPath: `${fresh.runDir}/test-${crypto.randomUUID().slice(0, 8)}.sock`,
    runDir: await Deno.makeTempDir(),
  };
  return { settings, storage };
}

Deno.test("startPodmanService uses the one that runs, and the last of its users ends it, whoever started it", async () => {
  const { settings, storage } = await ownService();
  const first = await startPodmanService(settings);
  const second = await startPodmanService(settings);
  assert.deepEqual([first.wasReused, second.wasReused], [false, true]);
  await second.stop();
  const third = await startPodmanService(settings);
  assert.equal(third.wasReused, true, "a second user ended the service of the first");
  await first.stop();
  const fourth = await startPodmanService(settings);
  assert.equal(fourth.wasReused, true, "its starter ended the service of another user");
  await third.stop();
  await third.stop();
  await fourth.stop();
  const fifth = await startPodmanService(settings);
  assert.equal(fifth.wasReused, false);
  await fifth.stop();
  await assert.rejects(Deno.lstat(settings.runDir), Deno.errors.NotFound, "a stopped service leaves nothing");
  await Deno.remove(storage, { recursive: true });
});

Deno.test("a stopped service lets go of its storage, but never of the root of a container that runs", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "shopfloor-setup-" });
  const settings = await ensurePodmanSettings(dataDir);
  const podman = (args: string[]) =>
    mustRun("call podman", settings.podmanPath, [...settings.globalArgs, ...args], { env: settings.env });
  const roots = async () =>
    (await Deno.readTextFile("/proc/self/mounts")).split("\n").filter((line) => line.includes(dataDir));
  const run = [
    "run",
    "-d",
    "--name",
    "stays",
    "--network",
    "none",
    "localhost/shopfloor-probe:1",
    "/bin/busybox",
    "sleep",
    "60",
  ];
  await podman(run);
  const before = await roots();
  await (await startPodmanService(settings)).stop();
  assert.deepEqual(await roots(), before);
  await podman(["rm", "--force", "--time", "0", "stays"]);
  await (await startPodmanService(settings)).stop();
  assert.deepEqual(await roots(), []);
  await Deno.remove(dataDir, { recursive: true });
  await assert.rejects(Deno.lstat(settings.runDir), Deno.errors.NotFound, "a stopped service leaves nothing");
});

Deno.test("startPodmanService ends an orphan: a service whose starter was killed", async () => {
  const { settings, storage } = await ownService();
  const first = await startPodmanService(settings);
  const users = `${settings.runDir}/users`;
  for (const { name } of Deno.readDirSync(users)) {
    await Deno.rename(`${users}/${name}`, `${users}/${2 ** 22 + 1}-gone`);
  }
  await (await startPodmanService(settings)).stop();
  await first.stop();
  assert.equal(
    (await startPodmanService({ ...settings }).then(async (service) => (await service.stop(), service)))
      .wasReused,
    false,
  );
  await assert.rejects(Deno.lstat(settings.runDir), Deno.errors.NotFound, "a stopped service leaves nothing");
  await Deno.remove(storage, { recursive: true });
});

Deno.test("startPodmanService refuses a socket path that no unix socket can have", async () => {
  const settings = await ensurePodmanSettings(dataDir);
  await assert.rejects(
    startPodmanService({ ...settings, socketPath: `/tmp/${"x".repeat(120)}` }),
    /at most 107 bytes/,
  );
});

Deno.test("ensureAgentImage finds the image again in well under a second", async () => {
  const settings = await ensurePodmanSettings(dataDir);
  const first = await ensureAgentImage({ harness: "command", dataDir, settings });
  const beganMs = performance.now();
  const second = await ensureAgentImage({ harness: "command", dataDir, settings });
  assert.ok(performance.now() - beganMs < 1_000);
  assert.deepEqual(second, { ...first, wasBuilt: false });
});

for (const harness of ["claude", "codex", "gemini", "opencode"] as const) {
  Deno.test(`the ${harness} image runs its pinned CLI and Node sealed: no network, read-only root, no capability`, async () => {
    const settings = await ensurePodmanSettings(dataDir);
    const { image } = await ensureAgentImage({ harness, dataDir, settings });
    const output = await mustRun(`run ${harness}`, settings.podmanPath, [
      ...settings.globalArgs,
      ...sealedRunArgs(settings),
      ...[image, "/bin/sh", "-c", `${CLI_PACKAGES[harness].bin} --version; node --version; git --version`],
    ], { env: settings.env, timeoutMs: 60_000 });
    assert.ok(output.includes(CLI_PACKAGES[harness].version), output);
    assert.ok(output.includes(`v${NODE_VERSION}`), output);
  });
}

Deno.test("startPodmanService by several at once starts one service, which the last of them ends", async () => {
  const { settings, storage } = await ownService();
  const services = await Promise.all([1, 2, 3].map(() => startPodmanService(settings)));
  assert.deepEqual(services.map(({ wasReused }) => wasReused).sort(), [false, true, true]);
  const last = services.pop()!;
  await Promise.all(services.map((one) => one.stop()));
  const again = await startPodmanService(settings);
  assert.equal(again.wasReused, true);
  await again.stop();
  await last.stop();
  await assert.rejects(Deno.lstat(settings.runDir), Deno.errors.NotFound, "a stopped service leaves nothing");
  await Deno.remove(storage, { recursive: true });
});
