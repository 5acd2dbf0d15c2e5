/** The black-box suite against our own runner, as a process, with the runtime that starts plain processes. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { RunnerBench } from "./alp/runner/bench.ts";
import { RUNNER_CHECKS, RUNNER_CLAIMS, RUNNER_LANES } from "./alp/runner_suite.ts";
import { runCheck } from "./alp/suite_run.ts";

const OUR_RUNNER = {
  command: fileURLToPath(new URL("./alp/our_runner.sh", import.meta.url)),
  env: { DENO: Deno.execPath() },
  mcpUrl: "$AGENTICS_BASE_URL/mcp",
};

Deno.test({
  name: "the runner meets the assembly line protocol as seen from a strict server",
  // Steps of several lanes run at once.
  sanitizeOps: false,
  sanitizeResources: false,
  sanitizeExit: false,
  fn: async (t) => {
    const selection = { claims: new Set(Object.keys(RUNNER_CLAIMS)), isSlow: true, only: [] };
    await Promise.all(RUNNER_LANES.map(async (checks) => {
      await using bench = new RunnerBench(OUR_RUNNER);
      for (const check of checks) {
        await t.step({
          name: `${check.id}: ${check.says}`,
          sanitizeOps: false,
          sanitizeResources: false,
          sanitizeExit: false,
          fn: async () => {
            const result = await runCheck(check, bench, selection);
            const text = `Line ${result.section} ${result.level}: ${result.detail}`;
            assert.notEqual(result.verdict, "fail", text);
          },
        });
      }
    }));
  },
});

Deno.test("each check of a runner has an id of its own, and each claim is known and needed", () => {
  const ids = RUNNER_CHECKS.map((check) => check.id);
  assert.equal(new Set(ids).size, ids.length);
  const claims = new Set(RUNNER_CHECKS.map((check) => check.claim).filter((claim) => claim !== undefined));
  assert.deepEqual([...claims].sort(), Object.keys(RUNNER_CLAIMS).sort());
});
