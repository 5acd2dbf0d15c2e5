import assert from "node:assert/strict";
import { substitute, substituteVariables } from "./substitute.ts";

const lookup = (name: string) => ({ AF_RUN_ID: "r1", PORT: "80" })[name] ?? null;

for (
  const [text, filled] of [
    ["x ${AF_RUN_ID}:${PORT}", "x r1:80"],
    ["$$ $${PORT} $PORT $", "$ ${PORT} $PORT $"],
    ["$$${PORT}", "$80"],
    ["", ""],
  ] as const
) {
  Deno.test(`'${text}' becomes '${filled}'`, () => {
    assert.deepEqual(substitute(text, lookup), { ok: true, value: filled });
  });
}

for (const name of ["HOME", "", "AF_ELSE", "a b", "constructor"]) {
  Deno.test(`the name '${name}' is not known, and is told`, () => {
    assert.deepEqual(substitute(`x \${${name}}`, (one) => one === "PORT" ? "1" : null), {
      ok: false,
      error: { reason: "name_unknown", name },
    });
  });
}

Deno.test("variables name each other in any order, and what is filled in is not read again", () => {
  const filled = substituteVariables({ A: "${B}!", B: "${AF_X}", C: "$${A}" }, { AF_X: "$${B}" });
  assert.deepEqual(filled, { ok: true, value: { B: "$${B}", A: "$${B}!", C: "${A}" } });
});

Deno.test("variables that name each other in a circle are refused", () => {
  const read = substituteVariables({ A: "${B}", B: "${A}" }, {});
  assert.ok(!read.ok);
  assert.equal(read.error.reason, "refers_to_itself");
  const unknown = substituteVariables({ A: "${NO}" }, {});
  assert.deepEqual(unknown, { ok: false, error: { reason: "name_unknown", name: "NO", key: "A" } });
});
