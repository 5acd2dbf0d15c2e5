import assert from "node:assert/strict";
import { faultsOf, load, run } from "../../test/fake/pipeline_run.ts";

const FILE = (named: string, steps: string, more = "") =>
  `version: "0.1"\n${more}pipelines: {${named}}\npipeline: [${steps}]\n`;
const REVIEW = 'review: [{id: r, prompt: "review {{ step.invocation.prompt }}"}]';
const CHILD_FILE = `version: "0.1"\npipeline: [{id: f, prompt: of a file}]\n`;
const echo = { prompt: ({ prompt }: { readonly prompt: string }) => prompt };

for (
  const [written, kind] of [
    ["review", "named_pipeline"],
    ["./review", "pipeline"],
    ["Review", "pipeline"],
    ["review.yaml", "pipeline"],
    ['"{{ env.NAME }}"', "pipeline"],
    ["toString", "pipeline"],
  ] as const
) {
  Deno.test(`s10: 'pipeline: ${written}' is a ${kind}: only the whole text of a key is a name`, () => {
    const [step] = load({
      files: { "/work/p.ail.yaml": FILE(REVIEW, `{id: a, pipeline: ${written}}`) },
    }).steps;
    assert.equal(step!.kind, kind);
  });
}

for (
  const [where, step] of [
    ["the main list", "{id: a, pipeline: review}"],
    ["before", "{id: a, prompt: p, before: [{pipeline: review}]}"],
    ["then", "{id: a, prompt: p, then: [{pipeline: review}]}"],
    [
      "a do_while",
      '{id: a, do_while: {max_iterations: 1, exit_when: "a == a", steps: [{id: c, pipeline: review}]}}',
    ],
    ["a for_each", "{id: a, for_each: {over: '[1]', steps: [{id: c, pipeline: review}]}}"],
    [
      "a chain in a loop",
      "{id: a, for_each: {over: '[1]', steps: [{id: c, prompt: p, then: [{pipeline: review}]}]}}",
    ],
    ["another named pipeline", "{id: a, pipeline: outer}"],
  ] as const
) {
  Deno.test(`s10: a name is a name in ${where}`, () => {
    const ran = run(FILE(`${REVIEW}, outer: [{id: o, pipeline: review}]`, step), echo);
    assert.equal(ran.outcome.end.kind, "completed");
    assert.ok(ran.calls.some(({ stepId }) => stepId === "r"), "the review was asked");
  });
}

Deno.test("s10: a name stands before a file of the same name, which its path still means", () => {
  const files = { "/work/review": CHILD_FILE };
  const prompts = (written: string) =>
    run(FILE(REVIEW, `{id: a, pipeline: ${written}}`), { files, ...echo }).calls.at(-1)!.prompt;
  assert.equal(prompts("review"), "review do it");
  assert.equal(prompts("./review"), "of a file");
});

Deno.test("s10: its invocation is the step's prompt, or else the last response", () => {
  const text = FILE(
    REVIEW,
    '{id: a, prompt: A}, {id: b, pipeline: review}, {id: c, pipeline: review, prompt: "see {{ step.a.response }}"}',
  );
  assert.deepEqual(run(text, echo).calls.slice(1).map(({ prompt }) => prompt), [
    "A",
    "review A",
    "review see A",
  ]);
});

Deno.test("s10: a named child has its caller's defaults and names; a file's child has neither", () => {
  const defaults =
    "defaults: {model: m, tools: {allow: [Read]}, sampling: {temperature: 1}, provider: {base_url: 'http://b'}}\n";
  const files = { "/work/child.yaml": CHILD_FILE };
  const text = FILE(
    `${REVIEW}, again: [{id: g, pipeline: review}]`,
    "{id: a, pipeline: again}, {id: b, pipeline: ./child.yaml}",
    defaults,
  );
  const [, named, file] = run(text, { files, ...echo }).calls;
  assert.deepEqual([named!.model, named!.tools, named!.sampling, named!.provider.baseUrl], [
    "m",
    { isDisabled: false, allow: ["Read"], deny: [] },
    { temperature: 1 },
    "http://b",
  ]);
  assert.deepEqual([file!.model, file!.tools, file!.sampling, file!.provider.baseUrl], [
    null,
    null,
    null,
    null,
  ]);
});

