/**
 * An agent in a terminal, in a real sandbox: the whole runner over Podman, the real Claude Code and a scripted model behind
 * the hub, against the strict fake control plane.
 */
import assert from "node:assert/strict";
import { type ScriptedStep, startScriptedModel } from "../fake/scripted_model.ts";
import { withRunnerRig } from "../fake/runner_rig.ts";
import { imageOf, openPodman } from "./podman_world.ts";

const KEY = "real-key-of-the-runner-4711";

Deno.test("Claude Code in a terminal is given its task, works, commits and ends its station", async () => {
  const steps: ScriptedStep[] = [
    { kind: "tool", command: "echo made > made.txt && git add made.txt && git commit --quiet --message=agent-work" },
    { kind: "call", tool: "complete_station", input: { conclusion: "success", summary: "made it" } },
  ];
  await using model = startScriptedModel({
    keys: { anthropic: KEY },
    script: (turn) => steps[turn] ?? { kind: "text", text: "the end" },
  });
  await withRunnerRig(async (rig) => {
    const image = await imageOf("claude");
    const runtime = await openPodman(rig.root);
    const jobId = rig.addJob({
      prompt: "Make it.\n\nIt's \"quoted\" & $HOME.",
      autoGit: true,
      commitMessageTemplate: "agent-work",
      operatorConfig: { agent: "claude" },
    });
    const runner = await rig.startInside(runtime, {
      isOnce: true,
      image,
      agentTransport: "tmux",
      ability: { harnesses: ["claude"], forcedHarness: null, runtime: "podman" },
      modelKeys: new Map([["anthropic", { key: KEY, baseUrl: model.url }]]),
    });
    const outcome = await runner.outcome;
    runtime.close();
    const output = rig.plane.outputOf(jobId);
    const report = rig.plane.runs.get(jobId)!.outcome!;
    assert.equal(outcome, "once", output);
    assert.deepEqual(
      [report.jobResult, report.conclusion, report.summary, report.error],
      ["success", "success", "made it", null],
      output.slice(-3_000) + JSON.stringify(runner.events.slice(-20)),
    );
    assert.notEqual(report.headCommit, report.baseCommit);
    assert.ok(model.requests.some(({ body }) => body.includes(JSON.stringify("Make it.\n\nIt's \"quoted\" & $HOME.").slice(1, -1))));
    assert.ok((report.usage?.outputTokens ?? 0) > 0, JSON.stringify(report.usage));
    assert.ok(!output.includes(KEY));
    assert.deepEqual(rig.plane.violations, []);
  });
});
