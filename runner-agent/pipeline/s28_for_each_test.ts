import assert from "node:assert/strict";
import { faultsOf, run } from "../../test/fake/pipeline_run.ts";

const OVER = (
  more = "",
  steps = '[{id: do, prompt: "{{ for_each.file }} {{ for_each.index }}/{{ for_each.total }}"}]',
) =>
  `version: "0.1"
pipeline:
  - {id: list, prompt: list}
  - id: each
    for_each: {over: "{{ step.list.items }}", as: file${more}, steps: ${steps}}
  - {id: after, prompt: "{{ step.each.response }}", on_error: continue}
`;
const listing = (list: string) => ({
  prompt: (call: { stepId: string; prompt: string }) => call.stepId === "list" ? list : `<${call.prompt}>`,
});
const said = (ran: ReturnType<typeof run>) => ran.calls.map(({ prompt }) => prompt).slice(2);

Deno.test("s28: the body runs once for each item; texts are raw, everything else is JSON", () => {
  const ran = run(OVER(), listing('["a.ts", {"b": 1}, 3, null]'));
  assert.deepEqual(said(ran), ["a.ts 1/4", '{"b":1} 2/4', "3 3/4", "null 4/4", "<null 4/4>"]);
  assert.equal(ran.entry("each")!.prompt, "for_each(items=4)");
});

Deno.test("s28: a cap cuts the list, or ends the run where it says so", () => {
  assert.deepEqual(said(run(OVER(", max_items: 2"), listing("[1, 2, 3]"))).slice(0, 2), ["1 1/2", "2 2/2"]);
  const ran = run(OVER(", max_items: 2, on_max_items: abort_pipeline"), listing("[1, 2, 3]"));
  assert.ok(ran.outcome.end.kind === "failed");
  assert.equal(ran.outcome.end.fault.type, "ail:pipeline/aborted");
  assert.match(ran.outcome.end.fault.detail, /max_items/);
});

Deno.test("s28: an empty list is a success without a response", () => {
  const ran = run(OVER(), listing("[]"));
  assert.equal(ran.entry("each")!.response, null);
  assert.equal(ran.outcome.end.kind, "completed");
});

Deno.test("s28: what is no list of JSON is a fault of its own type", () => {
  const text = OVER().replace("step.list.items", "step.list.response");
  for (const list of ["not json", '{"a": 1}']) {
    const ran = run(text, listing(list));
    assert.ok(ran.outcome.end.kind === "failed");
    assert.equal(ran.outcome.end.fault.type, "ail:for-each/source-invalid");
  }
});

Deno.test("s28: break leaves the loop", () => {
  const steps = '[{id: do, prompt: "{{ for_each.item }}", on_result: [{contains: b, action: break}]}]';
  assert.deepEqual(said(run(OVER("", steps), listing('["a", "b", "c"]'))).slice(0, 2), ["a", "b"]);
});

Deno.test("s28: a for_each in a do_while sees both loops' variables", () => {
  const ran = run(
    `version: "0.1"
pipeline:
  - {id: list, prompt: list}
  - id: outer
    do_while:
      max_iterations: 2
      exit_when: "{{ do_while.iteration }} == 1"
      steps:
        - {id: inner, for_each: {over: "{{ step.list.items }}", steps: [{id: x, prompt: "{{ do_while.iteration }}{{ for_each.item }}"}]}}
`,
    listing('["a"]'),
  );
  assert.deepEqual(said(ran), ["0a", "1a"]);
});

Deno.test("s28: ten thousand items keep memory to one pass", () => {
  const ran = run(OVER(), listing(JSON.stringify(Array.from({ length: 10_000 }, (_, index) => index))));
  assert.equal(ran.outcome.end.kind, "completed");
  assert.equal(ran.outcome.entries.length, 5);
});

for (
  const [body, type, part] of [
    ["{over: ' ', steps: [{id: a, prompt: a}]}", "ail:config/validation-failed", "over"],
    ["{over: x, as: 1a, steps: [{id: a, prompt: a}]}", "ail:config/validation-failed", "'as'"],
    ["{over: x, max_items: 0, steps: [{id: a, prompt: a}]}", "ail:config/validation-failed", "at least 1"],
    ["{over: x, max_items: -1, steps: [{id: a, prompt: a}]}", "ail:config/invalid-yaml", "max_items"],
    [
      "{over: x, on_max_items: stop, steps: [{id: a, prompt: a}]}",
      "ail:config/validation-failed",
      "on_max_items",
    ],
    ["{over: x}", "ail:config/validation-failed", "'steps' or 'pipeline'"],
  ] as const
) {
  Deno.test(`s28: refused: ${body}`, () => {
    const faults = faultsOf(`version: "0.1"\npipeline: [{id: loop, for_each: ${body}}]\n`);
    assert.equal(faults[0]?.type, type);
    assert.ok(faults[0].detail.includes(part), faults[0].detail);
  });
}

Deno.test("s28: a source whose schema is no array is refused where that is known", () => {
  const text = (type: string) =>
    `version: "0.1"\npipeline: [{id: l, prompt: l, output_schema: {type: ${type}}}, {id: e, for_each: {over: "{{ step.l.items }}", steps: [{id: a, prompt: a}]}}]\n`;
  assert.equal(faultsOf(text("object"))[0]?.type, "ail:for-each/source-invalid");
  assert.deepEqual(faultsOf(text("array")), []);
});

Deno.test("s28.5: a loop tells of each item and of what ended it, counted as templates count", () => {
  const text = (over: string) =>
    `version: "0.1"
pipeline:
  - id: each
    for_each:
      over: '${over}'
      steps:
        - {id: a, prompt: x, on_result: {contains: stop, if_true: {action: break}, if_false: {action: continue}}}
`;
  const told = (over: string, answers: readonly string[]) => {
    let calls = 0;
    const ran = run(text(over), { prompt: ({ stepId }) => stepId === "invocation" ? "" : answers[calls++]! });
    const lines = ran.log.filter(({ type }) => type?.startsWith("for_each_") === true);
    assert.deepEqual(
      ran.events.filter(({ type }) => type.startsWith("for_each_")),
      lines.map(({ runId: _runId, ...line }) => line),
    );
    return lines.map((line) => Object.values(line).slice(0, -1).join(" "));
  };
  assert.deepEqual(told('["x", {"a": 1}]', ["on", "on"]), [
    "for_each_started each 2",
    "for_each_item_started each 1 2 x",
    "for_each_item_completed each 1 2",
    "for_each_item_started each 2 2 [object Object]",
    "for_each_item_completed each 2 2",
    "for_each_completed each 2 2 completed",
  ]);
  assert.deepEqual(told('["x", "y"]', ["stop"]).slice(-2), [
    "for_each_item_started each 1 2 x",
    "for_each_completed each 1 2 break",
  ]);
  assert.deepEqual(told("[]", []), ["for_each_started each 0", "for_each_completed each 0 0 completed"]);
});
