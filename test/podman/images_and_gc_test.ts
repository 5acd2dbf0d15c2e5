/** Images pulled and built through Podman's socket, and what gc takes away, with a real Podman. */
import assert from "node:assert/strict";
import { PodmanClient } from "../../runner-agent/container/podman_client.ts";
import { listOwnImages, removeImage } from "../../runner-agent/container/podman_image_list.ts";
import { plainSpec } from "../../runner-agent/container/test_world.ts";
import { collectImageGarbage, collectRunGarbage, type GcResult } from "../../runner-agent/job/gc.ts";
import { removeStubborn } from "../../runner-agent/job/remove_stubborn.ts";
import { startFakeRegistry } from "../fake/registry.ts";
import { imageOf, openPodman, settings, socketPath } from "./podman_world.ts";

const unique = () => crypto.randomUUID().slice(0, 8);

async function withRuntime(
  body: (runtime: Awaited<ReturnType<typeof openPodman>>, root: string) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "shopfloor-images-" });
  const runtime = await openPodman(root);
  try {
    await body(runtime, root);
  } finally {
    for (const { containerId } of await runtime.list()) await runtime.remove(containerId);
    runtime.close();
    await Deno.remove(root, { recursive: true });
  }
}

async function removeByName(name: string): Promise<void> {
  const podman = new PodmanClient(socketPath);
  assert.equal(await removeImage(podman, { id: name, name, bytes: 0, createdAtMs: 0 }), null);
  podman.close();
}

Deno.test("an image is built from a directory, told line by line, found by its label and removed", async () => {
  await withRuntime(async (runtime, root) => {
    const name = `localhost/shopfloor-test-${unique()}:1`;
    const base = await imageOf("command");
    await Deno.mkdir(`${root}/context`);
    await Deno.writeTextFile(`${root}/context/hello`, "from the context");
    await Deno.writeTextFile(`${root}/context/Make`, "ARG BASE\nFROM ${BASE}\nCOPY hello /hello\n");
    const lines: string[] = [];
    const build = {
      name,
      contextDir: `${root}/context`,
      containerfile: "Make",
      buildArgs: { BASE: base },
      labels: { "shopfloor.content": "a-test" },
    };
    await runtime.buildImage(build, (line) => lines.push(line));
    assert.ok(lines.some((line) => /COPY hello/.test(line)), lines.join("\n"));
    assert.equal(await runtime.hasImage(name), true);
    const podman = new PodmanClient(socketPath);
    const own = (await listOwnImages(podman)).find((image) => image.name === name)!;
    assert.ok(own.bytes > 1_000 && own.createdAtMs > Date.now() - 3_600_000, JSON.stringify(own));
    const { containerId } = await runtime.create(
      plainSpec({ image: name, command: ["cat", "/hello"], workDir: "/tmp" }),
    );
    assert.match((await removeImage(podman, own))!, /in use|used by/i, "a container uses it");
    await runtime.remove(containerId);
    const results: GcResult[] = [];
    await collectImageGarbage(socketPath, new Set(), {
      isDryRun: true,
      onResult: (one) => results.push(one),
    });
    assert.equal(results.find((one) => one.name === name)?.result, "kept", "it was made just now");
    assert.equal(await removeImage(podman, own), null);
    assert.equal(await removeImage(podman, own), null, "gone is gone");
    podman.close();
    assert.equal(await runtime.hasImage(name), false);
  });
});

Deno.test("a build that fails rejects with what it said last", async () => {
  await withRuntime(async (runtime, root) => {
    await Deno.writeTextFile(`${root}/Make`, `FROM ${await imageOf("command")}\nCOPY missing /x\n`);
    const build = {
      name: "localhost/x:1",
      contextDir: root,
      containerfile: "Make",
      buildArgs: {},
      labels: {},
    };
    await assert.rejects(runtime.buildImage(build, () => {}), /Cannot build localhost\/x:1 .*missing/s);
  });
});

Deno.test("an image is pulled from a registry of this machine", async () => {
  await withRuntime(async (runtime, root) => {
    await Deno.writeTextFile(`${root}/file`, unique());
    const tar = await new Deno.Command("tar", { args: ["-C", root, "-cf", "-", "file"] }).output();
    const registry = await startFakeRegistry(tar.stdout);
    const lines: string[] = [];
    try {
      await runtime.pullImage(registry.reference, (line) => lines.push(line));
      assert.equal(await runtime.hasImage(registry.reference), true);
      assert.ok(lines.length > 0);
      const missing = registry.reference.replace(":1", ":1").replace("tiny", "none");
      await assert.rejects(runtime.pullImage(missing, () => {}), /Cannot pull .*none:1/);
    } finally {
      await registry.close();
    }
    await removeByName(registry.reference);
  });
});

Deno.test("gc removes an orphan that runs, and the second time finds nothing", async () => {
  await withRuntime(async (runtime, root) => {
    const { containerId } = await runtime.create(
      plainSpec({ image: await imageOf("command"), command: ["sleep", "60"], workDir: "/tmp" }),
    );
    await runtime.start(containerId);
    const gc = async () => {
      const results: GcResult[] = [];
      const state = { stateDir: root, hubBase: `${root}/hubs`, worktrees: root, runtime };
      await collectRunGarbage(state, { isDryRun: false, onResult: (one) => results.push(one) });
      return results.map((one) => [one.kind, one.result]);
    };
    // The container takes its log with it; removing what is gone already succeeds.
    assert.deepEqual((await gc())[0], ["container", "removed"]);
    assert.deepEqual(await runtime.list(), []);
    assert.deepEqual(await gc(), []);
  });
});

Deno.test({
  name: "without root, files of ids that the user was lent are removed, and without sudo",
  ignore: !settings.isRootless,
  async fn() {
    const root = await Deno.makeTempDir({ prefix: "shopfloor-lent-" });
    await Deno.mkdir(`${root}/dir/inner`, { recursive: true });
    await Deno.writeTextFile(`${root}/dir/inner/file`, "x");
    const unshare = ["unshare", "sh", "-c", `chown -R 7:7 ${root}/dir && chmod -R 700 ${root}/dir`];
    assert.ok((await new Deno.Command("podman", { args: unshare }).output()).success);
    await assert.rejects(Deno.remove(`${root}/dir`, { recursive: true }), Deno.errors.PermissionDenied);
    await removeStubborn(`${root}/dir`);
    await removeStubborn(`${root}/dir`);
    assert.deepEqual([...Deno.readDirSync(root)], []);
    await Deno.remove(root);
  },
});
