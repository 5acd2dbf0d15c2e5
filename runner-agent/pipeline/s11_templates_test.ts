import assert from "node:assert/strict";
import fc from "fast-check";
import { parseTemplate, resolveTemplate, TEXT_MAX_CHARS } from "./template.ts";
import { load } from "../../test/fake/pipeline_run.ts";
import { entryOf, scopeOf } from "../../test/fake/pipeline_scope.ts";

const CALL = {
  event_type: "tool_call",
  tool_name: "Read",
  tool_id: "t1",
  content_json: "{}",
  seq: 0,
} as const;
const SCOPE = scopeOf([
  entryOf("invocation", { response: "hello" }),
  entryOf("lint", { stdout: "out", stderr: "err", exit_code: 2 }),
  entryOf("quiet", { stdout: "", stderr: "only err", exit_code: 0 }),
  entryOf("plain", { stdout: "only out", stderr: "", exit_code: 0 }),
  entryOf("list", { response: ' [1, "two", {"a": 3}] ' }),
  entryOf("judge", {
    response: '{"category":"bug","score":0.5,"deep":{"er":["x",{"y":null}]}}',
    tool_events: [CALL],
  }),
  entryOf("asked", { modified: "changed" }),
  entryOf("loop", { response: "done", index: 3 }),
  entryOf("loop::fix", { response: "of the loop" }),
  entryOf("items::fix", { response: "of the items" }),
  entryOf("twice", { response: "first" }),
  entryOf("twice", { response: "second" }),
  entryOf("parent::before::0", { response: "chain" }),
  entryOf("gate__on_result", { response: "child" }),
], {
  skipped: new Set(["skipped"]),
  passes: new Map([["loop", [[entryOf("loop::fix", { response: "pass 0" })], [
    entryOf("loop::fix", { response: "pass 1" }),
  ]]]]),
});

Deno.test("s11: a variable of a step that comes later is told when the file is loaded, once, and nothing else", () => {
  const { warnings } = load({
    files: {
      "/work/p.ail.yaml": `version: "0.1"
pipeline:
  - {id: a, prompt: "{{ step.b.response }} {{ step.b.response }} {{ step.invocation.prompt }}"}
  - {id: b, prompt: "{{ step.a.response }} {{ step.nobody.response }}", condition: "{{ step.b.exit_code }} == 0"}
  - {id: c, prompt: x, then: ["{{ step.c.response }}"], on_result: [{expression: "{{ step.c.response }} == x", action: break}]}
  - id: l
    do_while: {max_iterations: 2, exit_when: "{{ step.t.response }} == x", steps: [{id: t, prompt: "{{ step.l.index }}"}]}
`,
    },
  });
  assert.deepEqual(warnings.map(({ message, place }) => [place?.line, message.split(" has no")[0]]), [
    [3, "step 'a': '{{ step.b.response }}'"],
    [4, "step 'b': '{{ step.b.exit_code }}'"],
  ]);
});

Deno.test("s11: a field of an answer may be called like one of a step's own; what the step has itself comes first", () => {
  const response =
    '{"index": 7, "stdout": "o", "items": [1], "modified": "m", "exit_code": 4, "response": "inner"}';
  const scope = scopeOf([
    entryOf("a", { response }),
    entryOf("gate", { response: '{"modified":"x"}', modified: "m" }),
  ]);
  const texts = ["index", "stdout", "items", "modified", "exit_code"].map((name) =>
    resolveTemplate(`{{ step.a.${name} }}`, scope)
  );
  assert.deepEqual(texts.map((text) => text.ok && text.value), ["7", "o", "[1]", "m", "4"]);
  assert.deepEqual(resolveTemplate("{{ step.a.response }}", scope), { ok: true, value: response });
  assert.deepEqual(resolveTemplate("{{ step.gate.modified }}", scope), { ok: true, value: "m" });
});

for (
  const [template, text] of [
    ["", ""],
    ["no variables { here } or }} there", "no variables { here } or }} there"],
    ["{{ step.invocation.prompt }}/{{step.invocation.response}}", "the prompt/hello"],
    ["{{ last_response }}", "child"],
    ["{{ step.lint.result }}", "out\nerr"],
    ["{{ step.quiet.result }}", "only err"],
    ["{{ step.plain.result }}", "only out"],
    ["{{ step.invocation.result }}", "hello"],
    ["{{ step.lint.stdout }}{{ step.lint.stderr }}{{ step.lint.exit_code }}", "outerr2"],
    ["{{ step.judge.tool_calls }}", JSON.stringify([CALL])],
    ["{{ step.invocation.tool_calls }}", "[]"],
    ["{{ step.asked.modified }}", "changed"],
    ["{{ step.loop.index }}", "3"],
    ["{{ step.list.items }}", '[1,"two",{"a":3}]'],
    ["{{ step.gate__on_result.response }}", "child"],
    ["{{ step.loop::fix.response }}", "of the loop"],
    ["{{ step.parent::before::0.response }}", "chain"],
    ["{{ step.judge.category }}", "bug"],
    ["{{ step.judge.score }}", "0.5"],
    ["{{ step.judge.deep }}", '{"er":["x",{"y":null}]}'],
    ["{{ step.judge.deep.er }}", '["x",{"y":null}]'],
    ["{{ step.judge.deep.er.0 }}", "x"],
    ["{{ step.judge.deep.er.1.y }}", "null"],
    ["{{ step.loop::do_while[0].fix.response }}{{ step.loop::do_while[1].fix.response }}", "pass 0pass 1"],
    ["{{ step.twice.response }}", "first"],
    ["{{ step.skipped.response }}|{{ step.skipped.exit_code }}", "|"],
    ["{{ session.tool }} {{ session.cwd }} {{ pipeline.run_id }}", "claude /work 0b5e9d3c-run"],
    ["{{ env.HOME }}{{ env.EMPTY }}", "/home/me"],
    [
      '{{ env.NONE | default("y z") }}{{ env.HOME | default("y") }}{{ env.EMPTY|default("y") }}',
      "y z/home/me",
    ],
    ["{{ env.NONE | default('') }}", ""],
  ] as const
) {
  Deno.test(`s11: ${JSON.stringify(template)} becomes ${JSON.stringify(text)}`, () => {
    assert.deepEqual(resolveTemplate(template, SCOPE), { ok: true, value: text });
  });
}

