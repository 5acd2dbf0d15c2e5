/** A real sandbox is tested from inside before anything of the agent begins, and its shadows hide what they cover. */
import assert from "node:assert/strict";
import { collectOutput, eventually } from "../../runner-agent/container/container_contract.ts";
import { GATE_VARIABLE, openGate, selfTest } from "../../runner-agent/container/sandbox_gate.ts";
import { plainSpec } from "../../runner-agent/container/test_world.ts";
import type { PodmanContainer } from "../../runner-agent/container/podman_container.ts";
import type { ContainerSpec } from "../../runner-agent/ports.ts";
import { findProgram } from "../../tools/setup/programs.ts";
import { imageOf, openPodman } from "./podman_world.ts";

/** A bridge takes root and, for netavark, a packet filter. */
const CAN_BRIDGE = Deno.uid() === 0 && await findProgram("iptables") !== null;
const never = new AbortController().signal;

interface World {
  readonly runtime: PodmanContainer;
  readonly root: string;
  readonly work: string;
  readonly hub: string;
  readonly gateFile: string;
  spec(overrides?: Partial<ContainerSpec>): ContainerSpec;
}

/** A worktree with something to hide, and the hub's directory with the gate. */
async function withWorld(body: (world: World) => Promise<void>, allowsOpenNetwork = false): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "shopfloor-seal-" });
  const runtime = await openPodman(root, { allowsOpenNetwork });
  const [work, hub] = [`${root}/work`, `${root}/hub`];
  const { uid, gid } = await runtime.hostOwner();
  for (const dir of [work, hub, `${work}/.af`, `${work}/sub`]) await Deno.mkdir(dir);
  await Deno.writeTextFile(`${work}/.af/secret`, "SECRET-4711");
  await Deno.writeTextFile(`${work}/.env`, "KEY=SECRET-4711");
  for (const path of [work, `${work}/.af`, `${work}/sub`, `${work}/.af/secret`, `${work}/.env`]) {
    await Deno.chown(path, uid, gid);
  }
  const image = await imageOf("command");
  try {
    await body({
      runtime,
      root,
      work,
      hub,
      gateFile: `${hub}/checked`,
      spec: (overrides = {}) =>
        plainSpec({
          image,
          env: { [GATE_VARIABLE]: "/run/alp/checked" },
          mounts: [
            { source: work, target: "/workspace", isReadOnly: false },
            { source: hub, target: "/run/alp", isReadOnly: true },
          ],
          shadows: ["/workspace/.af", "/workspace/.env", "/workspace/not/there"],
          networkProfile: "sealed",
          ...overrides,
        }),
    });
  } finally {
    for (const { containerId } of await runtime.list()) await runtime.remove(containerId);
    runtime.close();
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("a sandbox's command begins only when the self-test has found nothing, and sees nothing below a shadow", async () => {
  await withWorld(async ({ runtime, work, gateFile, spec }) => {
    const command = [
      "/bin/sh",
      "-c",
      "test -e /run/alp/checked && echo begun; ls -A .af; cat .env; cat .af/secret; touch .af/x; echo more >.env; echo end",
    ];
    const wanted = spec({ command });
    const { containerId } = await runtime.create(wanted);
    await runtime.start(containerId);
    // Longer than the command would take: a program beside it runs meanwhile.
    await runtime.exec(containerId, { argv: ["sleep", "0.3"], timeoutMs: 10_000, maxBytes: 1 });
    assert.equal((await runtime.inspect(containerId))!.status, "running", "it waits for the gate");
    assert.deepEqual(await openGate({ runtime, containerId, spec: wanted, gateFile }), []);
    const { stdout, stderr } = await collectOutput(runtime, containerId);
    assert.equal(stdout, "begun\nend\n", "nothing was written before the gate, and nothing hidden was read");
    assert.doesNotMatch(stderr, /SECRET/);
    assert.match(stderr, /\.af\/x: Read-only file system/);
    assert.deepEqual([...Deno.readDirSync(work)].map((entry) => entry.name).sort(), [".af", ".env", "sub"]);
    assert.equal(await Deno.readTextFile(`${work}/.env`), "KEY=SECRET-4711");
    assert.deepEqual(await openGate({ runtime, containerId, spec: wanted, gateFile }), [], "open stays open");
  });
});

Deno.test("what appears after the sandbox was made, or is not what it should be, keeps the gate closed", async () => {
  await withWorld(async ({ runtime, work, gateFile, spec }) => {
    const made = spec({ command: ["echo", "begun"] });
    const { containerId } = await runtime.create(made);
    await Deno.mkdir(`${work}/not/there`, { recursive: true });
    await Deno.writeTextFile(`${work}/not/there/late`, "x");
    await runtime.start(containerId);
    const faults = await openGate({ runtime, containerId, spec: made, gateFile });
    assert.deepEqual(faults, ["/workspace/not/there can be seen"]);
    await assert.rejects(Deno.stat(gateFile), Deno.errors.NotFound);
    const unasked = await selfTest(runtime, containerId, { ...made, shadows: [], mounts: [] });
    assert.deepEqual(
      [...unasked].sort(),
      ["/run/alp", "/workspace", "/workspace/.af", "/workspace/.env"]
        .map((point) => `something is mounted at ${point} that nobody asked for`),
    );
    await runtime.stop(containerId, 5_000);
    assert.equal((await collectOutput(runtime, containerId)).stdout, "", "nothing of the agent has run");
    assert.equal((await runtime.wait(containerId, never)).exitCode, 143);
  });
});

Deno.test("a memory file system that copies what is below it, as Podman's do by default, is found out", async () => {
  await withWorld(async ({ runtime, spec, gateFile }) => {
    // The mistake of Runtime 0.1: a shadow without `notmpcopyup` is as good as none. Here there is no shadow at all.
    const made = spec({ command: ["true"], shadows: [] });
    const { containerId } = await runtime.create(made);
    await runtime.start(containerId);
    const faults = await openGate({
      runtime,
      containerId,
      spec: { ...made, shadows: ["/workspace/.af", "/workspace/.env"] },
      gateFile,
    });
    assert.deepEqual(faults, ["/workspace/.af can be seen", "/workspace/.env can be seen"]);
  });
});

Deno.test("a shadow that a link leads to, or that is below no mount, is refused", async () => {
  await withWorld(async ({ runtime, work, spec }) => {
    await Deno.symlink("/etc", `${work}/link`);
    for (const path of ["/workspace/link", "/workspace/link/passwd", "/etc/passwd", "/workspace/../etc"]) {
      await assert.rejects(runtime.create(spec({ shadows: [path] })), RangeError, path);
    }
  });
});

Deno.test("a sealed sandbox has the hub's forward only, a proxy-only one both", async () => {
  await withWorld(async ({ runtime, gateFile, spec }) => {
    const forwards = { 7400: "/run/alp/hub.sock", 3128: "/run/alp/dmz.sock" };
    const seen: string[] = [];
    for (const networkProfile of ["sealed", "proxy_only"] as const) {
      const command = [
        "/bin/sh",
        "-c",
        'for port in 1CE8 0C38; do grep -c "0100007F:$port 00000000:0000 0A" /proc/net/tcp; done; true',
      ];
      const made = spec({ networkProfile, forwards, command });
      const { containerId } = await runtime.create(made);
      await runtime.start(containerId);
      assert.deepEqual(await openGate({ runtime, containerId, spec: made, gateFile }), []);
      seen.push((await collectOutput(runtime, containerId)).stdout);
    }
    assert.deepEqual(seen, ["1\n0\n", "1\n1\n"]);
  });
});

Deno.test("the profile 'open' is refused unless the runner allows it by name", async () => {
  await withWorld(async ({ runtime, spec }) => {
    await assert.rejects(runtime.create(spec({ networkProfile: "open" })), /--allow-open-network/);
  });
});

Deno.test("the doctor says whether 'open' can be had here, and what it takes", async () => {
  await withWorld(async ({ runtime }) => {
    const line = (await runtime.doctor()).find(({ check }) => check === "open network")!;
    assert.equal(line.isOk, CAN_BRIDGE, line.detail);
    if (line.isOk) return assert.match(line.detail, /--allow-open-network/);
    assert.match(line.detail, Deno.uid() === 0 ? /needs iptables.*install it/ : /a runner that is root/);
    assert.match(line.disables ?? "", /'open'/);
  }, true);
});

Deno.test({
  name: "the profile 'open', where it is allowed, reaches this machine's network; a sealed one does not",
  ignore: !CAN_BRIDGE,
  async fn() {
    using listener = Deno.listen({ hostname: "0.0.0.0", port: 0 });
    const serving = (async () => {
      for await (const connection of listener) {
        await connection.write(new TextEncoder().encode("said-by-the-host\n"));
        connection.close();
      }
    })();
    const address = Deno.networkInterfaces()
      .find((one) => one.family === "IPv4" && !one.address.startsWith("127."))!.address;
    const command = [
      "/bin/sh",
      "-c",
      `ls /sys/class/net; tail -n +2 /proc/net/route | cut -f 2; socat -T 5 - TCP:${address}:${listener.addr.port} </dev/null; true`,
    ];
    const seen: string[] = [];
    await withWorld(async ({ runtime, spec, gateFile }) => {
      for (const networkProfile of ["open", "sealed"] as const) {
        const made = spec({ networkProfile, command });
        const { containerId } = await runtime.create(made);
        await runtime.start(containerId);
        if (networkProfile === "open") {
          const asSealed = await selfTest(runtime, containerId, { ...made, networkProfile: "sealed" });
          assert.deepEqual(asSealed, ["it has the network interface eth0", "it has a route to a network"]);
        }
        assert.deepEqual(await openGate({ runtime, containerId, spec: made, gateFile }), []);
        seen.push((await collectOutput(runtime, containerId)).stdout);
        await runtime.remove(containerId);
        await Deno.remove(gateFile);
      }
    }, true);
    listener.close();
    await serving;
    assert.match(seen[0]!, /^eth0\nlo\n00000000\n[0-9A-F]{8}\nsaid-by-the-host\n$/);
    assert.equal(seen[1], "lo\n");
  },
});

Deno.test("a terminal of a sandbox that is gone ends, and its exit code is known", async () => {
  await withWorld(async ({ runtime, spec, gateFile }) => {
    const made = spec({ command: ["sleep", "60"] });
    const { containerId } = await runtime.create(made);
    await runtime.start(containerId);
    await openGate({ runtime, containerId, spec: made, gateFile });
    const terminal = await runtime.openTerminal(containerId, ["/bin/sh"], { cols: 80, rows: 24 });
    let hasEnded = false;
    const reading = (async () => {
      for await (const _ of terminal.readable);
      hasEnded = true;
    })();
    await runtime.stop(containerId, 0);
    await eventually("the terminal is over", () => hasEnded);
    await reading;
    assert.notEqual(await terminal.exitCode, 0);
  });
});
