/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { RENDERED_LINE_MAX_CHARS } from "../limits.ts";
import { createLineRenderer } from "./rendered_lines.ts";

function render(text: string, cut = text.length): readonly string[] {
  const renderer = createLineRenderer();
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += cut) lines.push(...renderer.push(text.slice(at, at + cut)));
  return [...lines, ...renderer.end()];
}

const CASES: readonly (readonly [string, string, readonly string[]])[] = [
  ["plain lines", "one\ntwo\r\nthree", ["one", "two", "three"]],
  ["colours", "\u001b[1;31mred\u001b[0m and \u001b[38;5;2mgreen\u001b[m\n", ["red and green"]],
  ["a progress bar", "10%\r50%\r100% done\n", ["100% done"]],
  ["a title, to BEL and to ST", "\u001b]0;title\u0007one\n\u001b]2;t\u001b\\two\n", ["one", "two"]],
  ["rows that are drawn", "\u001b[2J\u001b[1;1Hfirst row\u001b[2;1Hsecond\u001b[Kone", [
    "first row",
    "secondone",
  ]],
  ["gaps", "name\u001b[4Cvalue\n", ["name    value"]],
  ["a box that is drawn again", "╭──╮\n│ > hello │\n╰──╯\n│ > hello │\n", ["│ > hello │"]],
  ["character sets, keypad and reset", "\u001b(B\u001b=one\u001bctwo", ["one", "two"]],
  ["backspaces and tabs", "abd\bc\tx\n", ["abc  x"]],
  ["eight-bit codes and lone controls", "a\u009b31mb\u0000\u0007c\u0085d\n", ["abcd"]],
  ["letters of all kinds", "grüße 你好 🙂\n", ["grüße 你好 🙂"]],
];

for (const [what, text, lines] of CASES) {
  Deno.test(`${what} are lines without control codes, however the text is cut`, () => {
    assert.deepEqual(render(text), lines);
    const chars = [...text];
    const renderer = createLineRenderer();
    assert.deepEqual([...chars.flatMap((char) => renderer.push(char)), ...renderer.end()], lines);
  });
}

Deno.test("a line that never ends is bounded, and a code that never ends eats nothing but itself", () => {
  assert.deepEqual(render("x".repeat(10_000)).map(({ length }) => length), [RENDERED_LINE_MAX_CHARS]);
  assert.deepEqual(render(`a\u001b[${"1;".repeat(100_000)}mb`, 1_000), ["ab"]);
});

Deno.test("no text leaves a character that a terminal acts on", () => {
  const all = Array.from({ length: 0x2ff }, (_, code) => String.fromCharCode(code));
  const text = all.map((a, at) => `x${a}y\u001b${all[(at * 7) % all.length]}z`).join("");
  // deno-lint-ignore no-control-regex
  for (const line of render(text, 13)) assert.doesNotMatch(line, /[\u0000-\u001f\u007f-\u009f]/);
});
