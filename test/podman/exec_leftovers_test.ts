/** Programs that were run beside a sandbox's command leave nothing behind: an agent in a terminal has a dozen a minute. */
import { eventually } from "../../runner-agent/container/container_contract.ts";
import { plainSpec } from "../../runner-agent/container/test_world.ts";
import { imageOf, openPodman } from "./podman_world.ts";

/** Processes of this machine whose command line names the container, but not its own keeper. */
async function leftovers(containerId: string): Promise<number> {
  let count = 0;
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const line = await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => "");
    if (line.includes("conmon") && line.includes(containerId) && line.includes("--exec-attach")) count++;
  }
  return count;
}

Deno.test("what Podman keeps of a program beside the command is gone in seconds", async () => {
  const root = await Deno.makeTempDir({ prefix: "shopfloor-exec-" });
  const runtime = await openPodman(root);
  try {
    const image = await imageOf("command");
    const { containerId } = await runtime.create(
      plainSpec({ image, command: ["sleep", "60"], workDir: "/tmp" }),
    );
    await runtime.start(containerId);
    for (let n = 0; n < 3; n++) {
      await runtime.exec(containerId, { argv: ["true"], timeoutMs: 10_000, maxBytes: 1_000 });
    }
    await eventually("nothing is left", async () => await leftovers(containerId) === 0);
  } finally {
    for (const { containerId } of await runtime.list()) await runtime.remove(containerId);
    runtime.close();
    await Deno.remove(root, { recursive: true });
  }
});
