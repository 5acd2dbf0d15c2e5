/** FROM: what a chain of files comes to (Pipeline s07, s08). */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Defaults, Pipeline } from "../../runner-agent/pipeline/ast.ts";
import { mergeDefaults } from "../../runner-agent/pipeline/inherit.ts";
import { materialize } from "../../runner-agent/pipeline/materialize.ts";
import { load, SURROUNDINGS } from "../fake/pipeline_run.ts";

const RUNS = 100;
const word = fc.constantFrom("x", "y", "z");
const sampling = fc.record({
  temperature: fc.constantFrom(0, 1),
  top_k: fc.constantFrom(1, 2),
  stop_sequences: fc.constantFrom(["a"], ["b", "c"]),
}, { requiredKeys: [] });
const defaults = fc.record({
  model: word,
  provider: fc.record(
    { model: word, base_url: word, read_timeout_seconds: fc.constantFrom(1, 2), sampling },
    {
      requiredKeys: [],
    },
  ),
  timeout_seconds: fc.constantFrom(1, 2),
  tools: fc.record({ allow: fc.array(word), deny: fc.array(word) }, { requiredKeys: [] }),
  max_concurrency: fc.constantFrom(1, 2),
  sampling,
}, { requiredKeys: [] });

interface Level {
  readonly defaults: object;
  readonly meta: object;
  readonly pipelines: Readonly<Record<string, unknown>>;
  readonly hooks: readonly (readonly ["disable" | "override" | "run_before" | "run_after", number])[];
  readonly plain: number;
}

const level: fc.Arbitrary<Level> = fc.record({
  defaults,
  meta: fc.record({ name: word, author: word }, { requiredKeys: [] }),
  pipelines: fc.dictionary(word, word.map((prompt) => [{ id: "n", prompt }]), {
    noNullPrototype: true,
    maxKeys: 2,
  }),
  hooks: fc.uniqueArray(
    fc.tuple(fc.constantFrom("disable", "override", "run_before", "run_after"), fc.nat({ max: 20 })),
    { maxLength: 5, selector: ([kind, at]) => `${kind} ${at}` },
  ),
  plain: fc.integer({ min: 0, max: 2 }),
});
const root = fc.record({
  defaults,
  meta: fc.constant({}),
  pipelines: fc.constant({}),
  count: fc.integer({ min: 2, max: 4 }),
});

const rootText = ({ count, ...rest }: Omit<Level, "hooks" | "plain"> & { readonly count: number }) =>
  JSON.stringify({
    version: "1",
    ...rest,
    pipeline: Array.from({ length: count }, (_, at) => ({ id: `r${at}`, prompt: `root ${at}` })),
  });

/** A file that takes over another, with hooks on steps that the other has. */
function levelText(
  name: string,
  from: string,
  ids: readonly string[],
  { hooks, plain, ...rest }: Level,
): string {
  const seen = new Set<string>();
  const steps = hooks.flatMap(([kind, at], index): object[] => {
    const target = ids[at % ids.length]!;
    // Not all may go, and one hook of a kind may be on a step.
    if (seen.has(`${kind} ${target}`) || (kind === "disable" && target === ids[0])) return [];
    seen.add(`${kind} ${target}`);
    if (kind === "disable") return [{ disable: target }];
    return [{
      [kind]: target,
      ...(kind === "override" ? {} : { id: `${name}${index}` }),
      prompt: `${name} ${kind} ${target}`,
    }];
  });
  const own = Array.from(
    { length: plain },
    (_, at) => ({ id: `${name}p${at}`, prompt: `${name} plain ${at}` }),
  );
  return JSON.stringify({ FROM: from, ...rest, pipeline: [...steps, ...own] });
}

function withoutOrigin({ version, meta, defaults, steps, named }: Pipeline): unknown {
  const text = JSON.stringify(
    { version, meta, defaults, steps, named },
    (key, value) => key === "origin" ? undefined : value,
  );
  return JSON.parse(text);
}

