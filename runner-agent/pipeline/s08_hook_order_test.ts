import assert from "node:assert/strict";
import fc from "fast-check";
import { load, loadFaults, run } from "../../test/fake/pipeline_run.ts";
import { faultText } from "./fault.ts";

/** The order after the base `a b c` was changed by a middle file and by the file that is loaded. */
function order(middle: string, child: string): string {
  const loaded = loadFaults({
    files: {
      "/work/base.yaml":
        'version: "0.1"\npipeline: [{id: a, prompt: a}, {id: b, prompt: b}, {id: c, prompt: c}]\n',
      "/work/middle.yaml": `FROM: ./base.yaml\npipeline: [${middle}]\n`,
      "/work/p.ail.yaml": `FROM: ./middle.yaml\npipeline: [${child}]\n`,
    },
  });
  if (Array.isArray(loaded)) return loaded.map(faultText).join("\n");
  return (loaded as ReturnType<typeof load>).steps.map(({ id }) => id).join(" ");
}

const before = (target: string, id: string) => `{run_before: ${target}, id: ${id}, prompt: ${id}}`;
const after = (target: string, id: string) => `{run_after: ${target}, id: ${id}, prompt: ${id}}`;
const plain = (id: string) => `{id: ${id}, prompt: ${id}}`;

for (
  const [rule, middle, child, expected] of [
    ["the base's hook stands nearest", before("b", "m"), before("b", "x"), "a x m b c"],
    ["and so it does after the target", after("b", "m"), after("b", "x"), "a b m x c"],
    [
      "both sides are an onion",
      `${before("b", "m")}, ${after("b", "n")}`,
      `${before("b", "x")}, ${after("b", "y")}`,
      "a x m b n y c",
    ],
    ["a hook may hook what a base's hook put in", before("b", "m"), after("m", "x"), "a m x b c"],
    ["plain steps come last, the base's first", plain("m"), `${plain("x")}, ${plain("y")}`, "a b c m x y"],
    ["a hook may hook a base's plain step", plain("m"), before("m", "x"), "a b c x m"],
    [
      "an override stands where its target stood, hooks around it",
      before("b", "m"),
      `{override: b, prompt: B}, ${after("b", "x")}`,
      "a m b x c",
    ],
    [
      "a base's hook may be taken out again",
      `${before("b", "m")}, ${after("b", "n")}`,
      "{disable: m}",
      "a b n c",
    ],
    [
      "what is disabled takes hooks of its file with it",
      before("b", "m"),
      `{disable: b}, ${before("b", "x")}, ${after("b", "y")}`,
      "a m c",
    ],
    ["each level may use one operation on one target once", before("a", "m"), before("a", "x"), "x m a b c"],
    ["hooks at the ends are at the ends", after("c", "m"), before("a", "x"), "x a b c m"],
  ] as const
) {
  Deno.test(`s08: ${rule}`, () => assert.equal(order(middle, child), expected));
}

for (
  const [middle, child, part] of [
    ["{disable: b}", before("b", "x"), "'b' is none of a, c"],
    ["", `${before("b", "x")}, ${before("b", "y")}`, "Duplicate"],
    ["", `${plain("x")}, ${before("x", "y")}`, "'x' is none of a, b, c"],
    ["", `${before("b", "x")}, ${after("x", "y")}`, "'x' is none of a, b, c"],
    [before("b", "m"), before("b", "m"), "stands twice"],
  ] as const
) {
  Deno.test(`s08: refused: after [${middle}] the hooks [${child}]`, () => {
    const told = order(middle, child);
    assert.ok(told.startsWith("[ail:config/validation-failed]") && told.includes(part), told);
  });
}

Deno.test("s08: the order within a file changes nothing but the order of plain steps", () => {
  const hooks = [
    before("a", "p"),
    after("a", "q"),
    before("m", "r"),
    after("m", "s"),
    "{override: b, prompt: B}",
    "{disable: c}",
  ];
  const expected = order(before("b", "m"), hooks.join(", "));
  assert.equal(expected, "p a q r m s b");
  fc.assert(
    fc.property(fc.shuffledSubarray(hooks, { minLength: hooks.length }), (shuffled) => {
      assert.equal(order(before("b", "m"), shuffled.join(", ")), expected);
    }),
    { numRuns: 50 },
  );
});

Deno.test("s08: steps run in the order of the onion, and each sees what those before it left", () => {
  const ran = run("FROM: ./middle.yaml\npipeline: [{run_before: b, id: x, prompt: x}]\n", {
    files: {
      "/work/base.yaml":
        `version: "0.1"\npipeline: [{id: a, prompt: a}, {id: b, prompt: "{{ step.m.response }}!"}]\n`,
      "/work/middle.yaml":
        'FROM: ./base.yaml\npipeline: [{run_before: b, id: m, prompt: "{{ step.x.response }}?"}]\n',
    },
    prompt: ({ prompt }) => prompt,
  });
  assert.deepEqual(ran.calls.slice(1).map(({ prompt }) => prompt), ["a", "x", "x?", "x?!"]);
});
