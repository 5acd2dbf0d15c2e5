import assert from "node:assert/strict";
import { join } from "node:path";
import { type Begun, printed } from "../../../test/fake/station_sandbox.ts";
import { withDriveStage } from "../../../test/fake/station_drive.ts";
import { BEGIN_TRIES_MAX, RESPONSE_MAX_CHARS } from "./limits.ts";
import { recordedUsage } from "./pipeline_drive.ts";
import { readPipelineEnd } from "./pipeline_end.ts";
import type { RunQuestionAnswer } from "./station_ports.ts";

const pipeline = (steps: string) => `version: "1"\npipeline:\n${steps}`;
const THREE = pipeline(`  - id: build
    context: {shell: "make"}
  - id: review
    prompt: "look at {{ step.build.stdout }}"
  - id: ship
    context: {shell: "ship"}
`);
const echo = ({ script, stdin }: Begun) => printed(stdin === null ? `did ${script}` : `on ${stdin}`);
const steps = (events: readonly { type: string; payload: Readonly<Record<string, unknown>> }[]) =>
  events.filter(({ type }) => type === "pipeline_step").map(({ payload }) =>
    `${payload.stepId} ${payload.state}`
  );

Deno.test("a pipeline runs its programs in the sandbox, tells its steps, and ends the sandbox by its end", async () => {
  await withDriveStage(THREE, { does: echo }, async (stage) => {
    await (await stage.start()).done;
    assert.deepEqual(stage.broken, []);
    assert.deepEqual(stage.sandbox.begun.map(({ script, stdin }) => [script, stdin]), [
      ["invocation", "the task"],
      ["make", null],
      ["review", "look at did make"],
      ["ship", null],
    ]);
    assert.deepEqual(stage.sandbox.finished, [0]);
    assert.deepEqual(await readPipelineEnd(stage.root), {
      outcome: "completed",
      summary: "on look at did make",
      fault: null,
    });
    assert.deepEqual(
      steps(stage.events),
      ["invocation", "build", "review", "ship"].flatMap((id) => [`${id} started`, `${id} completed`]),
    );
    const completed = stage.events.find(({ payload }) =>
      payload.stepId === "review" && payload.state === "completed"
    );
    assert.deepEqual(completed?.payload, {
      stepId: "review",
      path: "",
      state: "completed",
      index: null,
      total: null,
      costUsd: 0.25,
      inputTokens: 100,
      outputTokens: 20,
      fault: null,
    });
    const texts = stage.events.filter(({ type }) => type === "text").map(({ payload }) =>
      `${payload.stepId} ${payload.role}: ${payload.text}`
    );
    assert.deepEqual(texts.slice(2), [
      "review prompt: look at did make",
      "review answer: on look at did make",
    ]);
    assert.equal(stage.used.at(-1)?.inputTokens, 200);
    assert.match(stage.sandbox.said.join(""), /ship: exit code 0[\s\S]*\[pipeline completed\]/);
  });
});

Deno.test("wherever a runner is lost, the next one goes on with what is under way and repeats nothing", async () => {
  for (let cut = 0; cut < 4; cut++) {
    let count = 0;
    const under = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    const does = async (begun: Begun) => {
      if (count++ === cut) {
        under.resolve();
        await held.promise;
      }
      return echo(begun);
    };
    await withDriveStage(THREE, { does }, async (stage) => {
      const first = await stage.start();
      await under.promise;
      await first.leave(false);
      assert.deepEqual(stage.sandbox.finished, []);
      held.resolve();
      await (await stage.start()).done;
      assert.deepEqual(stage.sandbox.begun.map(({ script }) => script), [
        "invocation",
        "make",
        "review",
        "ship",
      ]);
      assert.deepEqual(stage.sandbox.finished, [0]);
      assert.equal((await readPipelineEnd(stage.root))?.summary, "on look at did make");
      assert.deepEqual(stage.broken, []);
      // Prompts are counted once.
      assert.equal(stage.used.at(-1)?.inputTokens, 200, `lost in program ${cut}`);
      assert.equal(steps(stage.events).filter((one) => one === "ship completed").length, 1);
    });
  }
});

Deno.test("a runner that is lost between its pipeline's end and the sandbox's tells the sandbox again", async () => {
  await withDriveStage(THREE, { does: echo }, async (stage) => {
    await (await stage.start()).done;
    await (await stage.start()).done;
    assert.deepEqual(stage.sandbox.finished, [0, 0]);
    assert.equal(stage.sandbox.begun.length, 4);
  });
});

Deno.test("a pipeline that fails ends the sandbox with 1 and says which step, without secrets", async () => {
  const failing = pipeline(`  - id: check
    context: {shell: "secret-word"}
    on_result:
      - exit_code: any
        action: abort_pipeline
`);
  const does = (begun: Begun) => begun.stdin === null ? printed("secret-word", 3) : echo(begun);
  await withDriveStage(failing, { does }, async (stage) => {
    await (await stage.start()).done;
    assert.deepEqual(stage.sandbox.finished, [1]);
    const end = await readPipelineEnd(stage.root);
    assert.equal(end?.outcome, "failed");
    assert.match(end?.fault ?? "", /step 'check': \[ail:pipeline\/aborted\]/);
    assert.ok(steps(stage.events).includes("check failed"));
    assert.ok(!JSON.stringify([stage.events, stage.sandbox.said]).includes("secret-word"));
  });
});

