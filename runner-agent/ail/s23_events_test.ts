import assert from "node:assert/strict";
import { steady, withAilFolder } from "../../test/fake/ail_command.ts";

const PIPELINE = `
version: "0.1.0"
pipeline:
  - id: list
    context: {shell: "echo out; echo oops >&2; exit 3"}
  - id: gate
    action: pause_for_human
    message: Go on?
  - id: edit
    action: modify_output
  - id: never
    condition: never
    prompt: not sent
  - id: say
    prompt: "Saw {{ step.list.exit_code }} and {{ step.edit.modified }}"
`;

const COMPLETED =
  '{"type":"runner_event","event":{"type":"completed","response":"stub response","cost_usd":0,"session_id":"stub-session-id","input_tokens":0,"output_tokens":0,"thinking":null,"tool_events":[]}}';

const GOLDEN = [
  '{"type":"run_started","run_id":"ID-1","pipeline_source":"DIR/p.ail.yaml","total_steps":5}',
  '{"type":"step_started","step_id":"invocation","step_index":0,"total_steps":6}',
  COMPLETED,
  '{"type":"step_completed","step_id":"invocation","cost_usd":0,"input_tokens":0,"output_tokens":0,"response":"stub response"}',
  '{"type":"step_started","step_id":"list","step_index":0,"total_steps":5,"resolved_prompt":null}',
  '{"type":"step_completed","step_id":"list","cost_usd":null,"input_tokens":0,"output_tokens":0,"response":null}',
  '{"type":"hitl_gate_reached","step_id":"gate","message":"Go on?"}',
  '{"type":"step_completed","step_id":"gate","cost_usd":null,"input_tokens":0,"output_tokens":0,"response":null}',
  '{"type":"hitl_modify_reached","step_id":"edit","last_response":"stub response"}',
  '{"type":"step_completed","step_id":"edit","cost_usd":null,"input_tokens":0,"output_tokens":0,"response":null}',
  '{"type":"step_skipped","step_id":"never"}',
  '{"type":"step_started","step_id":"say","step_index":4,"total_steps":5,"resolved_prompt":"Saw 3 and mine"}',
  COMPLETED,
  '{"type":"step_completed","step_id":"say","cost_usd":0,"input_tokens":0,"output_tokens":0,"response":"stub response"}',
  '{"type":"pipeline_completed","outcome":"completed"}',
];

Deno.test("the events of a run are the same bytes each time", async () => {
  await withAilFolder(async ({ dir, write, ail }) => {
    await write("p.ail.yaml", PIPELINE);
    const input = ['{"type":"hitl_response"}', '{"type":"hitl_response","text":"mine"}'];
    const run = await ail(["--pipeline", "p.ail.yaml", "--output-format", "json", "hello"], input);
    assert.deepEqual(steady(run.out, dir).trimEnd().split("\n"), GOLDEN);
    assert.equal(run.code, 0);
    assert.equal(run.err, "");
  });
});

Deno.test("a controller rejects a gate, and the run fails", async () => {
  await withAilFolder(async ({ write, ail }) => {
    await write("p.ail.yaml", PIPELINE);
    const input = ['{"type":"hitl_response","rejected":true,"reason":"not now"}'];
    const run = await ail(["--pipeline", "p.ail.yaml", "--output-format", "json", "hello"], input);
    assert.equal(run.code, 1);
    assert.match(run.out, /"error_type":"ail:pipeline\/aborted"/);
    assert.match(run.out, /not now/);
  });
});

Deno.test("when the input has ended a gate gets the empty text", async () => {
  await withAilFolder(async ({ write, ail }) => {
    await write("p.ail.yaml", PIPELINE);
    const run = await ail(["--pipeline", "p.ail.yaml", "--output-format", "json", "hello"]);
    assert.equal(run.code, 0);
    assert.match(run.out, /"resolved_prompt":"Saw 3 and "/);
  });
});

Deno.test("nobody is asked where the run is headless, whatever the controller says", async () => {
  await withAilFolder(async ({ write, ail }) => {
    await write(
      "p.ail.yaml",
      PIPELINE.replace(
        "action: modify_output",
        "action: modify_output\n    on_headless: use_default\n    default_value: given",
      ),
    );
    const input = ['{"type":"hitl_response","rejected":true}', '{"type":"hitl_response","text":"mine"}'];
    const args = ["--pipeline", "p.ail.yaml", "--output-format", "json", "--headless", "hello"];
    const run = await ail(args, input);
    assert.equal(run.code, 0);
    assert.match(run.out, /"resolved_prompt":"Saw 3 and given"/);
    assert.match(run.err, /^warning: step 'gate' waits for a person/);
  });
});

