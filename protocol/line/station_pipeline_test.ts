import assert from "node:assert/strict";
import { readPipelineWish } from "./station_pipeline.ts";

Deno.test("a station names a pipeline by its file below the worktree, however it is written", () => {
  const path = ".ail/x/y.ail.yaml";
  for (const written of [path, `./${path}`, ` ${path} `, ".ail//x/./y.ail.yaml"]) {
    assert.deepEqual(readPipelineWish(written), { kind: "path", path }, written);
  }
});

Deno.test("a text with a line's end is the pipeline itself, and 'none' is none", () => {
  const text = 'version: "1"\npipeline: []\n';
  assert.deepEqual(readPipelineWish(text), { kind: "text", text });
  assert.deepEqual(readPipelineWish("none"), { kind: "none" });
  for (const value of [undefined, null, ""]) assert.deepEqual(readPipelineWish(value), { kind: "unsaid" });
});

Deno.test("a path that leaves the worktree, and what is no text, is refused", () => {
  for (const value of ["/etc/x.yaml", "~/x.yaml", "../x.yaml", "a/../../x.yaml", ".", "a\0b", 3, { a: 1 }]) {
    assert.equal(readPipelineWish(value).kind, "wrong", JSON.stringify(value));
  }
});
