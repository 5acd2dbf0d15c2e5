/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { retentionMs } from "./retention.ts";

Deno.test("days become milliseconds, 0 means for ever, and nothing means the default", () => {
  assert.equal(retentionMs("X", "2", 90), 172_800_000);
  assert.equal(retentionMs("X", "0", 90), null);
  for (const unset of [undefined, "", " "]) assert.equal(retentionMs("X", unset, 1), 86_400_000);
  assert.equal(retentionMs("X", undefined, 0), null);
});

Deno.test("anything but whole days is refused by the variable's name", () => {
  for (const wrong of ["-1", "1.5", "a", "99999", "1e3"]) {
    assert.throws(() => retentionMs("SHOPFLOOR_X_DAYS", wrong, 90), /Cannot use SHOPFLOOR_X_DAYS/);
  }
});
