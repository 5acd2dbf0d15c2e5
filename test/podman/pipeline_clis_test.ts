/**
 * Prompts of a station's pipeline by the four real agent CLIs, each in a real sandbox against a scripted model: one pipeline of two
 * prompts of one conversation and a shell step between them.
 */
import assert from "node:assert/strict";
import type { SessionHarnessName } from "../../runner-agent/agent_ports.ts";
import { sessionHarnessByName } from "../../runner-agent/harness/sessions.ts";
import { withRunnerRig } from "../fake/runner_rig.ts";
import { type ScriptedStep, startScriptedModel } from "../fake/scripted_model.ts";
import { imageOf, openPodman, podmanOptions } from "./podman_world.ts";

const KEY = "real-key-of-the-runner-4711";

const PIPELINE = `version: "1"
pipeline:
  - id: look
    context: {shell: "cat made.txt; hostname >/dev/null"}
  - id: again
    prompt: "second-prompt: {{ step.look.stdout }}"
    resume: true
`;

function told(call: unknown): ScriptedStep {
  const text = JSON.stringify(call);
  if (text.includes("second-prompt")) {
    // The conversation went on: the model is sent what was before.
    const isResumed = text.includes("first-prompt") && text.includes("first-answer");
    return { kind: "text", text: isResumed ? "it went on" : "it began anew" };
  }
  return { kind: "text", text: "first-answer" };
}

for (
  const name of ["claude", "codex", "gemini", "opencode"] as const satisfies readonly SessionHarnessName[]
) {
  Deno.test(`${name} answers the prompts of a pipeline in its sandbox, and goes on with a conversation`, async () => {
    const { provider } = sessionHarnessByName(name);
    await using model = startScriptedModel({
      keys: { [provider.name]: KEY },
      script: (turn, call) =>
        turn === 0 && !JSON.stringify(call).includes("second-prompt")
          ? { kind: "tool", command: "echo made-by-the-agent >made.txt" }
          : told(call),
    });
    await withRunnerRig(async (rig) => {
      const image = await imageOf(name);
      const runtime = await openPodman(rig.root);
      const jobId = rig.addJob({
        prompt: "first-prompt",
        appendSystemPrompt: "station-rules-4711",
        operatorConfig: { agent: name, model: "scripted", pipeline: PIPELINE },
      });
      const runner = await rig.startInside(runtime, {
        isOnce: true,
        image,
        ability: { harnesses: [name], forcedHarness: null, runtime: "podman" },
        modelKeys: new Map([[provider.name, {
          key: KEY,
          baseUrl: provider.name === "openai" ? `${model.url}/v1` : model.url,
        }]]),
      });
      await runner.outcome;
      runtime.close();
      const { jobResult, summary, error, usage } = rig.plane.runs.get(jobId)!.outcome!;
      const output = rig.plane.outputOf(jobId);
      assert.deepEqual([jobResult, summary, error], ["success", "it went on", null], output.slice(-3_000));
      assert.match(output, /made-by-the-agent/);
      assert.ok((usage?.outputTokens ?? 0) > 0, JSON.stringify(usage));
      assert.ok(model.requests.some((request) => JSON.stringify(request).includes("station-rules-4711")));
      assert.deepEqual(rig.plane.violations, []);
    });
  });
}

const ASKING = `version: "1"
pipeline:
  - id: look
    context: {shell: "cat made.txt"}
`;

