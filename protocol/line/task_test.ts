import assert from "node:assert/strict";
import { DESCRIPTION_MAX_BYTES, LABEL_MAX_CHARS, LABELS_MAX, TITLE_MAX_CHARS } from "../limits.ts";
import { taskCard } from "./task.ts";

function faultsAt(input: unknown): string[] {
  const parsed = taskCard.safeParse(input);
  return parsed.success ? [] : parsed.error.issues.map((issue) => issue.path.join(".") || "card");
}

Deno.test("a card with only a title gets the defaults of the spec (Line 2.5)", () => {
  assert.deepEqual(taskCard.parse({ title: "Tidy" }), {
    title: "Tidy",
    description: "",
    priority: "medium",
    labels: [],
  });
});

Deno.test("a full card comes through, with its title trimmed and its labels once each", () => {
  const card = {
    title: "Tidy",
    description: "# All\n",
    priority: "high",
    labels: ["a", "b"],
    columnId: "check",
  };
  assert.deepEqual(taskCard.parse({ ...card, title: "  Tidy ", labels: ["a", "b", "a"] }), card);
});

Deno.test("'stationId' is another spelling of 'columnId', and both must agree", () => {
  assert.equal(taskCard.parse({ title: "T", stationId: "b" }).columnId, "b");
  assert.equal(taskCard.parse({ title: "T", stationId: "b", columnId: "b" }).columnId, "b");
  assert.deepEqual(faultsAt({ title: "T", stationId: "a", columnId: "b" }), ["stationId"]);
});

Deno.test("what does not fit is refused where it stands", async (t) => {
  const cases: [unknown, string][] = [
    [{}, "title"],
    [{ title: "" }, "title"],
    [{ title: "   " }, "title"],
    [{ title: 1 }, "title"],
    [{ title: "x".repeat(TITLE_MAX_CHARS + 1) }, "title"],
    [{ title: "T", description: null }, "description"],
    [{ title: "T", description: `${"é".repeat(DESCRIPTION_MAX_BYTES / 2)}x` }, "description"],
    [{ title: "T", priority: "urgent" }, "priority"],
    [{ title: "T", labels: "a" }, "labels"],
    [{ title: "T", labels: [""] }, "labels.0"],
    [{ title: "T", labels: ["x".repeat(LABEL_MAX_CHARS + 1)] }, "labels.0"],
    [{ title: "T", labels: Array(LABELS_MAX + 1).fill("x") }, "labels"],
    [{ title: "T", columnId: "a b" }, "columnId"],
    [{ title: "T", colour: "red" }, "card"],
    [JSON.parse(`{"title":"T","__proto__":{"priority":"high"}}`), "card"],
    [JSON.parse(`{"__proto__":{"title":"T"}}`), "title"],
    [null, "card"],
    [[], "card"],
    ["T", "card"],
  ];
  for (const [input, path] of cases) {
    await t.step(`${JSON.stringify(input)?.slice(0, 60)} at ${path}`, () => {
      assert.ok(faultsAt(input).includes(path), `came ${JSON.stringify(faultsAt(input))}`);
    });
  }
});

Deno.test("a title and a description may fill their bounds", () => {
  const card = { title: "x".repeat(TITLE_MAX_CHARS), description: "é".repeat(DESCRIPTION_MAX_BYTES / 2) };
  assert.deepEqual(faultsAt(card), []);
});
