/** Agent CLIs whose place a station's script takes, over plain processes: all that a run has for an agent is around it. */
import { join } from "node:path";
import { ok } from "../../protocol/result.ts";
import type { HarnessAdapter, HarnessName } from "../../runner-agent/ports.ts";

/** Runs `operatorConfig.command` in place of a CLI. */
export const scriptedAgent = (name: HarnessName): HarnessAdapter => ({
  name,
  provider: null,
  plan: ({ command }) =>
    ok({ command: ["bash", "-euc", command ?? ""], env: { HOME: "/home/agent" }, homeFiles: {} }),
});

/** Programs of these names are on PATH meanwhile: what a runner looks for before it offers an agent. */
export async function withPrograms(names: readonly HarnessName[], body: () => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "shopfloor_programs_" });
  const path = Deno.env.get("PATH")!;
  for (const name of names) await Deno.symlink("/bin/true", join(dir, name));
  Deno.env.set("PATH", `${dir}:${path}`);
  try {
    await body();
  } finally {
    Deno.env.set("PATH", path);
    await Deno.remove(dir, { recursive: true });
  }
}
