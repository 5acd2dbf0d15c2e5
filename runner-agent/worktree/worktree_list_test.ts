/** Lists, branch collisions and caches that are given back, with stock git. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { createWorktreeManager } from "./worktree_manager.ts";
import { commitAs, type Fixture, prepared, unwrap, withFixture } from "./worktree_test_fixture.ts";

const DAY_MS = 86_400_000;

function managerOf(f: Fixture, taskBranchForm?: string) {
  return createWorktreeManager({
    dataDir: f.dataDir,
    localRepositoryRoots: [join(f.root, "origins")],
    hubPort: f.hubPort,
    ...(taskBranchForm === undefined ? {} : { taskBranchForm }),
  });
}

Deno.test("the list says where each run is, what it stands on, and how far it has come, while agents work", async () => {
  await withFixture(async (f) => {
    const manager = managerOf(f);
    const { worktreeDir, baseCommit } = await prepared(manager, f.request("r1"));
    await prepared(manager, f.request("r2", { taskId: "t2", initBranch: false }));
    await prepared(manager, f.request("r3"));
    const head = await commitAs(f, "r1", "one.txt");
    await Deno.writeTextFile(join(worktreeDir, "draft"), "");
    const [first, second, third] = await manager.list();
    assert.deepEqual(first, {
      runId: "r1",
      taskId: "t1",
      path: worktreeDir,
      branch: "task-t1",
      baseBranch: "main",
      baseCommit,
      headCommit: head,
      ahead: 1,
      isDirty: true,
      isForeign: false,
      sharesBranchWith: ["r3"],
      notes: [],
      fault: null,
    });
    assert.deepEqual([second!.branch, second!.isForeign, second!.isDirty, second!.ahead], [
      "main",
      true,
      false,
      0,
    ]);
    assert.deepEqual(third!.sharesBranchWith, ["r1"]);
    const renamed = await managerOf(f, "af/{taskId}").list();
    assert.deepEqual(renamed.map((one) => one.isForeign), [true, true, true]);
  });
});

Deno.test("one worktree that cannot be read does not hide the others, and one without a note is not listed", async () => {
  await withFixture(async (f) => {
    const manager = managerOf(f);
    await prepared(manager, f.request("r1"));
    await prepared(manager, f.request("r2"));
    await Deno.remove(join(f.runDir("r1"), "git", "objects"), { recursive: true });
    await Deno.mkdir(join(f.dataDir, "runs", "half"));
    const [broken, whole] = await manager.list();
    assert.match(broken!.fault!, /objects/);
    assert.equal(broken!.headCommit, null);
    assert.equal(whole!.fault, null);
  });
});

Deno.test("two prepares of one run at the same time give the same worktree", async () => {
  await withFixture(async (f) => {
    const both = await Promise.all([
      prepared(f.manager, f.request("r1")),
      prepared(f.manager, f.request("r1")),
    ]);
    assert.deepEqual(both[0], both[1]);
    assert.equal((await f.agent("r1", "status", "--porcelain")).stdout, "");
  });
});

Deno.test("a branch of somebody else is refused before a run exists, and an agent's own of an earlier try is not", async () => {
  await withFixture(async (f) => {
    const manager = managerOf(f);
    const other = join(f.root, "other");
    await f.git(f.root, "clone", "--quiet", f.originDir, other);
    await f.git(other, "checkout", "--quiet", "-b", "task-t1");
    await f.git(other, "push", "--quiet", "origin", "task-t1");
    await prepared(manager, f.request("empty"));
    await manager.remove("empty");
    await f.git(
      other,
      "-c",
      "user.email=agent@shopfloor.invalid",
      "commit",
      "--quiet",
      "--allow-empty",
      "-m",
      "an agent's",
    );
    await f.git(other, "push", "--quiet", "origin", "task-t1");
    await prepared(manager, f.request("agents"));
    await manager.remove("agents");
    await f.git(other, "commit", "--quiet", "--allow-empty", "-m", "a person's");
    await f.git(other, "push", "--quiet", "origin", "task-t1");
    const refused = await manager.prepare(f.request("r1"));
    assert(!refused.ok && refused.error.reason === "branch_taken", JSON.stringify(refused));
    assert.equal(refused.error.branch, "task-t1");
    assert.match(refused.error.hint, /worktrees\.prefix/);
    await assert.rejects(Deno.stat(join(f.runDir("r1"), "workspace")), Deno.errors.NotFound);
    assert.equal((await prepared(managerOf(f, "af/{taskId}"), f.request("r1"))).branch, "af/t1");
  });
});

Deno.test("a branch that git could not keep beside one of the project's is refused", async () => {
  await withFixture(async (f) => {
    const refused = await managerOf(f, "release/1.0/{taskId}").prepare(f.request("r1"));
    assert(!refused.ok && refused.error.reason === "branch_taken");
    assert.match(refused.error.hint, /'release\/1\.0'/);
  });
});

Deno.test("a branch that another task has checked out on this runner is refused, and free once that is removed", async () => {
  await withFixture(async (f) => {
    const manager = managerOf(f, "shared");
    await prepared(manager, f.request("r1"));
    const refused = await manager.prepare(f.request("r2", { taskId: "t2" }));
    assert(!refused.ok && refused.error.reason === "branch_taken");
    assert.match(refused.error.hint, /run r1 of task t1/);
    await prepared(manager, f.request("again"));
    await manager.remove("r1");
    await manager.remove("again");
    await prepared(manager, f.request("r2", { taskId: "t2" }));
  });
});

Deno.test("what a run borrows survives a rewritten project and a collection on the host", async () => {
  await withFixture(async (f) => {
    const { mounts } = await prepared(f.manager, f.request("r1"));
    await commitAs(f, "r1", "first.txt");
    unwrap(await f.manager.pushWork(f.request("r1")));
    const old = await f.moveProject("b.txt");
    // The second station stands on the first one's work, its base, and the project's branch of now.
    await prepared(f.manager, f.request("r2"));
    await f.git(f.originDir, "update-ref", "refs/heads/main", `${old}^`);
    await prepared(f.manager, f.request("r3", { taskId: "t3" }));
    const cache = join(mounts[3]!.source, "..");
    await f.git(cache, "reflog", "expire", "--expire=now", "--all");
    await f.git(cache, "gc", "--quiet", "--prune=now");
    for (const runId of ["r1", "r2"]) {
      assert.equal((await f.agent(runId, "fsck", "--full")).code, 0);
      assert.equal((await f.agent(runId, "log", "origin/main")).code, 0);
      await commitAs(f, runId, "after.txt");
      assert.ok(unwrap(await f.manager.harvest(runId)).commitCount >= 1);
    }
  });
});

Deno.test("a cache goes when no run stands on it and nobody wanted it for the time, and comes back when one does", async () => {
  await withFixture(async (f) => {
    const manager = managerOf(f);
    const { mounts } = await prepared(manager, f.request("r1"));
    const path = join(mounts[3]!.source, "..");
    const nowMs = Date.now();
    const reclaim = (days: number, isDryRun = false) =>
      manager.reclaimCaches({ nowMs: nowMs + days * DAY_MS, unusedMs: 30 * DAY_MS, isDryRun });
    assert.deepEqual(await reclaim(90), [{ path, result: "kept", reason: "run r1 stands on it" }]);
    await manager.remove("r1");
    assert.equal((await reclaim(1))[0]!.result, "kept");
    assert.equal((await reclaim(31, true))[0]!.result, "would_remove");
    await Deno.stat(path);
    assert.equal((await reclaim(31))[0]!.result, "removed");
    await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
    assert.deepEqual(await reclaim(31), []);
    await prepared(manager, f.request("r2"));
  });
});
