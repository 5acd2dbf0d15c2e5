/// <reference lib="deno.ns" />
/** Tree diffs and patches; that `git apply` takes them is in `test/interop/git_test.ts`. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { parsePatch } from "diff";
import { bytesOf } from "./bytes.ts";
import type { TreeEntry } from "./object.ts";
import type { ObjectSource } from "./object_source.ts";
import { diffTrees } from "./tree_diff.ts";
import { findEntry } from "./tree_path.ts";
import { isBinary, makeFilePatch } from "./unified_diff.ts";

fc.configureGlobal({ seed: 1 });

const TREES: Record<string, TreeEntry[]> = {
  before: [
    { mode: "100644", name: "same", id: "1" },
    { mode: "100644", name: "changed", id: "2" },
    { mode: "40000", name: "dir", id: "subtree" },
    { mode: "40000", name: "kept", id: "subtree" },
  ],
  after: [
    { mode: "100644", name: "same", id: "1" },
    { mode: "100644", name: "changed", id: "3" },
    { mode: "100644", name: "dir", id: "4" },
    { mode: "40000", name: "kept", id: "subtree" },
    { mode: "40000", name: "new", id: "subtree" },
  ],
  subtree: [{ mode: "100755", name: "run", id: "5" }],
};
const read: string[] = [];
const source: ObjectSource = {
  typeOf: () => undefined,
  sizeOf: () => undefined,
  commit: () => undefined,
  tag: () => undefined,
  tree: (id) => (read.push(id), TREES[id]),
};

Deno.test("a tree diff names each file that differs, also where a folder became a file", () => {
  const changes = diffTrees(source, "before", "after");
  const words = changes.map(({ path, before, after }) => `${path} ${before?.id ?? "-"} ${after?.id ?? "-"}`);
  assert.deepEqual(words, ["changed 2 3", "dir - 4", "dir/run 5 -", "new/run - 5"]);
  read.length = 0;
  assert.deepEqual(diffTrees(source, "before", "before"), []);
  assert.deepEqual(read, [], "equal trees are not read");
});

Deno.test("a path is found through folders only", () => {
  assert.equal(findEntry(source, "before", "dir/run")?.id, "5");
  assert.equal(findEntry(source, "before", "")?.mode, "40000");
  assert.equal(findEntry(source, "before", "same/run"), undefined);
  assert.equal(findEntry(source, "before", "nope"), undefined);
});

/** What the patch says both texts are, without its context outside the hunks. */
function sides(patch: string) {
  const lines = parsePatch(patch).flatMap((file) => file.hunks.flatMap((hunk) => hunk.lines));
  const side = (sign: string) =>
    lines.filter((line) => line[0] === sign || line[0] === " ").map((line) => line.slice(1));
  return { before: side("-"), after: side("+") };
}

Deno.test("a patch has both texts, whatever the bound on edits", () => {
  const text = fc.array(fc.constantFrom("a", "b", "c", ""), { maxLength: 3 }).map((lines) =>
    lines.map((line) => line + "\n").join("")
  );
  fc.assert(fc.property(text, text, fc.integer({ min: 0, max: 6 }), (before, after, editsMax) => {
    const made = makeFilePatch("f.txt", bytesOf(before), bytesOf(after), editsMax);
    if (before === after) return assert.equal(made.patch, "");
    // At most three lines: all of them are within the context of any change.
    const expected = { before: before.split("\n").slice(0, -1), after: after.split("\n").slice(0, -1) };
    assert.deepEqual(sides(made.patch), expected);
    assert.equal(made.addedLines - made.deletedLines, expected.after.length - expected.before.length);
  }));
});

Deno.test("added and deleted files are patches from and to /dev/null", () => {
  const added = makeFilePatch("d/f.txt", null, bytesOf("one\ntwo"), 10);
  assert.equal(
    added.patch,
    "--- /dev/null\n+++ b/d/f.txt\n@@ -0,0 +1,2 @@\n+one\n+two\n\\ No newline at end of file\n",
  );
  assert.deepEqual([added.addedLines, added.deletedLines], [2, 0]);
  const deleted = makeFilePatch("f", bytesOf("one\n"), null, 10);
  assert.equal(deleted.patch, "--- a/f\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-one\n");
  assert.equal(makeFilePatch("f", null, new Uint8Array(0), 10).patch, "");
});

Deno.test("a NUL early in a file makes it binary", () => {
  assert.equal(isBinary(bytesOf("text\n")), false);
  assert.equal(isBinary(new Uint8Array([65, 0])), true);
  const late = new Uint8Array(9_000).fill(65);
  late[8_500] = 0;
  assert.equal(isBinary(late), false);
});
