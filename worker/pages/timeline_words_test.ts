import assert from "node:assert/strict";
import { detailOf } from "./timeline_words.ts";

Deno.test("an answer at a gate is said in words, with its reason as it was written", () => {
  const of = (detail: string, kind = "gate_decided") => detailOf({ kind, detail });
  assert.equal(of("approve by user:ada"), "Approved by ada");
  assert.equal(
    of("reject by github:bob: red: the tests\nand more"),
    "Rejected by bob: red: the tests\nand more",
  );
  assert.equal(of("cancel by system: out of time", "gate_ended"), "Taken back by the system: out of time");
});

Deno.test("what is no answer stays as it is, and a title is not said twice", () => {
  assert.equal(detailOf({ kind: "gate_opened", detail: "approve by hand" }), "approve by hand");
  assert.equal(detailOf({ kind: "gate_decided", detail: "of another shape" }), "of another shape");
  assert.equal(detailOf({ kind: "gate_decided", detail: "toString by x" }), "toString by x");
  assert.equal(detailOf({ kind: "task_submitted", detail: "Tidy up" }), "");
});
