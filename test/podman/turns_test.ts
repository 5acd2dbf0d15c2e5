/** The states after an agent's turns, with a real one: its files are put back while it waits, it is told, and a state is forked. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { createAgentRegistry } from "../../runner-agent/job/agent_registry.ts";
import { withRunnerRig } from "../fake/runner_rig.ts";
import { type ScriptedStep, startScriptedModel } from "../fake/scripted_model.ts";
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

/** The turn ends, and the session waits for a person. */
const WAITS: ScriptedStep = {
  kind: "call",
  tool: "af_status",
  input: { state: "waiting", message: "for a person" },
};
const shell = (command: string): ScriptedStep => ({ kind: "tool", command });

Deno.test("an agent that waits goes on with the files of a former turn, and is told so", async () => {
  await using model = startScriptedModel({
    keys: { anthropic: KEY },
    script: {
      about: "changes a file in each turn; then says what it finds",
      messages: [
        { when: "Begin here", steps: [shell("echo state-one > note.txt"), WAITS] },
        { when: "change it", steps: [shell("echo state-two > note.txt && echo more > more.txt"), WAITS] },
        { when: "take long", steps: [shell("sleep 60")] },
        {
          when: "put the files of this worktree back",
          steps: [
            shell("echo found-$(cat note.txt)-$(ls)"),
            { kind: "call", tool: "complete_station", input: { conclusion: "success", summary: "looked" } },
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
      agents,
      ability: { harnesses: ["claude"], forcedHarness: null, runtime: "podman" },
      modelKeys: new Map([["anthropic", { key: KEY, baseUrl: model.url }]]),
    });
    const kept = async () => {
      const listed = await agents.list()[0]?.turns.list();
      return listed?.ok === true ? listed.value : [];
    };
    await eventually("its first turn is kept", async () => (await kept()).length === 2);
    const { runId } = agents.list()[0]!.view();
    const { turns, commands } = agents.find(runId)!;
    const say = (commandId: string, text: string) =>
      commands.carryOut({ runId, commandId, kind: "message", text, interrupt: false });
    await say("c1", "Please change it.");
    await eventually("its second turn is kept", async () => (await kept()).length === 3);
    assert.deepEqual(
      (await kept()).map(({ turn, kind, filesChanged, prompt }) => [turn, kind, filesChanged, prompt]),
      [
        [0, "start", 0, null],
        [1, "turn", 1, "Begin here."],
        [2, "turn", 2, "Please change it."],
      ],
    );

    await say("c2", "Please take long.");
    await eventually("it works", () => agents.find(runId)!.view().detail === "Bash");
    const busy = await turns.rewind(1);
    assert.ok(!busy.ok && busy.error.code === "agent_busy", JSON.stringify(busy));
    const dir = join(rig.root, "forked");
    assert.ok((await turns.fork(2, "second/try", dir)).ok);
    assert.equal(await Deno.readTextFile(join(dir, "note.txt")), "state-two\n");
    assert.equal(await rig.git(dir, "branch", "--show-current"), "second/try");
    await commands.carryOut({ runId, commandId: "c3", kind: "suspend" });

    const rewound = await turns.rewind(1);
    assert.ok(rewound.ok, JSON.stringify(rewound));
    assert.equal(rewound.value.resumed, null);
    const { path } = (await runner.deps.worktrees.list!())[0]!;
    assert.equal(await Deno.readTextFile(join(path, "note.txt")), "state-one\n");
    await assert.rejects(Deno.stat(join(path, "more.txt")), Deno.errors.NotFound);
    const resumed = await commands.carryOut({ runId, commandId: "c4", kind: "resume", text: "Look." });
    assert.equal(resumed.detail, "exact");
    assert.equal(await runner.outcome, "once");
    runtime.close();

    const report = rig.plane.runs.get(jobId)!.outcome!;
    assert.deepEqual([report.jobResult, report.summary], ["success", "looked"], JSON.stringify(report));
    assert.ok(model.requests.some(({ body }) => body.includes("found-state-one-README.md")));
    assert.deepEqual(rig.plane.violations, []);
  });
});

Deno.test("an agent that is attached to and waits is paused, put back and resumed by one command", async () => {
  await using model = startScriptedModel({
    keys: { anthropic: KEY },
    script: {
      about: "changes a file and waits; then says what it finds",
      messages: [
        {
          when: "put the files of this worktree back",
          steps: [
            shell("echo found-$(ls)"),
            { kind: "call", tool: "complete_station", input: { conclusion: "success", summary: "looked" } },
          ],
        },
        { when: "Begin here", steps: [shell("echo state-one > note.txt"), WAITS] },
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
      agents,
      ability: { harnesses: ["claude"], forcedHarness: null, runtime: "podman" },
      modelKeys: new Map([["anthropic", { key: KEY, baseUrl: model.url }]]),
    });
    await eventually("its first turn is kept", async () => {
      const listed = await agents.list()[0]?.turns.list();
      return listed?.ok === true && listed.value.length === 2;
    });
    const rewinding = agents.list()[0]!.turns.rewind(0);
    const second = await agents.list()[0]!.turns.rewind(0);
    assert.ok(!second.ok && second.error.code === "agent_busy", JSON.stringify(second));
    const rewound = await rewinding;
    assert.ok(rewound.ok, JSON.stringify(rewound));
    assert.deepEqual([rewound.value.turn.turn, rewound.value.keptAs, rewound.value.resumed], [0, 2, "exact"]);
    assert.equal(await runner.outcome, "once");
    runtime.close();
    assert.equal(rig.plane.runs.get(jobId)!.outcome!.summary, "looked");
    const found = model.requests.filter(({ body }) => body.includes("found-README.md"));
    assert.ok(found.length > 0 && found.every(({ body }) => !/found-[^"]*note\.txt/.test(body)));
    assert.deepEqual(rig.plane.violations, []);
  });
});
