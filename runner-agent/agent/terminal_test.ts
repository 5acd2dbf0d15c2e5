import assert from "node:assert/strict";
import { strokesOf } from "./terminal.ts";

Deno.test("signs that follow each other are pressed together, keys with names by themselves", () => {
  const cases: readonly (readonly [readonly string[], readonly (readonly string[])[]])[] = [
    [["l", "s", "Space", "é", "Enter", "Enter", "x"], [["l", "s", "Space", "é"], ["Enter"], ["Enter"], [
      "x",
    ]]],
    [["Escape", "Escape"], [["Escape"], ["Escape"]]],
    [["C-u", "a"], [["C-u"], ["a"]]],
    [["a", ";", "b"], [["a", "\\;", "b"]]],
    [["C-;"], [["C-\\;"]]],
    [[], []],
  ];
  for (const [keys, strokes] of cases) assert.deepEqual(strokesOf(keys), strokes, keys.join(" "));
});
