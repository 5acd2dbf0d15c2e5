/**
 * An agent in a terminal, in a real sandbox: the whole runner over Podman, the real Claude Code and a scripted model behind
 * the hub, against the strict fake control plane.
 */
import assert from "node:assert/strict";
import { type ScriptedStep, startScriptedModel } from "../fake/scripted_model.ts";
import { withRunnerRig } from "../fake/runner_rig.ts";
import { attachArgv } from "../../runner-agent/job/attach.ts";
import { createAgentRegistry } from "../../runner-agent/job/agent_registry.ts";
import { imageOf, openPodman, podmanOptions } from "./podman_world.ts";

const LONGEST_WAIT_MS = 40_000;

async function eventually(what: string, test: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + LONGEST_WAIT_MS;
  while (!await test()) {
    assert.ok(performance.now() < deadlineMs, `still not true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const KEY = "real-key-of-the-runner-4711";

Deno.test("Claude Code in a terminal is given its task, works, commits and ends its station", async () => {
  const steps: ScriptedStep[] = [
    {
      kind: "tool",
      command: "echo made > made.txt && git add made.txt && git commit --quiet --message=agent-work",
    },
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
      prompt: 'Make it.\n\nIt\'s "quoted" & $HOME.',
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
    assert.ok(
      model.requests.some(({ body }) =>
        body.includes(JSON.stringify('Make it.\n\nIt\'s "quoted" & $HOME.').slice(1, -1))
      ),
    );
    assert.ok((report.usage?.outputTokens ?? 0) > 0, JSON.stringify(report.usage));
    assert.ok(!output.includes(KEY));
    assert.deepEqual(rig.plane.violations, []);
  });
});

Deno.test("an agent is talked to, suspended within a turn without a sandbox left, and goes on with its session in another", async () => {
  await using model = startScriptedModel({
    keys: { anthropic: KEY },
    script: {
      about: "waits; then works when it is told to",
      messages: [
        { when: "Begin here", steps: [{ kind: "tool", command: "sleep 60" }] },
        {
          when: "finish it now",
          steps: [
            {
              kind: "tool",
              command: "echo made > made.txt && git add made.txt && git commit --quiet --message=agent-work",
            },
            {
              kind: "call",
              tool: "complete_station",
              input: { conclusion: "success", summary: "made it later" },
            },
          ],
        },
      ],
    },
  });
  await withRunnerRig(async (rig) => {
    const runtime = await openPodman(rig.root);
    const agents = createAgentRegistry();
    const jobId = rig.addJob({ prompt: "Begin here.", operatorConfig: { agent: "claude" } });
    const runner = await rig.startInside(runtime, {
      isOnce: true,
      image: await imageOf("claude"),
      agentTransport: "tmux",
      agents,
      ability: { harnesses: ["claude"], forcedHarness: null, runtime: "podman" },
      modelKeys: new Map([["anthropic", { key: KEY, baseUrl: model.url }]]),
    });
    await eventually("it works", () => agents.list().some((one) => one.view().detail === "Bash"));
    const { runId } = agents.list()[0]!.view();
    const { containerId } = agents.list()[0]!.view();
    const terminal = await runtime.openTerminal(containerId!, attachArgv(true), { cols: 200, rows: 50 });
    let seen = "";
    for await (const bytes of terminal.readable) {
      seen += new TextDecoder().decode(bytes);
      // A blank may be drawn as a step of the cursor.
      // deno-lint-ignore no-control-regex
      if (/sleep\s+60/.test(seen.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, " "))) break;
    }
    terminal.close();
    const command = { runId, commandId: "c1" };
    assert.deepEqual(await agents.find(runId)!.commands.carryOut({ ...command, kind: "suspend" }), {
      outcome: "done",
      detail: null,
    });
    await eventually("no sandbox is left", async () => (await runtime.list()).length === 0);
    assert.equal(agents.find(runId)!.view().phase, "suspended");
    const resumed = await agents.find(runId)!.commands.carryOut({
      ...command,
      kind: "resume",
      text: "Please finish it now.",
    });
    assert.deepEqual(resumed, { outcome: "done", detail: "exact" });
    assert.equal(await runner.outcome, "once");
    runtime.close();
    const report = rig.plane.runs.get(jobId)!.outcome!;
    assert.deepEqual([report.jobResult, report.summary, report.error], ["success", "made it later", null]);
    assert.ok(
      model.requests.some(({ body }) => body.includes("Begin here.") && body.includes("finish it now")),
      "one conversation",
    );
    const told = rig.plane.agentEvents.get(runId) ?? [];
    const phases = told.filter((one) => one.type === "status_change").map((one) => one.payload.phase);
    assert.ok(phases.includes("suspended"), JSON.stringify(phases));
    assert.equal(told.filter((one) => one.type === "commit").length, 1);
    assert.deepEqual(rig.plane.violations, []);
  });
});

Deno.test("a runner that is killed within a turn finds its agent, which was given its task once", async () => {
  await using model = startScriptedModel({
    keys: { anthropic: KEY },
    script: {
      about: "works for a while",
      messages: [{
        when: "Begin here",
        steps: [
          {
            kind: "tool",
            command: "sleep 5; echo made > made.txt && git add . && git commit --quiet --message=agent-work",
          },
          { kind: "call", tool: "complete_station", input: { conclusion: "success", summary: "survived" } },
        ],
      }],
    },
  });
  Deno.env.set("ANTHROPIC_API_KEY", KEY);
  Deno.env.set("ANTHROPIC_BASE_URL", model.url);
  await withRunnerRig(async (rig) => {
    await Deno.chmod(rig.root, 0o711);
    const image = await imageOf("claude");
    const jobId = rig.addJob({
      prompt: "Begin here.",
      operatorConfig: { agent: "claude", transport: "tmux" },
    });
    const start = () =>
      rig.startProcess("--once", "--no-harness-probe", "--image", image, ...podmanOptions());
    const first = start();
    const events = () => [...rig.plane.agentEvents.values()].flat();
    await eventually("it works", () => events().some((one) => one.payload.tool === "Bash"));
    first.signal("SIGKILL");
    await first.status;
    const second = start();
    await eventually("it is reported", () => rig.plane.runs.get(jobId)!.outcome !== null);
    second.signal("SIGTERM");
    assert.equal((await second.status).code, 0);
    const report = rig.plane.runs.get(jobId)!.outcome!;
    assert.deepEqual([report.jobResult, report.summary, report.error], ["success", "survived", null]);
    const states = events().filter((one) => one.payload.id === "task-1" && one.type === "message");
    assert.deepEqual(states.map((one) => one.payload.state), ["queued", "pasted", "confirmed"]);
    assert.equal(events().filter((one) => one.type === "commit").length, 1);
    assert.deepEqual(rig.plane.violations, []);
  });
});