Deno.test("Claude Code asks people for its tools, and only a person's word lets it use one", async () => {
  const commands = ["echo allowed >made.txt", "echo refused >>made.txt"];
  const options = ["red", "blue"].map((label) => ({ label, description: label }));
  const questions = [{ question: "Which colour?", header: "Colour", multiSelect: false, options }];
  await using model = startScriptedModel({
    keys: { anthropic: KEY },
    script: (turn) =>
      turn < commands.length
        ? { kind: "tool", command: commands[turn]! }
        : turn === commands.length
        ? { kind: "call", tool: "AskUserQuestion", input: { questions } }
        : { kind: "text", text: "done" },
  });
  await withRunnerRig(async (rig) => {
    const image = await imageOf("claude");
    const runtime = await openPodman(rig.root);
    const asked: Record<string, unknown>[] = [];
    let looks = 0;
    rig.plane.intercept = (method, path, bytes) => {
      if (!path.includes("/questions")) return null;
      if (method === "POST") asked.push(JSON.parse(new TextDecoder().decode(bytes)));
      const wish = asked.find((one) => method === "POST" || path.endsWith(String(one["id"])));
      const isFirst = wish?.["id"] === asked[0]?.["id"] || asked.length === 1;
      // The first is answered while somebody waits, the second at once.
      const isPending = isFirst && (method === "POST" || looks++ === 0);
      const isQuestion = (wish ?? asked.at(-1))?.["kind"] === "tool_question";
      return Response.json({
        ...(method === "POST" ? asked.at(-1) : wish),
        askId: "ask-1",
        status: isPending ? "pending" : isFirst || isQuestion ? "answered" : "rejected",
        text: isQuestion ? "a very pale blue" : isFirst ? "" : null,
        reason: isFirst || isQuestion ? null : "not that one",
        decidedBy: "ada",
        askedAt: new Date().toISOString(),
        expiresAt: null,
        endedAt: null,
      });
    };
    const jobId = rig.addJob({
      prompt: "Make it.",
      operatorConfig: { agent: "claude", model: "scripted", pipeline: ASKING, permissions: "ask" },
    });
    const runner = await rig.startInside(runtime, {
      isOnce: true,
      image,
      ability: { harnesses: ["claude"], forcedHarness: null, runtime: "podman" },
      modelKeys: new Map([["anthropic", { key: KEY, baseUrl: model.url }]]),
    });
    await runner.outcome;
    runtime.close();
    const { jobResult, error } = rig.plane.runs.get(jobId)!.outcome!;
    const output = rig.plane.outputOf(jobId);
    assert.deepEqual([jobResult, error], ["success", null], output.slice(-3_000));
    assert.deepEqual(
      asked.slice(0, 2).map(({ kind, stepId, message, detail }) => [kind, stepId, message, detail]),
      commands.map((
        command,
      ) => ["permission", "invocation", "May the agent use Bash?", `command: ${command}`]),
    );
    assert.deepEqual(asked.slice(2).map(({ kind, message }) => [kind, message]), [
      ["tool_question", "Which colour?"],
    ]);
    assert.match(output, /^allowed$/m);
    assert.doesNotMatch(output, /^refused$/m);
    assert.ok(model.requests.some(({ body }) => body.includes("not that one")), "the agent is told why");
    assert.ok(model.requests.some(({ body }) => body.includes("a very pale blue")), "and has the answer");
  });
});

/** The folder of a file of this name below `root`, once it is there. */
async function folderOf(root: string, name: string): Promise<string> {
  const endMs = performance.now() + 120_000;
  for (;;) {
    const { stdout } = await new Deno.Command("find", { args: [root, "-name", name], stderr: "null" })
      .output();
    const [path] = new TextDecoder().decode(stdout).split("\n");
    if (path) return path.slice(0, path.lastIndexOf("/"));
    assert.ok(performance.now() < endMs, `${name} must come to be`);
  }
}

Deno.test("a runner that is killed in the middle of a prompt finds Claude Code at work, and its pipeline goes on", async () => {
  await using model = startScriptedModel({
    keys: { anthropic: KEY },
    script: (turn) =>
      turn === 0
        ? {
          kind: "tool",
          command: "echo begun >>begun.txt; until [ -e go.txt ]; do sleep 0.1; done; mv begun.txt made.txt",
        }
        : { kind: "text", text: "done" },
  });
  Deno.env.set("ANTHROPIC_API_KEY", KEY);
  Deno.env.set("ANTHROPIC_BASE_URL", model.url);
  await withRunnerRig(async (rig) => {
    const image = await imageOf("claude");
    // Of no use but that the sandbox's user may pass to what is mounted.
    (await openPodman(rig.root)).close();
    const jobId = rig.addJob({
      prompt: "Make it.",
      operatorConfig: { agent: "claude", model: "scripted", pipeline: ASKING },
    });
    const start = () =>
      rig.startProcess(
        ...["--once", "--image", image, "--no-harness-probe", "--polling-interval", "0.1"],
        ...["--heartbeat-seconds", "1", ...podmanOptions()],
      );
    const killed = start();
    const workspace = await folderOf(rig.root, "begun.txt");
    killed.signal("SIGKILL");
    await killed.status;
    await Deno.writeTextFile(`${workspace}/go.txt`, "");
    await start().status;
    const { jobResult, summary, error } = rig.plane.runs.get(jobId)!.outcome!;
    const output = rig.plane.outputOf(jobId);
    assert.deepEqual([jobResult, summary, error], ["success", "done", null], output.slice(-3_000));
    assert.equal([...output.matchAll(/^begun$/gm)].length, 1, output.slice(-3_000));
    assert.equal(rig.plane.runs.get(jobId)!.terminalReports.length, 1);
  });
});
