/** A run that waits for people: what a drain makes of it, and a stop by a person at the machine. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { startScriptedModel } from "../fake/scripted_model.ts";
import { type RunnerRig, withRunnerRig } from "../fake/runner_rig.ts";
import { createAgentRegistry } from "../../runner-agent/job/agent_registry.ts";
import type { DaemonDeps } from "../../runner-agent/job/daemon.ts";
import type { PodmanContainer } from "../../runner-agent/container/podman_container.ts";
import { imageOf, openPodman } from "./podman_world.ts";

const LONGEST_WAIT_MS = 60_000;
const KEY = "real-key-of-the-runner-4711";

async function eventually(what: string, test: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + LONGEST_WAIT_MS;
  while (!await test()) {
    assert.ok(performance.now() < deadlineMs, `still not true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A model whose agent waits at first, and ends when it is told to. */
function waitingModel(command = "sleep 60") {
  return startScriptedModel({
    keys: { anthropic: KEY },
    script: {
      about: "waits; then ends when it is told to",
      messages: [
        { when: "Begin here", steps: [{ kind: "tool", command }] },
        {
          when: "finish it now",
          steps: [
            { kind: "call", tool: "complete_station", input: { conclusion: "success", summary: "later" } },
          ],
        },
      ],
    },
  });
}

async function startRunner(
  rig: RunnerRig,
  runtime: PodmanContainer,
  modelUrl: string,
  change: Partial<DaemonDeps> = {},
) {
  const agents = createAgentRegistry();
  const runner = await rig.startInside(runtime, {
    image: await imageOf("claude"),
    agents,
    ability: { harnesses: ["claude"], forcedHarness: null, runtime: "podman" },
    modelKeys: new Map([["anthropic", { key: KEY, baseUrl: modelUrl }]]),
    ...change,
  });
  return { agents, runner };
}

Deno.test("a suspended run does not hold up a drain, and goes on at the runner's next start", async () => {
  await using model = waitingModel();
  await withRunnerRig(async (rig) => {
    const runtime = await openPodman(rig.root);
    const jobId = rig.addJob({ prompt: "Begin here.", operatorConfig: { agent: "claude" } });
    const before = await startRunner(rig, runtime, model.url);
    await eventually("it works", () => before.agents.list().some((one) => one.view().detail === "Bash"));
    const { runId } = before.agents.list()[0]!.view();
    await before.agents.find(runId)!.commands.carryOut({ runId, commandId: "c1", kind: "suspend" });
    await eventually(
      "it is written",
      () => before.runner.events.some(({ phase }) => phase === "suspended"),
    );
    assert.equal(await before.runner.drain(), "left");
    assert.equal(rig.plane.runs.get(jobId)!.outcome, null);
    assert.deepEqual(await runtime.list(), []);

    const after = await startRunner(rig, runtime, model.url);
    await eventually("it waits again", () => after.agents.find(runId)?.view().phase === "suspended");
    const text = "Please finish it now.";
    await after.agents.find(runId)!.commands.carryOut({ runId, commandId: "c2", kind: "resume", text });
    await eventually("it is reported", () => rig.plane.runs.get(jobId)!.outcome !== null);
    assert.equal(await after.runner.drain(), "drained");
    runtime.close();
    const report = rig.plane.runs.get(jobId)!.outcome!;
    assert.deepEqual([report.jobResult, report.summary, report.error], ["success", "later", null]);
    assert.deepEqual(rig.plane.violations, []);
  });
});