Deno.test("who is over a budget makes no further step, and has failed", async () => {
  await withDriveStage(THREE, { does: echo }, async (stage) => {
    const over = () =>
      (stage.used.at(-1)?.inputTokens ?? 0) >= 200 ? "the budget of tokens is used up" : null;
    const budget = {
      turns: null,
      over,
      used: (usage: typeof stage.used[number]) => void stage.used.push(usage),
    };
    await (await stage.start({ budget })).done;
    assert.deepEqual(stage.sandbox.begun.map(({ script }) => script), ["invocation", "make", "review"]);
    assert.equal((await readPipelineEnd(stage.root))?.fault, "the budget of tokens is used up");
  });
});

Deno.test("a budget of turns is a number of prompts, all of which may be made", async () => {
  for (const [turns, outcome] of [[2, "completed"], [1, "failed"]] as const) {
    await withDriveStage(THREE, { does: echo }, async (stage) => {
      await (await stage.start({ budget: { turns, over: () => null, used: () => {} } })).done;
      const end = await readPipelineEnd(stage.root);
      assert.equal(end?.outcome, outcome);
      if (outcome === "failed") assert.match(end?.fault ?? "", /the budget of turns is used up/);
    });
  }
});

const GATE = pipeline(`  - id: gate
    action: pause_for_human
    message: "ship it?"
  - id: ship
    context: {shell: "ship"}
`);

Deno.test("only a person's word passes a gate: a no, silence, and nobody there end the pipeline", async () => {
  const answers: readonly (readonly [RunQuestionAnswer, "completed" | "failed"])[] = [
    [{ kind: "answered", text: "" }, "completed"],
    [{ kind: "rejected", reason: "not today" }, "failed"],
    [{ kind: "rejected", reason: "policy expired" }, "failed"],
    [{ kind: "expired" }, "failed"],
    [{ kind: "cancelled" }, "failed"],
    [{ kind: "unavailable", message: "no questions here" }, "failed"],
  ];
  for (const [answer, outcome] of answers) {
    await withDriveStage(GATE, { does: echo, answer: () => answer }, async (stage) => {
      await (await stage.start()).done;
      assert.equal((await readPipelineEnd(stage.root))?.outcome, outcome, JSON.stringify(answer));
      assert.equal(stage.sandbox.begun.some(({ script }) => script === "ship"), outcome === "completed");
      const { id: _, ...question } = stage.asked[0]!;
      assert.deepEqual(question, {
        kind: "pause",
        stepId: "gate",
        message: "ship it?",
        detail: "on the task",
        expiresInMs: null,
      });
    });
  }
});

Deno.test("a question is the same one in the next life of the runner, and is withdrawn at the end of its run", async () => {
  const answered = Promise.withResolvers<RunQuestionAnswer>();
  const answer = () => answered.promise;
  await withDriveStage(GATE, { does: echo, answer }, async (stage) => {
    const first = await stage.start();
    await stage.untilAsked(1);
    await first.leave(false);
    assert.equal(stage.asked[0]!.isWithdrawn, undefined);
    const second = await stage.start();
    await stage.untilAsked(2);
    assert.equal(stage.asked[1]!.id, stage.asked[0]!.id);
    await second.leave(true);
    assert.equal(stage.asked[1]!.isWithdrawn, true);
    // What was withdrawn is no answer: the run could still be taken up.
    assert.equal(await readPipelineEnd(stage.root), null);
    const third = await stage.start();
    await stage.untilAsked(3);
    answered.resolve({ kind: "answered", text: "yes" });
    await third.done;
    assert.deepEqual(stage.sandbox.finished, [0]);
  });
});

Deno.test("a person's text goes on in the answer's place, and an empty one leaves it as it is", async () => {
  const modify = pipeline(`  - id: edit
    action: modify_output
  - id: use
    prompt: "{{ step.edit.modified }}"
`);
  for (const [text, prompt] of [["better", "better"], ["", "on the task"]]) {
    const answer = (): RunQuestionAnswer => ({ kind: "answered", text: text! });
    await withDriveStage(modify, { does: echo, answer }, async (stage) => {
      await (await stage.start()).done;
      assert.equal(stage.sandbox.begun.at(-1)?.stdin, prompt);
    });
  }
});

