/** The black-box suite against our own runner, as a process, with the runtime that starts plain processes. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { RunnerBench } from "./alp/runner/bench.ts";
import { RUNNER_CHECKS, RUNNER_CLAIMS } from "./alp/runner_suite.ts";
import { runCheck } from "./alp/suite_run.ts";

Deno.test("the runner meets the assembly line protocol as seen from a strict server", async (t) => {
  await using bench = new RunnerBench({
    command: fileURLToPath(new URL("./alp/our_runner.sh", import.meta.url)),
    env: { DENO: Deno.execPath() },
    mcpUrl: "$AGENTICS_BASE_URL/mcp",
  });
  const selection = { claims: new Set(Object.keys(RUNNER_CLAIMS)), isSlow: true, only: [] };
  for (const check of RUNNER_CHECKS) {
    await t.step(`${check.id}: ${check.says}`, async () => {
      const result = await runCheck(check, bench, selection);
      assert.notEqual(result.verdict, "fail", `Line ${result.section} ${result.level}: ${result.detail}`);
    });
  }
});

Deno.test("each check of a runner has an id of its own, and each claim is known and needed", () => {
  const ids = RUNNER_CHECKS.map((check) => check.id);
  assert.equal(new Set(ids).size, ids.length);
  const claims = new Set(RUNNER_CHECKS.map((check) => check.claim).filter((claim) => claim !== undefined));
  assert.deepEqual([...claims].sort(), Object.keys(RUNNER_CLAIMS).sort());
});
