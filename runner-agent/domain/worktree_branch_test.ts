import assert from "node:assert/strict";
import fc from "fast-check";
import { branchInTheWay, isNamedBy } from "./worktree_branch.ts";

Deno.test("a branch is in the way exactly when one name is a folder of the other", () => {
  assert.equal(branchInTheWay("af/t1", ["main", "af"]), "af");
  assert.equal(branchInTheWay("af", ["main", "af/t1/x"]), "af/t1/x");
  assert.equal(branchInTheWay("af/t1", ["af/t1", "af/t10", "a", "af/t"]), null);
  const part = fc.stringMatching(/^[a-z]{1,2}$/);
  const name = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
  fc.assert(fc.property(name, name, (left, right) => {
    const isBlocked = branchInTheWay(left, [right]) !== null;
    assert.equal(isBlocked, branchInTheWay(right, [left]) !== null);
    if (left === right) assert.equal(isBlocked, false);
  }));
});

Deno.test("a branch is ours when the form makes it of its task", () => {
  assert.equal(isNamedBy("af/{taskId}", "t$&", "af/t$&"), true);
  assert.equal(isNamedBy("af/{taskId}", "t1", "task-t1"), false);
});
