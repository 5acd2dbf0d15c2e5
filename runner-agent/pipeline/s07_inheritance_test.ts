import assert from "node:assert/strict";
import { faultsOf, load, loadFaults, run } from "../../test/fake/pipeline_run.ts";

const BASE = `version: "0.1"
defaults: {model: base, tools: {allow: [Read]}, sampling: {temperature: 1, top_p: 0.5}, provider: {base_url: "http://b", auth_token: t}}
pipelines: {shared: [{id: s, prompt: shared}], own: [{id: o, prompt: base}]}
pipeline:
  - {id: a, prompt: a}
  - {id: b, prompt: ./b.md}
  - {id: c, prompt: c}
`;
const CHILD = (rest: string) => `FROM: ./base/base.yaml\n${rest}`;
const files = { "/work/base/base.yaml": BASE, "/work/base/b.md": "text of b" };
const idsOf = (child: string) =>
  load({ files: { ...files, "/work/p.ail.yaml": CHILD(child) } }).steps.map(({ id }) => id);
const refusals = (child: string) =>
  faultsOf(CHILD(child), files).map(({ type, detail }) => `${type}: ${detail}`);

Deno.test("s07: steps are taken over, changed in place by hooks, and plain steps come last", () => {
  assert.deepEqual(idsOf("pipeline: [{id: d, prompt: d}]"), ["a", "b", "c", "d"]);
  assert.deepEqual(idsOf("pipeline: [{run_before: b, id: x, prompt: x}, {run_after: b, id: y, prompt: y}]"), [
    "a",
    "x",
    "b",
    "y",
    "c",
  ]);
  assert.deepEqual(idsOf("pipeline: [{disable: b}]"), ["a", "c"]);
  assert.deepEqual(idsOf("pipeline: [{override: b, prompt: other}]"), ["a", "b", "c"]);
  assert.deepEqual(idsOf("pipeline: [{run_before: b, id: x, prompt: x}, {disable: b}]"), ["a", "c"]);
});

Deno.test("s07: an override replaces the whole step, and has its id", () => {
  const pipeline = load({
    files: { ...files, "/work/p.ail.yaml": CHILD("pipeline: [{override: a, id: a, context: {shell: ls}}]") },
  });
  assert.equal(pipeline.steps[0]!.kind, "context_shell");
  assert.deepEqual(pipeline.steps[0]!.origin.hook, { kind: "override", target: "a" });
});

Deno.test("s08: what a base hooked is nearest to the target, and a grandchild may hook a grandparent's step", () => {
  const grand = load({
    files: {
      ...files,
      "/work/mid.yaml": CHILD("pipeline: [{run_before: b, id: m, prompt: m}]"),
      "/work/p.ail.yaml":
        "FROM: mid.yaml\npipeline: [{run_before: b, id: g, prompt: g}, {run_after: a, id: h, prompt: h}]",
    },
  });
  assert.deepEqual(grand.steps.map(({ id }) => id), ["a", "h", "g", "m", "b", "c"]);
  assert.deepEqual(grand.chain, ["/work/p.ail.yaml", "/work/mid.yaml", "/work/base/base.yaml"]);
});

Deno.test("s08: a child's hooks lie around all that its base put beside the target, and what hooks a hook lies nearer", () => {
  const grand = load({
    files: {
      ...files,
      "/work/mid.yaml": CHILD(
        "pipeline: [{run_before: b, id: m, prompt: m}, {run_after: b, id: n, prompt: n}, {run_before: c, id: o, prompt: o}]",
      ),
      "/work/top.yaml":
        "FROM: mid.yaml\npipeline: [{override: m, prompt: M}, {run_after: m, id: p, prompt: p}, {run_after: n, id: q, prompt: q}]",
      "/work/p.ail.yaml":
        "FROM: top.yaml\npipeline: [{run_before: b, id: r, prompt: r}, {run_before: m, id: s, prompt: s}, {run_after: b, id: t, prompt: t}, {run_after: n, id: u, prompt: u}]",
    },
  });
  assert.deepEqual(grand.steps.map(({ id }) => id).join(" "), "a r s m p b n q u t o c");
});

Deno.test("s07: defaults merge field by field, tools as a whole, and named pipelines of both are there", () => {
  const pipeline = load({
    files: {
      ...files,
      "/work/p.ail.yaml": CHILD(
        "defaults: {tools: {deny: [Bash]}, sampling: {top_p: 0.9}, provider: {auth_token: u}}\npipelines: {own: [{id: o, prompt: child}]}",
      ),
    },
  });
  assert.equal(pipeline.version, "0.1");
  assert.equal(pipeline.defaults.model, "base");
  assert.deepEqual(pipeline.defaults.tools, { isDisabled: false, allow: [], deny: ["Bash"] });
  assert.deepEqual(pipeline.defaults.sampling, { temperature: 1, top_p: 0.9 });
  assert.deepEqual([pipeline.defaults.provider!.baseUrl, pipeline.defaults.provider!.authToken], [
    "http://b",
    "u",
  ]);
  assert.deepEqual(Object.keys(pipeline.named), ["shared", "own"]);
  assert.equal(pipeline.named["own"]!.origin.path, "/work/p.ail.yaml");
});

Deno.test("s07: paths of a step are relative to the file that it was written in", () => {
  const ran = run(CHILD("pipeline: [{disable: a}, {disable: c}]"), { files });
  assert.equal(ran.calls[1]!.prompt, "text of b");
});

for (
  const [child, part] of [
    ["pipeline: [{run_before: z, id: x, prompt: x}]", "'z' is none of a, b, c"],
    ["pipeline: [{run_before: a, run_after: b, id: x, prompt: x}]", "multiple hook operations"],
    ["pipeline: [{disable: a}, {disable: a}]", "Duplicate"],
    ["pipeline: [{override: a, id: z, prompt: x}]", "must have its id or none"],
    ["pipeline: [{run_before: a, prompt: x}]", "must declare an 'id'"],
    ["pipeline: [{id: x, prompt: x}, {run_after: x, id: y, prompt: y}]", "'x' is none of"],
    ["pipeline: [{id: a, prompt: x}]", "stands twice"],
  ] as const
) {
  Deno.test(`s07: refused: ${child}`, () => {
    const found = refusals(child);
    assert.ok(found[0]!.startsWith("ail:config/validation-failed: "), found.join());
    assert.ok(found[0]!.includes(part), found.join("\n"));
  });
}

Deno.test("s07: a hook in a file without FROM is refused, and names both", () => {
  const [fault] = faultsOf(
    `version: "0.1"\npipeline: [{id: a, prompt: a}, {run_before: a, id: b, prompt: b}]\n`,
  );
  assert.match(fault!.detail, /hook operation.*FROM/);
});

Deno.test("s07: files that lead to themselves are refused with the way that they take", () => {
  const loaded = loadFaults({
    files: { "/work/p.ail.yaml": "FROM: q.yaml\n", "/work/q.yaml": "FROM: ./p.ail.yaml\n" },
  });
  assert.ok(Array.isArray(loaded));
  assert.equal(loaded[0].type, "ail:config/circular-inheritance");
  assert.match(
    loaded[0].detail,
    /circular inheritance detected: \/work\/p\.ail\.yaml → \/work\/q\.yaml → \/work\/p\.ail\.yaml/,
  );
});

Deno.test("s07: a base that is not there is a fault at the line of FROM", () => {
  const [fault] = faultsOf("meta: {name: x}\nFROM: gone.yaml\n");
  assert.equal(fault!.type, "ail:config/file-not-found");
  assert.equal(fault!.place!.line, 2);
});
