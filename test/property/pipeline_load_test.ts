/** Whatever the text, loading it ends soon, with a pipeline or with faults that have a type and a sentence. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { faultsOf, loadFaults } from "../fake/pipeline_run.ts";
import { FAULT_TYPES } from "../../runner-agent/pipeline/fault.ts";
import { STEP_FIELDS } from "../../runner-agent/pipeline/shape_tables.ts";

/** The rest of the made-up texts is in `pipeline_fuzz_test.ts`. */
const RUNS = 4_000;
const scalar = fc.constantFrom(
  "a",
  "./x",
  "1",
  "1.5",
  "-1",
  "true",
  "null",
  "",
  "'{{ step.a.response }}'",
  '"{{"',
  "always",
  "a == b",
  "a matches /(/",
  "[]",
  "{}",
  "*x",
  "&x a",
  "|",
  ">",
  "- a",
  "pipeline: ./p",
  "~",
);
const key = fc.constantFrom(...Object.keys(STEP_FIELDS), "x-note", "promt", "__proto__", "constructor");
const value: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar,
    fc.array(tie("value"), { maxLength: 3 }).map((items) => `[${items.join(", ")}]`),
    fc.array(fc.tuple(key, tie("value")), { maxLength: 4 }).map((pairs) =>
      `{${pairs.map((pair) => pair.join(": ")).join(", ")}}`
    ),
  ),
})).value;
const step = fc.array(fc.tuple(key, value), { maxLength: 5 })
  .map((pairs) => `{id: s, prompt: p, ${pairs.map((pair) => pair.join(": ")).join(", ")}}`);
const file = fc.tuple(
  fc.array(step, { maxLength: 3 }),
  fc.array(fc.tuple(fc.constantFrom("defaults", "pipelines", "providers", "FROM", "meta"), value), {
    maxLength: 2,
  }),
)
  .map(([steps, rest]) =>
    `version: "0.1"\n${rest.map((pair) => `${pair.join(": ")}\n`).join("")}pipeline: [${steps.join(", ")}]\n`
  );

function holds(text: string): void {
  const beganMs = performance.now();
  const loaded = loadFaults({ files: { "/work/p.ail.yaml": text } });
  if (Array.isArray(loaded)) {
    assert.ok(loaded.length > 0);
    for (const { type, detail } of loaded) assert.ok(FAULT_TYPES.includes(type) && detail.length > 0);
  }
  // Far above what any takes: only that none hangs.
  assert.ok(performance.now() - beganMs < 10_000, text);
}

Deno.test("files of the right shape with anything in them", () => {
  fc.assert(fc.property(file, holds), { numRuns: RUNS / 2 });
});

Deno.test("texts of any kind", () => {
  const piece = fc.constantFrom(
    "version: ",
    '"0.1"',
    "\n",
    "  ",
    "- ",
    "pipeline:",
    "id: a",
    "{",
    "}",
    "[",
    "]",
    "&a ",
    "*a",
    ": ",
    "|",
    ">",
    "#",
    "'",
    '"',
    "\t",
    "\u0000",
    "%YAML 1.1",
    "---",
    "...",
    "!!js/function",
    "<<: ",
    "? ",
    "é",
    "\ud800",
  );
  fc.assert(fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => holds(pieces.join(""))), {
    numRuns: RUNS / 2,
  });
});

for (
  const [name, text] of [
    ["brackets without end", "[".repeat(100_000)],
    ["maps without end", "{a: ".repeat(50_000)],
    ["lists in lists", "- ".repeat(50_000)],
    ["indented for ever", Array.from({ length: 500 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n")],
    [
      "aliases of aliases",
      [
        "a: &a [x, x, x, x, x, x, x, x, x]",
        ...[..."bcdefghijklm"].map((name, index) =>
          `${name}: &${name} [${Array(9).fill(`*${"abcdefghijklm"[index]}`).join(", ")}]`
        ),
      ].join("\n"),
    ],
    ["an alias of itself", "a: &a [*a]"],
    ["a scalar of a megabyte", `version: "${"x".repeat(990_000)}"`],
    ["a file that is too large", "x".repeat(1_000_001)],
    ["thousands of keys", Array.from({ length: 5_000 }, (_, index) => `k${index}: v`).join("\n")],
    [
      "thousands of steps",
      `version: "0.1"\npipeline:\n${
        Array.from({ length: 1_000 }, (_, index) => `  - {id: s${index}, prompt: p}`).join("\n")
      }`,
    ],
  ] as const
) {
  Deno.test(`what exhausts others ends here: ${name}`, () => holds(text));
}

Deno.test("a thousand steps load, and ten thousand aliases of one value are refused", () => {
  assert.deepEqual(
    faultsOf(
      `version: "0.1"\npipeline:\n${
        Array.from({ length: 1_000 }, (_, index) => `  - {id: s${index}, prompt: p}`).join("\n")
      }`,
    ),
    [],
  );
});

Deno.test("files whose loops name each other do not grow without end", () => {
  const loops = (count: number, body: string) =>
    `version: "0.1"\npipeline: [${
      Array.from({ length: count }, (_, n) => `{id: s${n}, for_each: {over: "[]", pipeline: ${body}}}`).join(
        ", ",
      )
    }]\n`;
  const files: Record<string, string> = {
    "/work/b0.yaml": 'version: "0.1"\npipeline: [{id: a, prompt: p}]\n',
  };
  for (let level = 1; level <= 6; level++) files[`/work/b${level}.yaml`] = loops(20, `b${level - 1}.yaml`);
  const detailOf = (world: Record<string, string>, path: string) => {
    const loaded = loadFaults({ files: world }, path);
    return Array.isArray(loaded) ? loaded[0].detail : "";
  };
  assert.match(detailOf(files, "/work/b6.yaml"), /may have 20000 steps in all/);
  assert.equal(detailOf(files, "/work/b3.yaml"), "");
  // Each of many files names all of the next many: they are few, and would be read very often.
  const wide: Record<string, string> = {};
  for (let level = 0; level < 6; level++) {
    for (let n = 0; n < 8; n++) {
      const next = Array.from(
        { length: 8 },
        (_, at) => `{id: s${at}, for_each: {over: "[]", pipeline: w${level + 1}_${at}.yaml}}`,
      );
      wide[`/work/w${level}_${n}.yaml`] = level === 5
        ? files["/work/b0.yaml"]!
        : `version: "0.1"\npipeline: [${next.join(", ")}]\n`;
    }
  }
  assert.match(detailOf(wide, "/work/w0_0.yaml"), /may be in 256 files/);
});
