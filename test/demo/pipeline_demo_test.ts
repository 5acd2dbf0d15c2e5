/** The demo whose first station's agent follows a pipeline: real Podman, real processes, prompts and commands in the sandbox. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { Demo, leftovers } from "./demo_process.ts";

Deno.test({
  name:
    "demo --line tidy_pipeline plans, repeats until green, commits, is reviewed twice at once, and delivers",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const dataDir = await Deno.makeTempDir({ prefix: "sf-demo-" });
    const demo = new Demo(dataDir, ["--yes", "--exit", "--runners", "1", "--line", "tidy_pipeline"]);
    assert.equal(await demo.exitCode(), 0, demo.text);
    assert.match(demo.text, /line: Tidy by a pipeline/);
    // The first pass finds it untidy, the second finds it green.
    assert.match(demo.text, /format \| .*until_green::fix/);
    const passes = [...demo.text.matchAll(/format \| .*until_green::test/g)];
    assert.ok(passes.length >= 2, demo.text);
    // Both reviews begin before one has answered.
    assert.match(demo.text, /behaviour — running[^✓]*style — running/);
    assert.match(demo.text, /format \| Everything is tidy\./);
    assert.match(demo.text, /format \| \[pipeline completed\]/);
    assert.match(demo.text, /check \| .*3 passed/);
    assert.match(demo.text, /delivered: [0-9a-f]{40}/);
    const taskId = /task: ([0-9a-z]{26})/.exec(demo.text)![1]!;
    const report = await Deno.readTextFile(join(dataDir, "demo", taskId, "reports/check.md"));
    assert.match(report, /All tests pass/);
    assert.deepEqual(await leftovers(dataDir), []);
    await Deno.remove(dataDir, { recursive: true });
  },
});
