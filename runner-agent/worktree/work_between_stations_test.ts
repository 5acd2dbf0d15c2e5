import assert from "node:assert/strict";
import { join } from "node:path";
import { createWorktreeManager } from "./worktree_manager.ts";
import {
  AUTHORIZATION,
  commitAs,
  openGateway,
  prepared,
  unwrap,
  withFixture,
} from "./worktree_test_fixture.ts";

Deno.test("another runner goes on where the first station stopped, although the project's branch moved on", async () => {
  await withFixture(async (f) => {
    const first = await prepared(f.manager, f.request("r1"));
    const head = await commitAs(f, "r1", "one.txt");
    unwrap(await f.manager.harvest("r1"));
    unwrap(await f.manager.pushWork(f.request("r1")));
    await f.moveProject("elsewhere.txt");

    const second = await prepared(f.otherManager(), f.request("r2"));
    assert.equal(second.branch, "task-t1");
    assert.equal(second.startCommit, head);
    assert.equal(second.baseCommit, first.baseCommit);
    assert.equal(await Deno.readTextFile(join(second.worktreeDir, "one.txt")), "one.txt\n");
    await assert.rejects(Deno.stat(join(second.worktreeDir, "elsewhere.txt")), Deno.errors.NotFound);
  });
});

Deno.test("the base stays where the work began after the work was merged into the project and the project rewritten", async () => {
  await withFixture(async (f) => {
    const first = await prepared(f.manager, f.request("r1"));
    const head = await commitAs(f, "r1", "one.txt");
    unwrap(await f.manager.pushWork(f.request("r1")));
    await f.git(f.originDir, "fetch", "--quiet", f.taskDir, "+refs/heads/work/task-t1:refs/heads/main");
    const merged = await prepared(f.manager, f.request("r2"));
    assert.equal(merged.baseCommit, first.baseCommit);
    assert.equal(merged.startCommit, head);

    const orphan = await f.git(f.originDir, "commit-tree", "-m", "rewritten", `${head}^{tree}`);
    await f.git(f.originDir, "update-ref", "refs/heads/main", orphan);
    assert.equal((await prepared(f.manager, f.request("r3"))).baseCommit, first.baseCommit);
  });
});

Deno.test("work without a recorded base is compared with its merge-base", async () => {
  await withFixture(async (f) => {
    const first = await prepared(f.manager, f.request("r1"));
    await commitAs(f, "r1", "one.txt");
    unwrap(await f.manager.pushWork(f.request("r1")));
    await f.git(f.taskDir, "update-ref", "-d", "refs/heads/work/base-t1");
    await f.moveProject("elsewhere.txt");
    assert.equal((await prepared(f.manager, f.request("r2"))).baseCommit, first.baseCommit);
  });
});

Deno.test("pushWork sends base and head, both readable in the task's repository, and touches no other ref", async () => {
  await withFixture(async (f) => {
    const other = await f.git(f.root, "--git-dir", f.originDir, "rev-parse", "main");
    await f.git(
      f.taskDir,
      "fetch",
      "--quiet",
      f.originDir,
      "main:refs/heads/main",
      "main:refs/heads/work/task-t10",
    );
    const worktree = await prepared(f.manager, f.request("r1"));
    const head = await commitAs(f, "r1", "one.txt");
    unwrap(await f.manager.pushWork(f.request("r1")));
    const refs = await f.git(f.taskDir, "for-each-ref", "--format=%(refname) %(objectname)");
    assert.deepEqual(refs.split("\n"), [
      `refs/heads/main ${other}`,
      `refs/heads/work/base-t1 ${worktree.baseCommit}`,
      `refs/heads/work/task-t1 ${head}`,
      `refs/heads/work/task-t10 ${other}`,
    ]);
    assert.equal(await f.git(f.taskDir, "diff", "--name-only", worktree.baseCommit, head), "one.txt");
    assert.equal(await f.git(f.taskDir, "merge-base", worktree.baseCommit, head), worktree.baseCommit);
  });
});

Deno.test("pushWork may be repeated, and replaces its own ref when the agent rewrote its commits", async () => {
  await withFixture(async (f) => {
    await prepared(f.manager, f.request("r1"));
    await commitAs(f, "r1", "one.txt");
    unwrap(await f.manager.pushWork(f.request("r1")));
    unwrap(await f.manager.pushWork(f.request("r1")));
    await f.agent("r1", "commit", "--quiet", "--amend", "--message", "better");
    unwrap(await f.manager.pushWork(f.request("r1")));
    assert.equal(await f.git(f.taskDir, "log", "-1", "--format=%s", "work/task-t1"), "better");
  });
});

Deno.test("a station without initBranch hands its work on as task-{id} too", async () => {
  await withFixture(async (f) => {
    const request = f.request("r1", { initBranch: false });
    await prepared(f.manager, request);
    const head = await commitAs(f, "r1", "one.txt");
    unwrap(await f.manager.pushWork(request));
    const second = await prepared(f.manager, f.request("r2", { initBranch: false }));
    assert.deepEqual([second.branch, second.startCommit], ["task-t1", head]);
  });
});

Deno.test("the job's token is in no error, no file of the run and no argument of git", async () => {
  await withFixture(async (f) => {
    const secret = AUTHORIZATION.replace("Bearer ", "");
    const wrong = f.request("r0", {
      taskRepository: { ...f.request("r0").taskRepository, authorization: "Bearer wrong-token-987" },
    });
    const refused = await f.manager.prepare(wrong);
    assert.ok(!refused.ok && refused.error.reason === "git_failed");
    assert.doesNotMatch(JSON.stringify(refused.error), /wrong-token/);

    // A `git` in front of the real one that writes down its arguments.
    const bin = join(f.root, "bin");
    const log = join(f.root, "argv.log");
    const real = (await f.git(f.root, "--exec-path")) + "/git";
    await Deno.mkdir(bin);
    await Deno.writeTextFile(
      join(bin, "git"),
      `#!/bin/sh\nprintf '%s\\n' "$@" >> ${log}\nexec ${real} "$@"\n`,
      { mode: 0o700 },
    );
    const manager = createWorktreeManager({
      dataDir: f.dataDir,
      localRepositoryRoots: [join(f.root, "origins")],
      env: { PATH: `${bin}:${Deno.env.get("PATH")}`, HOME: f.root },
    });
    await prepared(manager, f.request("r1"));
    unwrap(await manager.pushWork(f.request("r1")));
    unwrap(await manager.projectGateway(f.request("r1")));
    const argv = await Deno.readTextFile(log);
    assert.match(argv, /task\.git/);
    assert.ok(!argv.includes(secret));
    const found = await new Deno.Command("grep", { args: ["-rlF", secret, f.dataDir] }).output();
    assert.equal(new TextDecoder().decode(found.stdout), "");
  });
});

Deno.test("prepare fails readably when the task's repository cannot be reached", async () => {
  await withFixture(async (f) => {
    const { authorization } = f.request("r1").taskRepository;
    const gone = await f.manager.prepare(
      f.request("r1", { taskRepository: { url: "http://127.0.0.1:1/task.git", authorization } }),
    );
    assert.ok(!gone.ok && gone.error.reason === "git_failed");
    assert.equal(gone.error.action, "fetch the work from the task's repository");
    assert.match(gone.error.stderr, /127\.0\.0\.1/);
    await prepared(f.manager, f.request("r1"));
    await openGateway(f, f.request("r1"));
  });
});