Deno.test("a journal that cannot be read, written or hold more is told once, and the pipeline has no end", async () => {
  const places = [
    async (root: string) => await Deno.mkdir(join(root, "pipeline.journal")),
    async (root: string) => await Deno.writeTextFile(join(root, "pipeline.journal"), "no record\n"),
    async (root: string) => {
      // As large as it may be: its bytes are nowhere.
      const line = '{"id":"x","answer":1}\n';
      await Deno.writeTextFile(join(root, "pipeline.journal"), line);
      await Deno.symlink("/dev/full", join(root, "pipeline_end.json.new"));
    },
  ];
  for (const [at, spoil] of places.entries()) {
    await withDriveStage(THREE, { does: echo }, async (stage) => {
      await spoil(stage.root);
      await (await stage.start()).done;
      assert.equal(stage.broken.length, 1, `place ${at}`);
      assert.equal(await readPipelineEnd(stage.root), null);
      assert.deepEqual(stage.sandbox.finished, []);
    });
  }
});

Deno.test("what a record says of use counts within its bounds, whatever it says", async () => {
  for (const used of [null, "much", { inputTokens: 1e308, outputTokens: -1, costUsd: "NaN" }]) {
    await withDriveStage(THREE, { does: echo }, async (stage) => {
      const line = JSON.stringify({ id: "used:main#99", answer: used });
      await Deno.writeTextFile(join(stage.root, "pipeline.journal"), `${line}\n`);
      await (await stage.start()).done;
      assert.deepEqual(stage.broken, []);
      assert.ok(stage.used.every(({ inputTokens }) => Number.isSafeInteger(inputTokens)));
      assert.equal((await readPipelineEnd(stage.root))?.outcome, "completed");
    });
  }
});

Deno.test("forged numbers in what a CLI prints count as much as can be counted, and break nothing", async () => {
  const forged = ["1e308", "-1", '"NaN"', "null", "9007199254740993"];
  for (const number of forged) {
    const usage = `{"input_tokens":${number},"output_tokens":${number}}`;
    const line = `{"type":"result","result":"x","total_cost_usd":${number},"usage":${usage}}\n`;
    const does = (begun: Begun) => begun.stdin === null ? echo(begun) : printed(line);
    await withDriveStage(THREE, { does }, async (stage) => {
      await (await stage.start()).done;
      assert.deepEqual(stage.broken, []);
      assert.equal((await readPipelineEnd(stage.root))?.outcome, "completed", number);
      for (const { inputTokens, outputTokens, costUsd } of stage.used) {
        assert.ok(Number.isSafeInteger(inputTokens) && inputTokens >= 0, number);
        assert.ok(Number.isSafeInteger(outputTokens) && outputTokens >= 0, number);
        assert.ok(costUsd === null || (costUsd >= 0 && costUsd <= 1_000_000), number);
      }
    });
  }
});

Deno.test("an answer that is longer than any model's fails its step and is not recorded", async () => {
  const does = (begun: Begun) =>
    begun.stdin === null ? echo(begun) : printed("x".repeat(RESPONSE_MAX_CHARS + 1));
  await withDriveStage(THREE, { does }, async (stage) => {
    await (await stage.start()).done;
    assert.match((await readPipelineEnd(stage.root))?.fault ?? "", /the answer has 4194305 characters/);
    assert.ok((await Deno.stat(join(stage.root, "pipeline.journal"))).size < 100_000);
  });
});

Deno.test("a sandbox that sets up for long is waited for, one that never begins stops the run", async () => {
  for (
    const [tries, outcome] of [[BEGIN_TRIES_MAX - 1, "completed"], [BEGIN_TRIES_MAX, undefined]] as const
  ) {
    await withDriveStage(THREE, { does: echo }, async (stage) => {
      stage.sandbox.setUpTries = tries;
      await (await stage.start()).done;
      assert.equal((await readPipelineEnd(stage.root))?.outcome, outcome);
      assert.equal(stage.broken.length, outcome === undefined ? 1 : 0);
    });
  }
});

Deno.test("what a pipeline used is known of its journal alone, and of one that cannot be read nothing", async () => {
  await withDriveStage(THREE, { does: echo }, async ({ start, root }) => {
    await (await start()).done;
    assert.equal((await recordedUsage(root)).inputTokens, 200);
    await Deno.writeTextFile(join(root, "pipeline.journal"), "no record\n");
    assert.equal((await recordedUsage(root)).inputTokens, 0);
    assert.equal((await recordedUsage(join(root, "nowhere"))).inputTokens, 0);
  });
});

Deno.test("steps beside each other are told, each once, and what is inside of them", async () => {
  const beside = pipeline(`  - id: a
    async: true
    context: {shell: "one"}
  - id: b
    async: true
    do_while:
      max_iterations: 1
      exit_when: "x == x"
      steps:
        - id: inner
          prompt: "two"
  - id: both
    action: join
    depends_on: [a, b]
`);
  await withDriveStage(beside, { does: echo }, async (stage) => {
    await (await stage.start()).done;
    assert.deepEqual(stage.broken, []);
    const told = steps(stage.events).sort();
    for (const id of ["a", "b", "inner"]) {
      assert.deepEqual(told.filter((one) => one.startsWith(`${id} `)), [`${id} completed`, `${id} started`]);
    }
    const inner = stage.events.find(({ payload }) => payload.stepId === "inner");
    assert.equal(inner?.payload.path, "b");
  });
});
