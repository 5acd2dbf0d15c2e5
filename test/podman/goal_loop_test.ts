/** A station with a verifier (Runtime 3.8), in a real sandbox: the real Claude Code goes round until the check passes. */
import assert from "node:assert/strict";
import { type ScriptedStep, startScriptedModel } from "../fake/scripted_model.ts";
import { withRunnerRig } from "../fake/runner_rig.ts";
import { imageOf, openPodman } from "./podman_world.ts";

const KEY = "real-key-of-the-runner-4711";
const commit = (file: string): ScriptedStep => ({
  kind: "tool",
  command: `echo made > ${file} && git add ${file} && git commit --quiet --message=${file}`,
});

Deno.test("Claude Code goes round until its station's check passes, and its own word does not end the station", async () => {
  // By the tools whose results the model has seen, and whether it was told of the first round's check.
  const steps: Readonly<Record<string, ScriptedStep>> = {
    "0": commit("one.txt"),
    "1": { kind: "call", tool: "complete_station", input: { conclusion: "success", summary: "I say so" } },
    "2": { kind: "text", text: "the first round" },
    "2 told": commit("goal.txt"),
    "3 told": { kind: "text", text: "the second round" },
  };
  await using model = startScriptedModel({
    keys: { anthropic: KEY },
    script: (turn, call) => {
      const told = JSON.stringify(call).includes("Round 1 of at most 3 is over") ? " told" : "";
      return steps[`${turn}${told}`] ?? { kind: "text", text: "more than was expected" };
    },
  });
  await withRunnerRig(async (rig) => {
    const image = await imageOf("claude");
    const runtime = await openPodman(rig.root);
    const verifier = { command: "cat goal.txt && git log --format=%s", rounds: 3 };
    const jobId = rig.addJob({ prompt: "Make it.", operatorConfig: { agent: "claude", verifier } });
    const runner = await rig.startInside(runtime, {
      isOnce: true,
      image,
      agentTransport: "tmux",
      ability: { harnesses: ["claude"], forcedHarness: null, runtime: "podman" },
      modelKeys: new Map([["anthropic", { key: KEY, baseUrl: model.url }]]),
    });
    await runner.outcome;
    runtime.close();
    const { jobResult, summary, error } = rig.plane.runs.get(jobId)!.outcome!;
    const output = rig.plane.outputOf(jobId);
    assert.deepEqual(
      [jobResult, summary, error],
      ["success", "the second round", null],
      output.slice(-3_000),
    );
    const told = [...rig.plane.agentEvents.values()].flat().filter(({ type }) => type.startsWith("loop_"));
    assert.deepEqual(told.map(({ type, payload }) => [type, payload["round"], payload["exitCode"]]), [
      ["loop_iteration", 1, 1],
      ["loop_complete", 2, 0],
    ]);
    assert.match(String(told[1]!.payload["text"]), /^made\ngoal\.txt\none\.txt\n/);
  });
});