Deno.test("merging a chain from its base on is the same wherever it is begun: a file may stand for the chain that it ends", () => {
  fc.assert(
    fc.property(root, level, level, (base, middle, top) => {
      const files: Record<string, string> = { "/work/a.yaml": rootText(base) };
      const idsOf = (path: string) => load({ files }, path).steps.map(({ id }) => id);
      files["/work/b.yaml"] = levelText("b", "a.yaml", idsOf("/work/a.yaml"), middle);
      // What the middle put beside a step lies nearer to it than what the top puts there: only the chain knows that it did.
      const beside = load({ files }, "/work/b.yaml").steps.flatMap(({ origin }) => origin.hook?.target ?? []);
      const ids = idsOf("/work/b.yaml").filter((id) => !beside.includes(id));
      fc.pre(ids.length > 0);
      files["/work/c.yaml"] = levelText("c", "b.yaml", ids, top);
      const whole = load({ files }, "/work/c.yaml");
      assert.deepEqual(whole.chain, ["/work/c.yaml", "/work/b.yaml", "/work/a.yaml"]);
      const two = materialize(load({ files }, "/work/b.yaml"), {
        isExpanded: false,
        surroundings: SURROUNDINGS,
      });
      assert.ok(two.ok);
      files["/work/ab.yaml"] = two.value;
      files["/work/d.yaml"] = levelText("c", "ab.yaml", ids, top);
      assert.deepEqual(withoutOrigin(load({ files }, "/work/d.yaml")), withoutOrigin(whole));
    }),
    { numRuns: RUNS },
  );
});

Deno.test("defaults are merged field by field, in any grouping, and nothing changes them by merging nothing", () => {
  const read = (given: object): Defaults =>
    load({
      files: {
        "/work/p.ail.yaml": JSON.stringify({
          version: "1",
          defaults: given,
          pipeline: [{ id: "a", prompt: "p" }],
        }),
      },
    }).defaults;
  const none = read({});
  fc.assert(
    fc.property(defaults, defaults, defaults, (first, second, third) => {
      const [a, b, c] = [read(first), read(second), read(third)];
      assert.deepEqual(mergeDefaults(mergeDefaults(a, b), c), mergeDefaults(a, mergeDefaults(b, c)));
      assert.deepEqual(mergeDefaults(a, none), a);
      assert.deepEqual(mergeDefaults(none, a), a);
    }),
    { numRuns: RUNS },
  );
});

Deno.test("what a file puts beside a step lies around what its bases put there", () => {
  fc.assert(
    fc.property(root, fc.integer({ min: 1, max: 5 }), fc.nat(), (base, levels, at) => {
      const target = `r${at % base.count}`;
      const files: Record<string, string> = { "/work/l0.yaml": rootText(base) };
      for (let level = 1; level <= levels; level++) {
        files[`/work/l${level}.yaml`] = JSON.stringify({
          FROM: `l${level - 1}.yaml`,
          pipeline: [
            { run_before: target, id: `before${level}`, prompt: "b" },
            { run_after: target, id: `after${level}`, prompt: "a" },
          ],
        });
      }
      const ids = load({ files }, `/work/l${levels}.yaml`).steps.map(({ id }) => id);
      const counted = Array.from({ length: levels }, (_, level) => level + 1);
      const onion = [
        ...counted.toReversed().map((level) => `before${level}`),
        target,
        ...counted.map((level) => `after${level}`),
      ];
      const from = ids.indexOf(onion[0]!);
      assert.deepEqual(ids.slice(from, from + onion.length), onion);
      assert.equal(ids.length, base.count + 2 * levels);
    }),
    { numRuns: RUNS / 2 },
  );
});

Deno.test("hooks of a file do the same in whatever order they stand in it", () => {
  const shuffled = fc.tuple(root, level, fc.infiniteStream(fc.nat()));
  fc.assert(
    fc.property(shuffled, ([base, top, stream]) => {
      const files: Record<string, string> = { "/work/a.yaml": rootText(base) };
      const ids = load({ files }, "/work/a.yaml").steps.map(({ id }) => id);
      const text = levelText("b", "a.yaml", ids, { ...top, plain: 0 });
      const file = JSON.parse(text) as { pipeline: object[] };
      const pipeline = [...file.pipeline].map((step) => ({ step, at: stream.next().value! }))
        .sort((one, other) => one.at - other.at).map(({ step }) => step);
      files["/work/b.yaml"] = text;
      files["/work/c.yaml"] = JSON.stringify({ ...file, pipeline });
      assert.deepEqual(
        withoutOrigin(load({ files }, "/work/c.yaml")),
        withoutOrigin(load({ files }, "/work/b.yaml")),
      );
    }),
    { numRuns: RUNS },
  );
});
