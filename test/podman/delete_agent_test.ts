/** A suspended agent in a real sandbox is deleted by a person: the run ends, its work is pushed, and its home is kept. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { createAgentRegistry } from "../../runner-agent/job/agent_registry.ts";
import { keptHomesDir } from "../../runner-agent/job/deletion.ts";
import { type ScriptedStep, startScriptedModel } from "../fake/scripted_model.ts";
import { withRunnerRig } from "../fake/runner_rig.ts";
import { imageOf, openPodman } from "./podman_world.ts";

const KEY = "real-key-of-the-runner-4711";
const STEPS: readonly ScriptedStep[] = [
  { kind: "tool", command: "echo made > made.txt && git add made.txt && git commit --quiet --message=made" },
  { kind: "call", tool: "af_status", input: { state: "waiting", message: "which port?" } },
];

Deno.test("a suspended agent is deleted: its sandbox and worktree go, its commits and its home stay", async () => {
  await using model = startScriptedModel({
    keys: { anthropic: KEY },
    script: (turn) => STEPS[turn] ?? { kind: "text", text: "I wait" },
  });
  await withRunnerRig(async (rig) => {
    const runtime = await openPodman(rig.root);
    const agents = createAgentRegistry();
    const jobId = rig.addJob({ prompt: "Make it.", operatorConfig: { agent: "claude" } });
    const runner = await rig.startInside(runtime, {
      ...{ isOnce: true, agents, agentTransport: "tmux", image: await imageOf("claude") },
      ability: { harnesses: ["claude"], forcedHarness: null, runtime: "podman" },
      modelKeys: new Map([["anthropic", { key: KEY, baseUrl: model.url }]]),
    });
    const told = () => [...rig.plane.agentEvents.values()].flat();
    const says = (field: string, value: string) =>
      told().some(({ type, payload }) => type === "status_change" && payload[field] === value);
    await rig.plane.until("the agent waits", () => says("activity", "waiting_for_input"));
    const { runId, job } = rig.plane.runs.get(jobId)!;
    const agent = agents.find(runId)!;
    const wish = { branch: false, home: false, stop: false };
    const refused = await agent.delete(wish);
    assert.match(refused.ok ? "" : refused.error, /must be stopped, or suspended, before: .*running/);
    const suspended = await agent.commands.carryOut({ runId, commandId: "s", kind: "suspend" });
    assert.equal(suspended.outcome, "done", suspended.detail ?? "");
    assert.ok((await agent.delete(wish)).ok);
    await runner.outcome;
    const { jobResult, error } = rig.plane.runs.get(jobId)!.outcome!;
    assert.deepEqual([jobResult, error], ["failed", "deleted by a person at the runner's machine"]);
    assert.deepEqual(await runtime.list(), []);
    const { taskId } = job.agentDefinition;
    assert.equal(await rig.git(rig.plane.gitDirOf(taskId), "show", `work/task-${taskId}:made.txt`), "made");
    const home = join(keptHomesDir(runner.deps.stateDir), runId);
    assert.ok((await Deno.stat(join(home, ".claude.json"))).isFile);
    runtime.close();
  });
});
