/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { gateInput, redeemInput } from "./autonomy/gate.ts";
import { isWithinDepth } from "./json_depth.ts";

/** A list in a list, so many of them. */
function nested(levels: number): unknown {
  return JSON.parse("[".repeat(levels) + "]".repeat(levels));
}

Deno.test("JSON is counted however deep it is", () => {
  assert.equal(isWithinDepth(nested(100), 100), true);
  assert.equal(isWithinDepth(nested(101), 100), false);
  assert.equal(isWithinDepth({ a: [1, { b: "x" }] }, 3), true);
  assert.equal(isWithinDepth({ a: [1, { b: "x" }] }, 2), false);
  assert.equal(isWithinDepth(nested(200_000), 100), false);
  assert.equal(isWithinDepth("x", 0), true);
});

Deno.test("what is too deep to be walked over is refused at the door, by its field", () => {
  const ask = { install: "acme/web", ask: "decide", completion: { ac: "done" } };
  const deep = nested(200_000);
  for (
    const [path, parsed] of [
      ["in", gateInput.safeParse({ ...ask, in: deep })],
      ["decision_schema.not", gateInput.safeParse({ ...ask, decision_schema: { not: deep } })],
      ["out", redeemInput.safeParse({ out: deep })],
    ] as const
  ) {
    assert.equal(parsed.success, false, path);
    assert.match(JSON.stringify(parsed.error?.issues), /at most 100 levels/, path);
  }
  assert.equal(gateInput.safeParse({ ...ask, in: nested(90) }).success, true);
});