for (
  const [template, part] of [
    ["{{ open", "}}"],
    ["{{ }}", "no name"],
    ["{{ step.nobody.response }}", "no step 'nobody' has run"],
    ["{{ step.nobody.tool_calls }}", "'nobody'"],
    ["{{ step.invocation.exit_code }}", "not a context step"],
    ["{{ step.lint.response }}", "no response"],
    ["{{ step.lint.modified }}", "no modified text"],
    ["{{ step.invocation.items }}", "not JSON"],
    ["{{ step.judge.items }}", "not a JSON array"],
    ["{{ step.judge.colour }}", "has no 'colour'"],
    ["{{ step.judge.deep.er.9 }}", "has no 'deep.er.9'"],
    ["{{ step.judge.__proto__ }}", "has no '__proto__'"],
    ["{{ step.loop::do_while[2].fix.response }}", "no pass 2"],
    ["{{ step.loop::do_while[0].other.response }}", "'other'"],
    ["{{ step.response }}", "expected step.ID.FIELD"],
    ["{{ env.NONE }}", "NONE"],
    ["{{ env.__proto__ }}", "not set"],
    ["{{ do_while.iteration }}", "inside a do_while"],
    ["{{ for_each.item }}", "inside a for_each"],
    ["{{ session.invocation_prompt }}", "session.tool"],
    ["{{ session.invocation.prompt }}", "session.tool"],
    ["{{ colour }}", "last_response"],
    ["{{ a }}{{ b }}", "'{{ a }}'"],
  ] as const
) {
  Deno.test(`s11: ${template} cannot be resolved: ${part}`, () => {
    const resolved = resolveTemplate(template, SCOPE);
    assert.ok(!resolved.ok);
    assert.equal(resolved.error.type, "ail:template/unresolved-variable");
    assert.ok(resolved.error.detail.includes(part), resolved.error.detail);
  });
}

Deno.test("s11: before anything answered there is no last response", () => {
  assert.equal(resolveTemplate("{{ last_response }}", scopeOf([entryOf("c", { stdout: "x" })])).ok, false);
});

Deno.test("s11: in a loop a bare id means the loop's step, unless a plain step has that id", () => {
  const doWhile = { loopId: "loop", iteration: 1, maxIterations: 5 };
  const forEach = { loopId: "items", as: "file", item: "a.ts", index: 2, total: 9 };
  const see = (template: string, given: object) => resolveTemplate(template, { ...SCOPE, ...given });
  assert.deepEqual(see("{{ step.fix.response }}", { doWhile }), { ok: true, value: "of the loop" });
  assert.deepEqual(see("{{ step.fix.response }}", { forEach }), { ok: true, value: "of the items" });
  assert.deepEqual(see("{{ step.fix.response }}", { doWhile, forEach }), { ok: true, value: "of the loop" });
  assert.deepEqual(see("{{ step.twice.response }}", { doWhile }), { ok: true, value: "first" });
  assert.deepEqual(see("{{ do_while.iteration }} of {{ do_while.max_iterations }}", { doWhile }), {
    ok: true,
    value: "1 of 5",
  });
  assert.deepEqual(
    see("{{ for_each.file }} {{ for_each.item }} {{ for_each.index }}/{{ for_each.total }}", { forEach }),
    { ok: true, value: "a.ts a.ts 2/9" },
  );
  assert.equal(see("{{ for_each.other }}", { forEach }).ok, false);
});

Deno.test("s11: what was put in is never expanded again", () => {
  fc.assert(fc.property(fc.string(), fc.string(), fc.string(), (value, before, after) => {
    fc.pre(!before.includes("{") && !after.includes("{"));
    const scope = scopeOf([entryOf("a", { response: `${value}{{ env.HOME }}` })]);
    assert.deepEqual(resolveTemplate(`${before}{{ step.a.response }}${after}`, scope), {
      ok: true,
      value: `${before}${value}{{ env.HOME }}${after}`,
    });
  }));
});

Deno.test("s11: any text is cut into parts that make it up again, or refused", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("{{", "}}", "{", "}", "a", " ", "step.a.response")), (pieces) => {
      const text = pieces.join("");
      const parts = parseTemplate(text);
      if (!parts.ok) return assert.ok(text.includes("{{"));
      let from = 0;
      for (const part of parts.value) {
        const at = text.indexOf("text" in part ? part.text : part.variable, from);
        assert.ok(at >= from);
        from = at;
      }
    }),
  );
});

Deno.test("a text grows to its bound and no further", () => {
  const scope = scopeOf([entryOf("big", { response: "x".repeat(TEXT_MAX_CHARS / 2) })]);
  const twice = resolveTemplate("{{ step.big.response }}{{ step.big.response }}", scope);
  assert.equal(twice.ok && twice.value.length, TEXT_MAX_CHARS);
  const more = resolveTemplate("{{ step.big.response }}{{ step.big.response }}!", scope);
  assert.match(more.ok ? "" : more.error.detail, /more than 33554432 characters/);
});
