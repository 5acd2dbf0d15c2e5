import assert from "node:assert/strict";
import { drive, load, SURROUNDINGS } from "../../test/fake/pipeline_run.ts";
import type { Pipeline } from "./ast.ts";
import { faultText } from "./fault.ts";
import { loadPipeline } from "./load.ts";
import { materialize } from "./materialize.ts";

const NAMED = "/work/named.yaml";
const PROJECT = "/work/.ail/one/default.yaml";
const USER = "/home/me/.config/ail/default.yaml";
const file = (steps: string) => `version: "0.1"\npipeline: [${steps}]\n`;
const plain = (id: string) => `{id: ${id}, prompt: ${id}}`;
const before = (target: string, id: string) => `{run_before: ${target}, id: ${id}, prompt: ${id}}`;
const after = (target: string, id: string) => `{run_after: ${target}, id: ${id}, prompt: ${id}}`;

/** As a desk loads what discovery found. */
function stacked(files: Record<string, string>, path = NAMED, isStacked = true): Pipeline | string {
  const scope = { isStacked, hasUserProviders: true };
  const loaded = drive(loadPipeline(path, SURROUNDINGS, scope), { files });
  return loaded.ok ? loaded.value : loaded.error.map(faultText).join("\n");
}
const order = (...args: Parameters<typeof stacked>) => {
  const loaded = stacked(...args);
  return typeof loaded === "string" ? loaded : loaded.steps.map(({ id }) => id).join(" ");
};

const ALL = {
  [NAMED]: file(`${before("b", "n1")}, ${after("b", "n2")}, ${plain("n3")}`),
  [PROJECT]: file(`${before("b", "p1")}, ${after("b", "p2")}`),
  [USER]: file(`${plain("a")}, ${plain("b")}, ${plain("c")}`),
};

const DESK = { [NAMED]: ALL[NAMED], [USER]: ALL[USER] };

for (
  const [rule, files, path, expected] of [
    ["three layers are an onion, the innermost first", ALL, NAMED, "a n1 p1 b p2 n2 c n3"],
    ["the project's file lies over the user's", ALL, PROJECT, "a p1 b p2 c"],
    ["without a project's file the named one lies over the user's", DESK, NAMED, "a n1 b n2 c n3"],
    [
      "a file without hooks replaces what is below",
      { ...ALL, [PROJECT]: file(`${plain("x")}, ${plain("b")}`) },
      NAMED,
      "x n1 b n2 n3",
    ],
    ["a named file without hooks replaces all", { ...ALL, [NAMED]: file(plain("x")) }, NAMED, "x"],
    [
      "override and disable reach down through the layers",
      { ...ALL, [NAMED]: file(`{override: p1, prompt: P}, {disable: c}`) },
      NAMED,
      "a p1 b p2",
    ],
    [
      "a layer may take over another file by FROM, with no layer below that",
      {
        ...ALL,
        [PROJECT]: `FROM: ../base.yaml\npipeline: [${before("b", "p")}]`,
        "/work/.ail/base.yaml": ALL[USER]!,
      },
      NAMED,
      "a n1 p b n2 c n3",
    ],
    [
      "of several in the project the marked one is the layer",
      { ...ALL, "/work/.ail/two/x.yaml": file(plain("b")), "/work/.ail/default": "two/x.yaml" },
      NAMED,
      "n1 b n2 n3",
    ],
    [
      "one of several lies over the user's, not over its neighbours",
      { ...ALL, "/work/.ail/two/x.yaml": file(plain("b")) },
      PROJECT,
      "a p1 b p2 c",
    ],
  ] as const
) {
  Deno.test(`s08: ${rule}`, () => assert.equal(order(files, path), expected));
}

Deno.test("s08: what is not the target's layer does not count: the file that was used last", () => {
  const last = "/home/me/.ail/projects/hash/last_pipeline";
  assert.equal(
    order({ ...ALL, [last]: "/work/other.yaml", "/work/other.yaml": file(plain("z")) }),
    "a n1 p1 b p2 n2 c n3",
  );
});

for (
  const [what, files, path, isStacked] of [
    ["with nothing below", { [NAMED]: ALL[NAMED] }, NAMED, true],
    ["in the user's own file", { ...ALL, [USER]: file(before("b", "x")) }, USER, true],
    ["in a file that is called, or of a station", ALL, NAMED, false],
    [
      "in a base of FROM",
      { ...ALL, [NAMED]: `FROM: ./base.yaml\npipeline: [${plain("x")}]`, "/work/base.yaml": ALL[NAMED] },
      NAMED,
      true,
    ],
  ] as const
) {
  Deno.test(`s08: a hook ${what} is the fault it was`, () => {
    assert.match(order(files, path, isStacked), /is a hook operation, which needs a file with FROM/);
  });
}

Deno.test("s08: several pipelines below, none of them marked, are told with their paths", () => {
  const files = { ...ALL, "/work/.ail/two/x.yaml": file(plain("b")) };
  assert.match(
    order(files),
    /validation-failed\] .* need one pipeline below: .*one\/default\.yaml, .*two\/x\.yaml/,
  );
});

Deno.test("s08: a target that is in no layer is told with those that are", () => {
  const files = { ...ALL, [NAMED]: file(before("zz", "x")) };
  assert.match(order(files), /'zz' is none of a, p1, b, p2, c/);
});

Deno.test("s08: a layer that takes over the file above it is a circle", () => {
  assert.match(
    order({ ...ALL, [PROJECT]: `FROM: ${NAMED}\npipeline: [${plain("x")}]` }),
    /circular inheritance detected: \/work\/named\.yaml → .*default\.yaml → \/work\/named\.yaml/,
  );
});

Deno.test("s08: defaults and providers of the layers are merged like those of a base", () => {
  const loaded = stacked({
    ...ALL,
    [NAMED]: `defaults: {model: mine}\npipeline: [${before("b", "x")}]`,
    [USER]: `${ALL[USER]}defaults: {model: theirs, timeout_seconds: 5}\n`,
    [PROJECT]: file(after("b", "y")),
  }) as Pipeline;
  assert.deepEqual([loaded.defaults.model, loaded.defaults.timeoutMs, loaded.version], [
    "mine",
    5_000,
    "0.1",
  ]);
});

Deno.test("s08: materialize says which layers there were and which step is of which, and its text stands alone", () => {
  const pipeline = stacked(ALL) as Pipeline;
  const text = materialize(pipeline, { isExpanded: false, surroundings: SURROUNDINGS });
  assert.ok(text.ok);
  assert.ok(
    text.value.startsWith(`# source: ${NAMED}\n# over: ${PROJECT}\n# over: ${USER}\n`),
    text.value.slice(0, 200),
  );
  assert.match(text.value, /origin: \[1\] \/work\/named\.yaml \(run_before: b\)/);
  assert.match(text.value, /origin: \[2\] \/home\/me\/\.config\/ail\/default\.yaml\n/);
  const again = load({ files: { "/else/one.yaml": text.value } }, "/else/one.yaml");
  assert.deepEqual(again.steps.map(({ id }) => id), pipeline.steps.map(({ id }) => id));
});
