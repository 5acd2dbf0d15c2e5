import assert from "node:assert/strict";
import fc from "fast-check";
import { ulid, ulidBytes, ulidHex } from "../ids.ts";
import { readTraceparent, traceparentOf } from "./trace.ts";

const GOOD = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

Deno.test("a traceparent is read, one of a later version as far as it is known", () => {
  assert.equal(readTraceparent(GOOD), GOOD);
  assert.equal(readTraceparent(`cc${GOOD.slice(2)}-what-comes`), GOOD);
});

for (
  const header of [
    undefined,
    "",
    GOOD.toUpperCase(),
    `${GOOD}-x`,
    `ff${GOOD.slice(2)}`,
    GOOD.replace(/4bf9.{28}/, "0".repeat(32)),
    GOOD.replace(/00f0.{12}/, "0".repeat(16)),
    GOOD.slice(0, -1),
    `${GOOD}\n`,
  ]
) {
  Deno.test(`'${header}' is no traceparent`, () => assert.equal(readTraceparent(header), null));
}

Deno.test("a task is a trace, and its jobs are parents in it, whatever their ids", () => {
  const ids = fc.tuple(fc.nat(2 ** 40), fc.uint8Array({ minLength: 10, maxLength: 10 }))
    .filter(([, random]) => random.some((byte) => byte !== 0))
    .map(([ms, random]) => ulid<string>(ms, random));
  fc.assert(fc.property(ids, ids, (taskId, jobId) => {
    const bytes = Array.from(ulidBytes(taskId), (byte) => byte.toString(16).padStart(2, "0")).join("");
    assert.equal(ulidHex(taskId), bytes);
    const made = traceparentOf(taskId, jobId)!;
    assert.equal(made.split("-")[1], bytes);
    if (!ulidHex(jobId).endsWith("0".repeat(16))) assert.equal(readTraceparent(made), made);
  }));
  assert.equal(traceparentOf("task", "job"), null);
});
