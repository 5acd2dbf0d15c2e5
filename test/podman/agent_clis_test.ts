/** Each of the four real agent CLIs runs a whole job in a terminal: task in, a file changed and committed, complete_station. */
import assert from "node:assert/strict";
import type { SessionHarnessName } from "../../runner-agent/agent_ports.ts";
import { SESSION_HARNESS_NAMES, sessionHarnessByName } from "../../runner-agent/harness/sessions.ts";
import { withRunnerRig } from "../fake/runner_rig.ts";
import { type ScriptedStep, startScriptedModel } from "../fake/scripted_model.ts";
import { imageOf, openPodman } from "./podman_world.ts";

const KEY = "real-key-of-the-runner-4711";
const STEPS: readonly ScriptedStep[] = [
  {
    kind: "tool",
    command: "echo made > made.txt && git add made.txt && git commit --quiet --message=agent-work",
  },
  { kind: "call", tool: "complete_station", input: { conclusion: "success", summary: "made it" } },
];

async function wholeJob(name: SessionHarnessName): Promise<void> {
  const { provider } = sessionHarnessByName(name);
  await using model = startScriptedModel({
    keys: { [provider.name]: KEY },
    script: (turn) => STEPS[turn] ?? { kind: "text", text: "the end" },
  });
  await withRunnerRig(async (rig) => {
    const runtime = await openPodman(rig.root);
    const jobId = rig.addJob({
      prompt: 'Make it.\n\nIt\'s "quoted" & $HOME.',
      autoGit: true,
      operatorConfig: { agent: name, model: "scripted" },
    });
    const baseUrl = provider.name === "openai" ? `${model.url}/v1` : model.url;
    const runner = await rig.startInside(runtime, {
      isOnce: true,
      image: await imageOf(name),
      agentTransport: "tmux",
      ability: { harnesses: [name], forcedHarness: null, runtime: "podman" },
      modelKeys: new Map([[provider.name, { key: KEY, baseUrl }]]),
    });
    await runner.outcome;
    runtime.close();
    const report = rig.plane.runs.get(jobId)!.outcome!;
    const output = rig.plane.outputOf(jobId);
    const told = [...rig.plane.agentEvents.values()].flat();
    assert.deepEqual(
      [report.jobResult, report.conclusion, report.summary, report.error],
      ["success", "success", "made it", null],
      `${JSON.stringify(told.slice(-12), null, 1)}\n${output.slice(-2_000)}`,
    );
    const task = told.filter((one) => one.type === "message" && one.payload.id === "task-1");
    assert.deepEqual(task.map((one) => one.payload.state), ["queued", "pasted", "confirmed"], name);
    assert.notEqual(report.headCommit, report.baseCommit);
    assert.ok((report.usage?.outputTokens ?? 0) > 0, `usage ${JSON.stringify(report.usage)}`);
    assert.ok(!output.includes(KEY));
    assert.deepEqual(rig.plane.violations, []);
  });
}

for (const name of SESSION_HARNESS_NAMES) {
  Deno.test(`${name} in a terminal is given its task, commits, and ends its station`, () => wholeJob(name));
}
