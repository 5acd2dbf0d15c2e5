/** The quick reader of cards against their schema: whatever it reads, the schema reads to the same value. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  DESCRIPTION_MAX_BYTES,
  LABEL_MAX_CHARS,
  LABELS_MAX,
  TITLE_MAX_CHARS,
} from "../../protocol/limits.ts";
import { taskCard } from "../../protocol/line/task.ts";
import { quickCard } from "../../worker/domain/quick_card.ts";

const odd = fc.constantFrom(null, true, 0, 1.5, "", " ", "high", [], {}, [[]], ["a", "a"], ["", "a"]);
const mostly = (right: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 12, arbitrary: right }, { weight: 1, arbitrary: odd });
const rarely = (value: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
const size = (max: number, char = "x") => fc.constantFrom(char.repeat(max), char.repeat(max + 1));
const label = fc.oneof(fc.string(), fc.constantFrom("a", "b"), size(LABEL_MAX_CHARS));
const longText = fc.oneof(size(DESCRIPTION_MAX_BYTES), size(DESCRIPTION_MAX_BYTES / 2, "é"));
const card = fc.record({
  title: mostly(
    fc.oneof({ weight: 8, arbitrary: fc.string({ minLength: 1 }) }, {
      weight: 1,
      arbitrary: size(TITLE_MAX_CHARS),
    }, { weight: 1, arbitrary: fc.constantFrom(" a", "a\u00a0", "\ufeffa") }),
  ),
  description: mostly(fc.oneof({ weight: 8, arbitrary: fc.string() }, { weight: 1, arbitrary: longText })),
  priority: mostly(fc.constantFrom("low", "medium", "high")),
  labels: mostly(fc.oneof(
    fc.array(label, { maxLength: 5 }),
    fc.constantFrom(LABELS_MAX, LABELS_MAX + 1).map((count) =>
      Array.from({ length: count }, (_, n) => `${n}`)
    ),
  )),
  columnId: rarely(fc.constantFrom("a", 1)),
  stationId: rarely(fc.constantFrom("a", 1)),
  surprise: rarely(odd),
}, { requiredKeys: [] });

Deno.test("a card that is read quickly is what the schema reads", () => {
  let reads = 0;
  fc.assert(
    fc.property(fc.oneof({ weight: 30, arbitrary: card }, { weight: 1, arbitrary: odd }), (made) => {
      const json = JSON.parse(JSON.stringify(made));
      const quick = quickCard(json);
      if (quick === null) return;
      reads++;
      const parsed = taskCard.safeParse(json);
      assert.ok(parsed.success, JSON.stringify(json));
      assert.deepEqual(quick, parsed.data);
    }),
    { numRuns: 10_000 },
  );
  assert.ok(reads > 1_500, `only ${reads} were read`);
});

Deno.test("a card with a field that looks like a prototype is left to the schema", () => {
  assert.equal(quickCard(JSON.parse('{"title":"t","__proto__":{"title":"u"}}')), null);
  assert.equal(quickCard(JSON.parse('{"__proto__":{"title":"u"}}')), null);
});

Deno.test("cards as people submit them are read quickly", () => {
  assert.ok(quickCard({ title: "t" }));
  assert.ok(
    quickCard({ title: "Fix it", description: "what\nand why", priority: "high", labels: ["a", "b"] }),
  );
});
