/** Against a real Podman: the contract, and every line of hardening as seen from inside. Part of `test:podman`. */

import assert from "node:assert/strict";
import { ensureAgentImage, ensurePodmanSettings, startPodmanService } from "../../tools/setup/mod.ts";
import type { ContainerSpec } from "../ports.ts";
import { collectOutput, eventually, testContainerContract } from "./container_contract.ts";
import { PodmanContainer } from "./podman_container.ts";
import { plainSpec, realClock, shellSpec, unstartableSpec } from "./test_world.ts";

const dataDir = Deno.env.get("SHOPFLOOR_TEST_DATA") ?? new URL("../../.shopfloor", import.meta.url).pathname;
const settings = await ensurePodmanSettings(dataDir);
const service = await startPodmanService(settings);
const { image } = await ensureAgentImage({ harness: "command", dataDir, settings });
const OWNER = settings.isRootless ? null : settings.firstHostId + 1000;
globalThis.addEventListener("unload", () => void service.stop());

function openPodmanWorld() {
  const baseDir = Deno.makeTempDirSync({ prefix: "shopfloor-podman-" });
  Deno.chmodSync(baseDir, 0o755);
  const own = `tests-${crypto.randomUUID()}`;
  const opened: PodmanContainer[] = [];
  const reopen = (instance = own) => {
    const container = new PodmanContainer({
      ...settings,
      instance,
      socketPath: service.socketPath,
      clock: realClock,
    });
    opened.push(container);
    return container;
  };
  return {
    baseDir,
    reopen,
    runtime: reopen(),
    close: () => {
      for (const container of opened) container.close();
      return Deno.remove(baseDir, { recursive: true });
    },
  };
}

const NO_FREEZER = settings.isRootless && !settings.hasResourceLimits
  ? [
    "what is paused still counts as running, is stopped all the same, and pausing is idempotent",
    "what is paused can be removed",
  ].map((test) => ({ test, reason: "no freezer without root on cgroup version 1" }))
  : [];

testContainerContract({
  name: "podman",
  skips: NO_FREEZER,
  open() {
    const world = openPodmanWorld();
    return Promise.resolve({
      ...world,
      specOf: (script) => shellSpec(world.baseDir, script, () => "/texts", image),
      unstartable: () => unstartableSpec(world.baseDir, image),
    });
  },
});

/** Runs a shell line in a sandbox and returns all that is known of its end. */
async function inside(script: string, overrides: (baseDir: string) => Partial<ContainerSpec> = () => ({})) {
  const world = openPodmanWorld();
  const work = `${world.baseDir}/work`;
  Deno.mkdirSync(work);
  if (OWNER !== null) Deno.chownSync(work, OWNER, OWNER);
  const spec = plainSpec({
    image,
    command: ["/bin/sh", "-c", script],
    mounts: [{ source: work, target: "/workspace", isReadOnly: false }],
    ...overrides(world.baseDir),
  });
  const { containerId } = await world.runtime.create(spec);
  await world.runtime.start(containerId);
  const output = await collectOutput(world.runtime, containerId);
  const end = await world.runtime.wait(containerId, new AbortController().signal);
  await world.runtime.remove(containerId);
  await world.close();
  return { ...output, ...end };
}

Deno.test("podman: the agent is uid 1000 without any capability or a way to new privileges, under seccomp", async () => {
  const { stdout } = await inside(
    "id -u; id -g; grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status; cat /proc/self/uid_map",
  );
  assert.match(stdout, /^1000\n1000\n/);
  for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]) {
    assert.match(stdout, new RegExp(`${set}:\\s0000000000000000`));
  }
  assert.match(stdout, /NoNewPrivs:\s1/);
  assert.match(stdout, /Seccomp:\s2/);
  assert.doesNotMatch(stdout, /^\s*0\s+0\s+4294967295$/m, "no user namespace");
});

Deno.test("podman: the root is read-only, the work directory, the home and /tmp are writable and bounded", async () => {
  const { stdout, stderr } = await inside(
    "touch /etc/x /usr/local/lib/shopfloor_init.sh; for d in /workspace ~ /tmp; do echo hi > $d/f && echo $d; done; dd if=/dev/zero of=/tmp/big bs=1M count=32 2>&1 | grep -o 'No space left'",
  );
  assert.match(stderr, /touch: \/etc\/x: Read-only file system/);
  assert.match(stderr, /shopfloor_init.sh: (Read-only file system|Permission denied)/);
  assert.equal(stdout, "/workspace\n/home/agent\n/tmp\nNo space left\n");
});

Deno.test("podman: files of the agent belong to hostOwner outside", async () => {
  const world = openPodmanWorld();
  const owner = await world.runtime.hostOwner();
  const shared = `${world.baseDir}/shared`;
  Deno.mkdirSync(shared);
  Deno.chownSync(shared, owner.uid, owner.gid);
  await inside(
    "echo mine > /shared/mine",
    () => ({ mounts: [{ source: shared, target: "/shared", isReadOnly: false }], workDir: "/shared" }),
  );
  const { uid, gid } = Deno.statSync(`${shared}/mine`);
  assert.deepEqual({ uid, gid }, owner);
  await world.close();
});

Deno.test("podman: there is no network but loopback, and no route", async () => {
  const { stdout } = await inside(
    "ls /sys/class/net; tail -n +2 /proc/net/route; grep -v ' lo$' /proc/net/ipv6_route; echo end",
  );
  assert.equal(stdout, "lo\nend\n");
});

