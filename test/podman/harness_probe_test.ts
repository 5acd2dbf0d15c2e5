/**
 * The conformance probe in real sandboxes: the real Claude Code by the command line, and programs in its place that do less.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { PodmanClient } from "../../runner-agent/container/podman_client.ts";
import { removeImage } from "../../runner-agent/container/podman_image_list.ts";
import { type CapabilityRecord, type CapabilityVerdict } from "../../runner-agent/domain/agent/capability.ts";
import { sessionHarnessByName } from "../../runner-agent/harness/mod.ts";
import { systemClock } from "../../runner-agent/job/system_clock.ts";
import { createCapabilityDesk, probeOnce } from "../../runner-agent/probe/capability_desk.ts";
import { readCliVersion } from "../../runner-agent/probe/cli_version.ts";
import { harnessDoctor } from "../../runner-agent/probe/probe_command.ts";
import type { ContainerRuntime } from "../../runner-agent/ports.ts";
import { withRunnerRig } from "../fake/runner_rig.ts";
import { imageOf, openPodman, podmanOptions, socketPath } from "./podman_world.ts";

const MAIN = fileURLToPath(new URL("../../runner-agent/main.ts", import.meta.url));

Deno.test("Claude Code is probed by the command line, all holds, and the next runner knows it", async () => {
  await using data = await tempDir();
  const image = await imageOf("claude");
  const done = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", MAIN, "harness", "probe", "claude", "--json"],
      ...["--data", `${data.path}/data`, "--image", image, ...podmanOptions()],
    ],
    stdin: "null",
  }).output();
  const text = new TextDecoder().decode(done.stdout);
  assert.equal(done.code, 0, text + new TextDecoder().decode(done.stderr));
  const record: CapabilityRecord & { verdict: CapabilityVerdict } = JSON.parse(text);
  assert.deepEqual(record.verdict, { kind: "session", lacks: [] });
  assert.deepEqual(
    record.checks.filter(({ outcome }) => outcome !== "ok").map(({ name }) => name),
    ["resume_latest"],
    "not needed where the id does",
  );
  assert.deepEqual((await harnessDoctor(`${data.path}/data`)).map(({ check, isOk }) => [check, isOk]), [
    [`agent claude ${record.cliVersion}`, true],
  ]);
  const left = (await Array.fromAsync(Deno.readDir(`${data.path}/data/harness-probe`))).map(({ name }) =>
    name
  );
  assert.deepEqual(left, ["logs"], "nothing of the probe is left");

  const events: string[] = [];
  const runtime = await openPodman(data.path);
  const desk = createCapabilityDesk({
    runtime,
    dataDir: `${data.path}/data`,
    uid: Deno.uid() ?? 0,
    clock: systemClock,
    log: (event) => events.push(event),
  });
  assert.deepEqual(await desk.judge("claude", image), { kind: "session", lacks: [] });
  assert.deepEqual(events, ["harness_judged"], "without another probe");
  assert.deepEqual(await runtime.list(), []);
  runtime.close();
});

/** Ends as soon as it is more than asked for its version. */
const DIES = `#!/bin/sh
[ "$1" = --version ] && exec echo "9.9.1 (Claude Code)"
echo "cannot start without a licence"
exit 3
`;

/** Lists its tools, and takes no prompt; in its print mode it says what it was asked. */
const LISTS_TOOLS = `#!/bin/sh
[ "$1" = --version ] && exec echo "9.9.2 (Claude Code)"
for arg in "$@"; do [ "$arg" = -p ] && exec echo "printed without a terminal"; done
body='{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}'
printf 'POST /mcp HTTP/1.0\\r\\nHost: hub\\r\\nContent-Type: application/json\\r\\nAccept: application/json, text/event-stream\\r\\nContent-Length: %d\\r\\n\\r\\n%s' \
  "\${#body}" "$body" | socat -t 5 -,ignoreeof TCP:127.0.0.1:7400 >/dev/null
exec sleep 600
`;

