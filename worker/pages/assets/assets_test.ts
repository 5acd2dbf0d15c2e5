/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { SCRIPTS } from "./scripts.ts";
import { STYLE } from "./style.ts";

const SCRIPT_MAX_BYTES = 5_000;
/** WCAG 2 AA for text of ordinary size. */
const CONTRAST_MIN = 4.5;

Deno.test("every script is small, and none makes markup from data", () => {
  for (const [name, text] of Object.entries(SCRIPTS)) {
    assert.ok(new TextEncoder().encode(text).length < SCRIPT_MAX_BYTES, name);
    assert.doesNotMatch(text, /innerHTML\s*=|insertAdjacentHTML|document\.write|eval\(/, name);
  }
});

for (const scheme of ["light", "dark"]) {
  Deno.test(`text has enough contrast on what it stands on, ${scheme}`, () => {
    const blocks = STYLE.split("@media (prefers-color-scheme: dark)");
    const colors = tokens(blocks[scheme === "light" ? 0 : 1]!.split("}")[0]!);
    const pairs: [string, string][] = [["on-accent", "accent"], ["surface", "good"]];
    for (const text of ["text", "soft", "link"]) {
      for (const ground of ["page", "surface", "sunk"]) pairs.push([text, ground]);
    }
    for (const tone of ["good", "bad", "wait", "busy"]) pairs.push([tone, `${tone}-bg`]);
    for (const tone of ["good", "bad"]) pairs.push([tone, "surface"], ["surface", tone]);
    pairs.push(["page", "text"]);
    for (const [text, ground] of pairs) {
      const ratio = contrast(colors.get(text)!, colors.get(ground)!);
      assert.ok(ratio >= CONTRAST_MIN, `${text} on ${ground}: ${ratio.toFixed(2)}`);
    }
  });
}

function tokens(css: string): Map<string, string> {
  return new Map([...css.matchAll(/--([a-z-]+): (#[0-9a-f]{6})/g)].map((m) => [m[1]!, m[2]!]));
}

function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const c = parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
