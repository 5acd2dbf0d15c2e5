import assert from "node:assert/strict";
import { chooseStartPoint, type StartFacts } from "./start_point.ts";

const FACTS: StartFacts = {
  taskBranch: "task-t1",
  initBranch: true,
  projectBranch: "main",
  projectHead: "head",
  workCommit: null,
  recordedBase: null,
  mergeBase: null,
};

Deno.test("the first station starts at the project's branch, on a branch of its own only if initBranch says so", () => {
  assert.deepEqual(chooseStartPoint(FACTS), { branch: "task-t1", startCommit: "head", baseCommit: "head" });
  assert.deepEqual(chooseStartPoint({ ...FACTS, initBranch: false }).branch, "main");
});

Deno.test("a base without work is forgotten: the work begins anew", () => {
  assert.equal(chooseStartPoint({ ...FACTS, recordedBase: "old" }).baseCommit, "head");
});

Deno.test("later stations go on with the work; the base is the recorded one, else the merge-base, else the work", () => {
  const later = { ...FACTS, initBranch: false, workCommit: "work", mergeBase: "merge" };
  assert.deepEqual(chooseStartPoint({ ...later, recordedBase: "base" }), {
    branch: "task-t1",
    startCommit: "work",
    baseCommit: "base",
  });
  assert.equal(chooseStartPoint(later).baseCommit, "merge");
  assert.equal(chooseStartPoint({ ...later, mergeBase: null }).baseCommit, "work");
});