Deno.test("a gate that nobody answers in time does what it says for this case", async () => {
  const gate = (what: string) =>
    `version: "1"\npipeline:\n  - {id: gate, action: pause_for_human, timeout_seconds: 1, on_timeout: ${what}}\n  - {id: a, prompt: x}\n`;
  await withAilFolder(async ({ write, ail }) => {
    await write("go.yaml", gate("continue"));
    await write("stop.yaml", gate("abort_pipeline"));
    const silence = new AbortController();
    async function* input() {
      await new Promise<void>((resolve) => silence.signal.addEventListener("abort", () => resolve()));
      yield "";
    }
    const [gone, stopped] = await Promise.all(
      ["go.yaml", "stop.yaml"].map((file) =>
        ail(["--pipeline", file, "--output-format", "json", "hello"], input())
      ),
    );
    silence.abort();
    assert.equal(gone!.code, 0);
    assert.match(gone!.err, /nobody answered step 'gate' in time: the run goes on/);
    assert.equal(stopped!.code, 1);
    assert.match(stopped!.out, /"pipeline_error","error":"nobody answered step 'gate' in time"/);
  });
});

Deno.test("a kill ends a running command, says so in one event, and the exit code stays 0", async () => {
  const begun = Promise.withResolvers<void>();
  await withAilFolder(async ({ write, ail }) => {
    await write("p.ail.yaml", 'version: "1"\npipeline:\n  - id: long\n    context: {shell: sleep 60}\n');
    async function* input() {
      await begun.promise;
      yield '{"type":"kill"}';
    }
    const run = await ail(["--pipeline", "p.ail.yaml", "--output-format", "json", "hello"], input());
    assert.equal(run.code, 0);
    const last = JSON.parse(run.out.trimEnd().split("\n").at(-1)!);
    assert.equal(last.type, "pipeline_error");
    assert.equal(last.error_type, "ail:runner/cancelled");
  }, (text) => {
    if (text.includes('"step_id":"long"')) begun.resolve();
  });
});

Deno.test("a paused run goes on when it is told to, without the steps that were switched off", async () => {
  const gate = Promise.withResolvers<void>();
  await withAilFolder(async ({ write, ail }) => {
    await write(
      "p.ail.yaml",
      'version: "1"\npipeline:\n  - id: gate\n    action: pause_for_human\n  - id: a\n    prompt: x\n  - id: b\n    prompt: y\n',
    );
    async function* input() {
      await gate.promise;
      yield '{"type":"pause"}';
      yield '{"type":"disable_step","step_id":"a"}';
      yield "not for a run";
      yield '{"type":"hitl_response"}';
      yield '{"type":"resume"}';
    }
    const run = await ail(["--pipeline", "p.ail.yaml", "--output-format", "json", "hello"], input());
    assert.equal(run.code, 0);
    assert.match(run.out, /\{"type":"step_skipped","step_id":"a"\}/);
    assert.match(run.out, /"step_completed","step_id":"b"/);
  }, (text) => {
    if (text.includes("hitl_gate_reached")) gate.resolve();
  });
});

Deno.test("a talk has a turn for each message, its costs and its end", async () => {
  await withAilFolder(async ({ dir, write, ail }) => {
    await write("p.ail.yaml", 'version: "1"\npipeline:\n  - id: only\n    context: {shell: "true"}\n');
    const input = [
      "one",
      '{"type":"user_message","text":"two"}',
      '{"type":"end_session"}',
      '{"type":"user_message","text":"too late"}',
    ];
    const run = await ail(["stdio", "--stream", "--pipeline", "p.ail.yaml"], input);
    assert.equal(run.code, 0);
    const lines = steady(run.out, dir).trimEnd().split("\n");
    const told = lines.filter((line) => /chat_|turn_|ready|run_started|"invocation"/.test(line));
    const turn = (id: number, prompt: string) => [
      `{"type":"turn_started","turn_id":"ID-${id}","prompt":"${prompt}"}`,
      `{"type":"run_started","run_id":"ID-${
        id + 1
      }","pipeline_source":"DIR/p.ail.yaml","total_steps":1,"turn_id":"ID-${id}"}`,
      '{"type":"step_started","step_id":"invocation","step_index":0,"total_steps":2}',
      '{"type":"step_completed","step_id":"invocation","cost_usd":0,"input_tokens":0,"output_tokens":0}',
      `{"type":"turn_completed","turn_id":"ID-${id}","total_cost_usd":0,"duration_ms":MS}`,
      '{"type":"ready"}',
    ];
    assert.deepEqual(told, [
      '{"type":"chat_started","chat_session_id":"ID-1","pipeline_source":"DIR/p.ail.yaml","one_shot":false}',
      ...turn(2, "one"),
      ...turn(4, "two"),
      '{"type":"chat_ended","chat_session_id":"ID-1","total_turns":2,"total_cost_usd":0}',
    ]);
  });
});

Deno.test("without --stream a line is a prompt, and what goes wrong ends no talk", async () => {
  await withAilFolder(async ({ write, ail }) => {
    await write(
      "p.ail.yaml",
      'version: "1"\npipeline:\n  - id: a\n    condition: "{{ step.invocation.prompt }} == bad"\n    prompt: "{{ step.nobody.response }}"\n  - id: b\n    prompt: b\n',
    );
    const run = await ail(["stdio", "--pipeline", "p.ail.yaml"], ["good", "", "bad", "good"]);
    assert.equal(run.code, 0);
    assert.equal(run.out, "\n--- b ---\nstub response\n".repeat(2));
    assert.match(run.err, /^Error: \[ail:template\/unresolved-variable\]/);
  });
});