Deno.test("s10: nothing but the last response comes back, and ids inside are of their own", () => {
  const text = FILE(
    "two: [{id: a, prompt: one}, {id: x, prompt: two}]",
    '{id: a, prompt: outer}, {id: call, pipeline: two}, {id: z, prompt: "{{ step.a.response }} {{ step.call.response }}"}',
  );
  const ran = run(text, echo);
  assert.equal(ran.calls.at(-1)!.prompt, "outer two");
  assert.equal(ran.entry("x"), undefined);
  const inside = run(
    FILE("two: [{id: x, prompt: x}]", '{id: call, pipeline: two}, {id: z, prompt: "{{ step.x.response }}"}'),
  );
  const { end } = inside.outcome;
  assert.equal(end.kind === "failed" && end.fault.type, "ail:template/unresolved-variable");
});

for (
  const [named, type, part] of [
    ['"": [{id: x, prompt: x}]', "ail:config/validation-failed", "name"],
    ["a: []", "ail:config/validation-failed", "at least one step"],
    ["a: [{id: x}]", "ail:config/validation-failed", "primary field"],
    ["a: [{id: x, prompt: x, condition: what}]", "ail:config/validation-failed", "what"],
    [
      "a: [{id: x, prompt: x, async: true}]",
      "ail:config/validation-failed",
      "not named in any step's depends_on",
    ],
    ["a: [{id: x, prompt: x}, {id: invocation, prompt: y}]", "ail:config/validation-failed", "invocation"],
    ["a: [{id: x, prompt: x, then: [{pipeline: a}]}]", "ail:pipeline/circular-reference", "a -> a"],
    [
      "a: [{id: x, for_each: {over: '[]', steps: [{id: y, pipeline: b}]}}], b: [{id: z, pipeline: a}]",
      "ail:pipeline/circular-reference",
      "a -> b -> a",
    ],
    [
      "a: [{id: x, pipeline: b}], b: [{id: y, pipeline: c}], c: [{id: z, pipeline: b}]",
      "ail:pipeline/circular-reference",
      "b -> c -> b",
    ],
  ] as const
) {
  Deno.test(`s10: refused though nobody calls it: ${named}`, () => {
    const [fault] = faultsOf(FILE(named, "{id: main, prompt: main}"));
    assert.equal(fault?.type, type);
    assert.ok(fault.detail.includes(part), fault.detail);
  });
}

Deno.test("s10: two ways to one name are no cycle", () => {
  const text = FILE(
    "a: [{id: x, pipeline: c}], b: [{id: y, pipeline: c}], c: [{id: z, prompt: z}]",
    "{id: m, pipeline: a}, {id: n, pipeline: b}",
  );
  assert.equal(run(text).outcome.end.kind, "completed");
});

Deno.test("s10: with FROM both files' names are there, the child's stand, and the base calls the child's", () => {
  const base = FILE(
    "own: [{id: o, prompt: base own}], kept: [{id: k, prompt: kept}]",
    "{id: a, pipeline: own}",
  );
  const child =
    "FROM: ./base.yaml\npipelines: {own: [{id: o, prompt: child own}]}\npipeline: [{id: b, pipeline: kept}]\n";
  const ran = run(child, { files: { "/work/base.yaml": base }, ...echo });
  assert.deepEqual(ran.calls.slice(1).map(({ prompt }) => prompt), ["child own", "kept"]);
});

Deno.test("s10: a cycle that only both files together make is refused", () => {
  const base = FILE("a: [{id: x, pipeline: b}], b: [{id: y, prompt: y}]", "{id: m, pipeline: a}");
  const [fault] = faultsOf("FROM: ./base.yaml\npipelines: {b: [{id: y, pipeline: a}]}\n", {
    "/work/base.yaml": base,
  });
  assert.equal(fault?.type, "ail:pipeline/circular-reference");
});

Deno.test("s10: what is no name any more after a reload is a path", () => {
  const files: Record<string, string> = {
    "/work/p.ail.yaml": FILE(REVIEW, "{id: r, action: reload_self}, {id: a, pipeline: review}"),
  };
  const ran = run(null, {
    files,
    prompt: () => {
      files["/work/p.ail.yaml"] = FILE(
        "other: [{id: o, prompt: o}]",
        "{id: r, action: reload_self}, {id: a, pipeline: review}",
      );
      return "x";
    },
  });
  const { end } = ran.outcome;
  // Nothing is there.
  assert.equal(end.kind === "failed" && end.fault.type, "ail:config/file-not-found");
});