Deno.test({
  name: "podman: a fork bomb stops at the limit of processes",
  ignore: !settings.hasResourceLimits,
  async fn() {
    const limits = { memoryBytes: 256 * 1024 * 1024, pids: 20, cpus: 1 };
    const { stderr } = await inside("for n in $(seq 40); do sleep 5 & done; exit 0", () => ({ limits }));
    assert.match(stderr, /can't fork|Cannot fork|Resource temporarily unavailable/i);
  },
});

Deno.test({
  name: "podman: what takes more than its memory is killed and reported as killed for memory",
  ignore: !settings.hasResourceLimits,
  async fn() {
    const limits = { memoryBytes: 64 * 1024 * 1024, pids: 64, cpus: 1 };
    const hungry = ["deno", "eval", "const all = []; for (;;) all.push(new Uint8Array(1 << 20).fill(1));"];
    const { exitCode, wasKilledForMemory, stdout } = await inside("", () => ({ limits, command: hungry }));
    assert.deepEqual({ exitCode, wasKilledForMemory, stdout }, {
      exitCode: 137,
      wasKilledForMemory: true,
      stdout: "",
    });
  },
});

Deno.test("podman: a forward carries HTTP from 127.0.0.1:7400 to the runner's unix socket, and listens before the command", async () => {
  const server: { current: Deno.HttpServer | null } = { current: null };
  const { stdout, exitCode } = await inside("", (baseDir) => {
    const sockets = `${baseDir}/sockets`;
    Deno.mkdirSync(sockets);
    server.current = Deno.serve(
      { path: `${sockets}/hub.sock`, onListen: () => {} },
      (request) => new Response(`saw ${new URL(request.url).pathname}`),
    );
    Deno.chmodSync(`${sockets}/hub.sock`, 0o666);
    return {
      command: ["deno", "eval", "console.log(await (await fetch('http://127.0.0.1:7400/mcp')).text())"],
      env: { NO_COLOR: "1" },
      mounts: [{ source: sockets, target: "/run/shopfloor", isReadOnly: true }],
      workDir: "/tmp",
      forwards: { 7400: "/run/shopfloor/hub.sock", 7401: "/run/shopfloor/other.sock" },
    };
  });
  await server.current?.shutdown();
  assert.deepEqual({ stdout, exitCode }, { stdout: "saw /mcp\n", exitCode: 0 });
});

Deno.test("podman: init says so and exits 125 when a forward may not listen, and 127 is a missing command", async () => {
  const taken = await inside("", () => ({ forwards: { 80: "/run/none.sock" } }));
  assert.deepEqual([taken.exitCode, taken.stderr], [
    125,
    "shopfloor init: cannot listen on 127.0.0.1:80\n",
  ]);
  assert.equal((await inside("", () => ({ command: ["no-such-agent"] }))).exitCode, 127);
});

Deno.test("podman: orphans of the command do not stay as zombies", async () => {
  const { stdout } = await inside(
    "for n in 1 2 3; do (true & true) ; done; sh -c 'sleep 0.05 & exit' ; sleep 0.3; grep -l 'State:.*zombie' /proc/[0-9]*/status 2>/dev/null | wc -l",
  );
  assert.equal(stdout.trim(), "0");
});

Deno.test("podman: a missing mount source is refused and leaves nothing behind", async () => {
  const world = openPodmanWorld();
  const spec = plainSpec({
    image,
    mounts: [{ source: `${world.baseDir}/none`, target: "/workspace", isReadOnly: false }],
  });
  await assert.rejects(
    async () => await world.runtime.start((await world.runtime.create(spec)).containerId),
    /no such file or directory/,
  );
  for (const { containerId } of await world.runtime.list()) await world.runtime.remove(containerId);
  await world.close();
});

Deno.test("podman: doctor names what it found, and says what to do when the service is gone", async () => {
  const world = openPodmanWorld();
  const lines = await world.runtime.doctor();
  assert.deepEqual(lines.map((line) => line.check), [
    "podman",
    "oci runtime",
    "image store",
    "user namespace",
    "limits",
    "pause",
    "open network",
    "seccomp",
  ]);
  // What this machine lacks may be named, and then says what it disables.
  const canLack = new Set(["open network", ...(settings.hasResourceLimits ? [] : ["limits", "pause"])]);
  const bad = lines.filter((line) => !line.isOk);
  assert.ok(
    bad.every((line) => canLack.has(line.check) && line.disables !== undefined),
    JSON.stringify(lines),
  );
  assert.equal(bad.some((line) => line.check === "limits"), !settings.hasResourceLimits);
  const gone = new PodmanContainer({
    ...settings,
    instance: "x",
    clock: realClock,
    socketPath: `${world.baseDir}/none.sock`,
  });
  assert.deepEqual((await gone.doctor()).map((line) => line.isOk), [false]);
  gone.close();
  await world.close();
});

Deno.test("podman: the tail of a long run is seen within a moment of its writing", async () => {
  const world = openPodmanWorld();
  const spec = shellSpec(world.baseDir, { stdout: "first\n", delayMs: 400 }, () => "/texts", image);
  const { containerId } = await world.runtime.create(spec);
  await world.runtime.start(containerId);
  let seen = "";
  const output = world.runtime.output(
    containerId,
    (_, bytes) => seen += new TextDecoder().decode(bytes),
    new AbortController().signal,
  );
  await eventually("the line is seen", () => seen === "first\n");
  await output;
  await world.runtime.remove(containerId);
  await world.close();
});
