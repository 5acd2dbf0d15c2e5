/**
 * The demo with the real agent CLIs in their containers, against a scripted model on loopback: the same line, another
 * agent. The model demands the key that only the runner holds.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { CLI_PACKAGES, harnessByName } from "../../runner-agent/harness/mod.ts";
import { startScriptedModel } from "../fake/scripted_model.ts";
import { Demo, leftovers } from "./demo_process.ts";

const KEY = "key-that-stays-in-the-runner-4713";
const STATIONS = new URL("../../examples/lines/tidy/.agentics/stations/", import.meta.url);

/** What the scripted model asks its CLI to run: the station's own script, chosen by the sandbox's environment. */
async function stationScript(): Promise<string> {
  const script = async (folder: string) => await Deno.readTextFile(new URL(`${folder}/command.sh`, STATIONS));
  return [
    "set -euo pipefail",
    'case "$SHOPFLOOR_STATION_ID" in',
    `format)\n${await script("01-format")};;`,
    `check)\n${await script("02-check")};;`,
    `deliver)\n${await script("03-deliver")};;`,
    "esac",
  ].join("\n");
}

for (const name of ["claude", "codex", "gemini", "opencode"] as const) {
  Deno.test({
    name: `demo --harness ${name} runs ${
      CLI_PACKAGES[name].package
    } at every station; the key stays in the runner`,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      const provider = harnessByName(name).provider!;
      // Base64, as the tool call of one CLI goes through `sh`, of another through `bash`.
      const encoded = btoa(String.fromCharCode(...new TextEncoder().encode(await stationScript())));
      const command = `echo ${encoded} | base64 -d > /tmp/station.sh && bash /tmp/station.sh`;
      await using model = startScriptedModel({
        keys: { [provider.name]: KEY },
        script: (turn) =>
          turn === 0 ? { kind: "tool", command } : { kind: "text", text: "The station is done." },
      });
      const dataDir = await Deno.makeTempDir({ prefix: "sf-agent-" });
      const base = new URL(provider.defaultBaseUrl).pathname.replace(/\/+$/, "");
      const args = ["--harness", name, "--model-url", model.url + base];
      const demo = new Demo(dataDir, ["--yes", "--exit", "--runners", "1", ...args], {
        [provider.keyVariable]: KEY,
      });
      assert.equal(await demo.exitCode(), 0, demo.text);
      const taskId = /task: ([0-9a-z]{26})/.exec(demo.text)?.[1];
      assert.ok(taskId, demo.text);
      const report = await Deno.readTextFile(join(dataDir, "demo", taskId, "reports/check.md")).catch(() =>
        ""
      );
      assert.match(report, /All tests pass/, demo.text);
      assert.match(demo.text, /delivered: [0-9a-f]{40}/);
      assert.ok(!demo.text.includes(KEY), "the key is in no output");
      assert.equal(model.requests.filter(({ turn }) => turn === 0).length, 3, "one first turn per station");
      assert.deepEqual(await leftovers(dataDir), []);
      await Deno.remove(dataDir, { recursive: true });
    },
  });
}