Deno.test("what no sandbox shows is not shown by a resume either: an agent that moved it away does not go on", async () => {
  await using model = waitingModel("mv config moved && sleep 60");
  await withRunnerRig(async (rig) => {
    const seed = join(rig.root, "seed");
    await Deno.mkdir(join(seed, "config/keys"), { recursive: true });
    await Deno.writeTextFile(join(seed, "config/keys/key"), "hidden");
    await rig.git(seed, "add", "-A");
    await rig.git(seed, "commit", "-qm", "keys");
    await rig.git(seed, "push", "-q", rig.originDir, "HEAD:main");
    const runtime = await openPodman(rig.root);
    const jobId = rig.addJob({ prompt: "Begin here.", operatorConfig: { agent: "claude" } });
    const { agents, runner } = await startRunner(rig, runtime, model.url, { shadows: ["config/keys"] });
    const worktree = async () => (await runner.deps.worktrees.list!())[0]?.path ?? "";
    await eventually(
      "it has moved it",
      async () => await Deno.stat(join(await worktree(), "moved/keys/key")).then(() => true, () => false),
    );
    const { runId } = agents.list()[0]!.view();
    await agents.find(runId)!.commands.carryOut({ runId, commandId: "c1", kind: "suspend" });
    const resuming = agents.find(runId)!.commands.carryOut({
      runId,
      commandId: "c2",
      kind: "resume",
      text: null,
    });
    await resuming.catch(() => undefined);
    await eventually("it is reported", () => rig.plane.runs.get(jobId)!.outcome !== null);
    assert.match(rig.plane.runs.get(jobId)!.outcome!.error ?? "", /hidden at config\/keys was moved/);
    await runner.drain();
    runtime.close();
  });
});

Deno.test("a run that a person stops here is reported so, also while it is suspended", async () => {
  await using model = waitingModel();
  await withRunnerRig(async (rig) => {
    const runtime = await openPodman(rig.root);
    const { agents, runner } = await startRunner(rig, runtime, model.url);
    for (const isSuspended of [false, true]) {
      const jobId = rig.addJob({ prompt: "Begin here.", operatorConfig: { agent: "claude" } });
      await eventually("it works", () => agents.list().some((one) => one.view().detail === "Bash"));
      const { runId } = agents.list()[0]!.view();
      if (isSuspended) {
        await agents.find(runId)!.commands.carryOut({ runId, commandId: `c-${jobId}`, kind: "suspend" });
      }
      agents.find(runId)!.stop();
      await eventually("it is reported", () => rig.plane.runs.get(jobId)!.outcome !== null);
      const { jobResult, error } = rig.plane.runs.get(jobId)!.outcome!;
      assert.deepEqual([jobResult, error], ["failed", "stopped by a person at the runner's machine"]);
      await eventually("nobody is left", () => agents.list().length === 0);
    }
    await runner.drain();
    runtime.close();
    assert.deepEqual(rig.plane.violations, []);
  });
});

Deno.test("a run that is resumed waits for a place while another has the only one, and then goes on", async () => {
  await using model = waitingModel();
  await withRunnerRig(async (rig) => {
    const runtime = await openPodman(rig.root);
    const { agents, runner } = await startRunner(rig, runtime, model.url);
    const begin = async () => {
      const jobId = rig.addJob({ prompt: "Begin here.", operatorConfig: { agent: "claude" } });
      const find = () => agents.list().find((one) => one.view().jobId === jobId)!;
      await eventually("it works", () => find()?.view().detail === "Bash");
      return { jobId, runId: find().view().runId };
    };
    const tell = ({ runId }: { readonly runId: string }, kind: "suspend" | "resume") =>
      agents.find(runId)!.commands.carryOut({
        ...{ runId, commandId: `${kind}-${runId}`, kind, text: "Please finish it now." },
      });
    const sandboxes = async () => (await runtime.list()).map(({ runId }) => runId);
    const first = await begin();
    await tell(first, "suspend");
    const second = await begin();
    const resumed = tell(first, "resume");
    await eventually("it waits", () => runner.events.some((one) => one.event === "resume_waits"));
    assert.deepEqual(await sandboxes(), [second.runId]);
    await agents.find(second.runId)!.commands.carryOut({
      ...{ runId: second.runId, commandId: "say", kind: "message", interrupt: true },
      text: "Please finish it now.",
    });
    assert.deepEqual(await resumed, { outcome: "done", detail: "exact" });
    assert.ok(!(await sandboxes()).includes(second.runId));
    for (const { jobId } of [second, first]) {
      await eventually("it is reported", () => rig.plane.runs.get(jobId)!.outcome !== null);
      assert.equal(rig.plane.runs.get(jobId)!.outcome!.jobResult, "success");
    }
    await runner.drain();
    runtime.close();
    assert.deepEqual(rig.plane.violations, []);
  });
});
