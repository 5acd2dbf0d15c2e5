/** Agents without a terminal are held to their budgets: a script by its time, a CLI by what its output says that it used. */
import assert from "node:assert/strict";
import { modelUsage } from "../../protocol/line/model_usage.ts";
import type { DaemonDeps } from "../../runner-agent/job/daemon.ts";
import { openProcessRuntime } from "../fake/process_runtime.ts";
import { type RunnerRig, withRunnerRig } from "../fake/runner_rig.ts";
import { scriptedAgent, withPrograms } from "../fake/scripted_agent.ts";

/** 320 tokens, all kinds together. */
const OUTPUT = new URL("../fake/cli_output/claude_ok.jsonl", import.meta.url).pathname;
const LONG_SECONDS = 60;

async function report(
  rig: RunnerRig,
  operatorConfig: Readonly<Record<string, unknown>>,
  change: Partial<DaemonDeps> = {},
) {
  const jobId = rig.addJob({ operatorConfig });
  const runner = await rig.startInside(openProcessRuntime(rig), { isOnce: true, ...change });
  assert.equal(await runner.outcome, "once");
  assert.deepEqual(rig.plane.violations, []);
  return rig.plane.runs.get(jobId)!.outcome!;
}

Deno.test("a script is ended at its hard limit of time, and one within it is not", async () => {
  await withRunnerRig(async (rig) => {
    const budget = { minutes: 0.5 / 60 };
    const cut = await report(rig, { command: `sleep ${LONG_SECONDS}`, budget });
    assert.deepEqual([cut.jobResult, cut.error], [
      "failed",
      "the agent used more than it may: the budget of time is used up",
    ]);
    const within = await report(rig, { command: "true", budget: { minutes: 1 } });
    assert.deepEqual([within.jobResult, within.error], ["success", null]);
  });
});

Deno.test("a CLI is ended when it has used far too much, fails at its end when it has used too much, else not", async () => {
  await withPrograms(["claude"], () =>
    withRunnerRig(async (rig) => {
      const told = async (tokens: number, seconds: number) => {
        const command = `cat '${OUTPUT}'; exec sleep ${seconds}`;
        const { jobResult, error, usage } = await report(
          rig,
          { agent: "claude", command, budget: { tokens } },
          {
            harnessByName: scriptedAgent,
            ability: { harnesses: ["claude"], forcedHarness: null, runtime: "process" },
          },
        );
        assert.equal(usage?.inputTokens, 200);
        return [jobResult, error];
      };
      assert.deepEqual(await told(200, LONG_SECONDS), [
        "failed",
        "the agent used more than it may: the budget of tokens is used up",
      ]);
      assert.deepEqual(await told(300, 0), ["failed", "the budget of tokens is used up"]);
      assert.deepEqual(await told(400, 0), ["success", null]);
    }));
});

Deno.test("a CLI that says it used what cannot be is reported with what can be counted, and the runner takes its next job", async () => {
  await withPrograms(["claude"], () =>
    withRunnerRig(async (rig) => {
      for (const value of ["1e308", "1e999", "-1", "9007199254740992", '"7"', "null"]) {
        const usage = `{"input_tokens":${value},"output_tokens":${value},"cache_read_input_tokens":1}`;
        const line = `{"type":"result","is_error":false,"total_cost_usd":${value},"usage":${usage}}`;
        const { jobResult, error, usage: told } = await report(
          rig,
          { agent: "claude", command: `echo '${line}'; echo '${line}'` },
          {
            harnessByName: scriptedAgent,
            ability: { harnesses: ["claude"], forcedHarness: null, runtime: "process" },
          },
        );
        assert.deepEqual([jobResult, error], ["success", null], value);
        assert.ok(modelUsage.safeParse(told).success, `${value}: ${JSON.stringify(told)}`);
        assert.equal(told?.cacheReadTokens, 2);
      }
    }));
});
