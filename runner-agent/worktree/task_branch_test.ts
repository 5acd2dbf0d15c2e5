/** The task's branch in another form than the spec's (pick A27), in a real worktree. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { taskBranch } from "./start_point.ts";
import { createWorktreeManager } from "./worktree_manager.ts";
import { openGateway, unwrap, withFixture } from "./worktree_test_fixture.ts";

Deno.test("taskBranch() is the spec's form unless another is given, and takes an id as it is", () => {
  assert.equal(taskBranch("t1"), "task-t1");
  assert.equal(taskBranch("t$&1", "task/{taskId}"), "task/t$&1");
});

Deno.test("an agent starts on, and may push, the branch that this runner's form gives its task", async () => {
  await withFixture(async (fixture) => {
    const manager = createWorktreeManager({
      dataDir: fixture.dataDir,
      localRepositoryRoots: [join(fixture.root, "origins")],
      hubPort: fixture.hubPort,
      taskBranchForm: "task/{taskId}",
    });
    const request = fixture.request("r1");
    assert.equal(unwrap(await manager.prepare(request)).branch, "task/t1");
    await openGateway({ ...fixture, manager }, request);
    const refused = await fixture.agent("r1", "push", "origin", "HEAD:refs/heads/task-t1");
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /only refs\/heads\/task\/t1 may be pushed/);
    const pushed = await fixture.agent("r1", "push", "origin", "HEAD");
    assert.equal(pushed.code, 0, pushed.stderr);
    assert.notEqual(await fixture.git(fixture.originDir, "rev-parse", "refs/heads/task/t1"), "");
    unwrap(await manager.pushWork(request));
    assert.notEqual(await fixture.git(fixture.taskDir, "rev-parse", "refs/heads/work/task-t1"), "");
  });
});