Deno.test("a CLI that does not boot is never offered, and one without hooks is run without a terminal", async () => {
  await withRunnerRig(async (rig) => {
    const runtime = await openPodman(rig.root);
    const events: { readonly event: string; readonly [field: string]: unknown }[] = [];
    const deskDeps = { runtime, dataDir: rig.dataDir, uid: Deno.uid() ?? 0, clock: systemClock };
    const dies = await buildFake(runtime, rig.root, "dies", DIES);
    const lists = await buildFake(runtime, rig.root, "lists", LISTS_TOOLS);
    const change = (image: string) => ({
      isOnce: true,
      image,
      agentTransport: "tmux" as const,
      capabilities: createCapabilityDesk({
        ...deskDeps,
        log: (event, fields) => events.push({ event, ...fields }),
      }),
      ability: { harnesses: ["claude"] as const, forcedHarness: null, runtime: "podman" as const },
      modelKeys: new Map([["anthropic", { key: "key", baseUrl: "http://127.0.0.1:9" }] as const]),
    });
    try {
      const jobId = rig.addJob({ prompt: "Do it.", operatorConfig: { agent: "claude", transport: "tmux" } });
      const unable = await rig.startInside(runtime, change(dies));
      while (!events.some(({ event }) => event === "harness_judged")) await systemClock.sleep(20);
      assert.equal(await unable.drain(), "drained");
      assert.equal(events.at(-1)?.verdict, "unavailable");
      assert.match(String(events.at(-1)?.why), /boot: tools were not listed; it ended with status 3/);
      assert.equal(rig.plane.runs.get(jobId)?.outcome ?? null, null, "nobody took the job");

      // Once, as by the command: a runner would try it twice.
      const claude = sessionHarnessByName("claude");
      const version = await readCliVersion(runtime, lists, claude);
      await probeOnce(deskDeps, claude, lists, version, { isForced: true });
      const able = await rig.startInside(runtime, change(lists));
      assert.equal(await able.outcome, "once");
      const judged = events.findLast(({ event }) => event === "harness_judged");
      assert.equal(judged?.verdict, "structured");
      assert.match(String(judged?.lacks), /large pastes/);
      const output = rig.plane.outputOf(jobId);
      assert.match(output, /printed without a terminal/);
      const told = [...rig.plane.agentEvents.values()].flat().map(({ type }) => type);
      assert.ok(told.every((type) => type === "prompt_assembled"), `there was no session: ${told.join()}`);
      assert.deepEqual(await runtime.list(), []);
    } finally {
      for (const image of [dies, lists]) await removeByName(image);
      runtime.close();
    }
  });
});

/** An image like a command's with a program in the agent's place. */
async function buildFake(
  runtime: ContainerRuntime,
  root: string,
  name: string,
  script: string,
): Promise<string> {
  const contextDir = `${root}/${name}`;
  await Deno.mkdir(contextDir);
  await Deno.writeTextFile(`${contextDir}/claude`, script, { mode: 0o755 });
  await Deno.chmod(`${contextDir}/claude`, 0o755);
  await Deno.writeTextFile(
    `${contextDir}/Make`,
    "ARG BASE\nFROM ${BASE}\nCOPY claude /usr/bin/claude\n",
  );
  const image = `localhost/shopfloor-fake-${name}:${crypto.randomUUID()}`;
  await runtime.buildImage({
    name: image,
    contextDir,
    containerfile: "Make",
    buildArgs: { BASE: await imageOf("command") },
    labels: {},
  }, () => {});
  return image;
}

async function removeByName(name: string): Promise<void> {
  const podman = new PodmanClient(socketPath);
  assert.equal(await removeImage(podman, { id: name, name, bytes: 0, createdAtMs: 0 }), null);
  podman.close();
}

async function tempDir(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "shopfloor_probe_" });
  await Deno.chmod(path, 0o711);
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
