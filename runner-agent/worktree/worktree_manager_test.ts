import assert from "node:assert/strict";
import { join } from "node:path";
import { createWorktreeManager } from "./worktree_manager.ts";
import { commitAs, prepared, runGit, unwrap, withFixture } from "./worktree_test_fixture.ts";

Deno.test("prepare checks out task-{id} at the project's default branch and the agent sees a clean repository", async () => {
  await withFixture(async (f) => {
    const worktree = await prepared(f.manager, f.request("r1"));
    const head = await f.git(f.originDir, "rev-parse", "main");
    assert.equal(worktree.branch, "task-t1");
    assert.equal(worktree.baseCommit, head);
    assert.equal(worktree.startCommit, head);
    assert.equal(await Deno.readTextFile(join(worktree.worktreeDir, "src", "a.txt")), "a\n");
    assert.equal(
      (await f.agent("r1", "status", "--porcelain=v2", "--branch")).stdout.split("\n")[1],
      "# branch.head task-t1",
    );
    assert.equal((await f.agent("r1", "status", "--porcelain")).stdout, "");
    assert.equal(
      (await f.agent("r1", "config", "remote.origin.url")).stdout.trim(),
      `http://127.0.0.1:${f.hubPort}/git/project.git`,
    );
    await commitAs(f, "r1", "new.txt");
    assert.equal(
      (await f.agent("r1", "log", "-1", "--format=%an <%ae>")).stdout.trim(),
      "Shopfloor agent <agent@shopfloor.invalid>",
    );
    assert.equal((await f.agent("r1", "fsck", "--full")).code, 0);
  });
});

Deno.test("the sandbox gets exactly four mounts: files and private git dir to write, pointer and objects to read", async () => {
  await withFixture(async (f) => {
    const { mounts } = await prepared(f.manager, f.request("r1"));
    assert.deepEqual(mounts.map((mount) => [mount.target, mount.isReadOnly]), [
      ["/workspace", false],
      ["/workspace/.git", true],
      ["/shopfloor/git", false],
      ["/shopfloor/objects", true],
    ]);
    for (const mount of mounts) await Deno.stat(mount.source);
    assert.equal(await Deno.readTextFile(mounts[1]!.source), "gitdir: /shopfloor/git\n");
    assert.equal((await Deno.lstat(join(mounts[0]!.source, ".git"))).isFile, true);
    const config = await Deno.readTextFile(join(mounts[2]!.source, "config"));
    assert.match(config, /worktree = \/workspace\n/);
  });
});

Deno.test("the private git dir has the run's own branch and the project's branch and no other ref", async () => {
  await withFixture(async (f) => {
    await prepared(f.manager, f.request("other", { taskId: "t2" }));
    await prepared(f.manager, f.request("r1"));
    const refs = (await f.agent("r1", "for-each-ref", "--format=%(refname)")).stdout.trim().split("\n");
    assert.deepEqual(refs, ["refs/heads/task-t1", "refs/remotes/origin/main"]);
  });
});

Deno.test("prepare without initBranch checks out the project's branch, also one with a slash", async () => {
  await withFixture(async (f) => {
    assert.equal((await prepared(f.manager, f.request("r1", { initBranch: false }))).branch, "main");
    const named = f.request("r2", { initBranch: false, projectBranch: "release/1.0" });
    assert.equal((await prepared(f.manager, named)).branch, "release/1.0");
    assert.equal((await f.agent("r2", "symbolic-ref", "HEAD")).stdout.trim(), "refs/heads/release/1.0");
    await commitAs(f, "r2", "new.txt");
    assert.equal(unwrap(await f.manager.harvest("r2")).commitCount, 1);
  });
});

Deno.test("prepare says which branch is missing, and fails readably on an empty project", async () => {
  await withFixture(async (f) => {
    const missing = await f.manager.prepare(f.request("r1", { projectBranch: "nope" }));
    assert.ok(!missing.ok && missing.error.reason === "git_failed");
    assert.match(missing.error.action, /nope/);
    const empty = join(f.root, "origins", "empty.git");
    await f.git(f.root, "init", "--quiet", "--bare", empty);
    const nothing = await f.manager.prepare(f.request("r2", { projectUrl: empty }));
    assert.ok(!nothing.ok && nothing.error.reason === "git_failed");
    assert.match(nothing.error.stderr, /no commit/);
  });
});

Deno.test("harvest counts the station's commits and names what is uncommitted", async () => {
  await withFixture(async (f) => {
    const worktree = await prepared(f.manager, f.request("r1"));
    assert.deepEqual(unwrap(await f.manager.harvest("r1")), {
      headCommit: worktree.startCommit,
      commitCount: 0,
      uncommittedPaths: [],
    });
    await commitAs(f, "r1", "one.txt");
    const head = await commitAs(f, "r1", "two.txt");
    await Deno.writeTextFile(join(worktree.worktreeDir, "README.md"), "changed\n");
    await Deno.writeTextFile(join(worktree.worktreeDir, "loose file.txt"), "x");
    assert.deepEqual(unwrap(await f.manager.harvest("r1")), {
      headCommit: head,
      commitCount: 2,
      uncommittedPaths: ["README.md", "loose file.txt"],
    });
  });
});

Deno.test("harvest names at most a hundred uncommitted paths", async () => {
  await withFixture(async (f) => {
    const { worktreeDir } = await prepared(f.manager, f.request("r1"));
    for (let i = 0; i < 130; i++) await Deno.writeTextFile(join(worktreeDir, `f${i}`), "");
    assert.equal(unwrap(await f.manager.harvest("r1")).uncommittedPaths.length, 100);
  });
});

Deno.test("harvest finds commits that the agent made on a branch of its own or with a detached HEAD", async () => {
  await withFixture(async (f) => {
    await prepared(f.manager, f.request("r1"));
    await f.agent("r1", "checkout", "--quiet", "-b", "feature/x");
    const onBranch = await commitAs(f, "r1", "x.txt");
    assert.equal(unwrap(await f.manager.harvest("r1")).headCommit, onBranch);
    await f.agent("r1", "checkout", "--quiet", "--detach");
    const detached = await commitAs(f, "r1", "y.txt");
    assert.equal(unwrap(await f.manager.harvest("r1")).headCommit, detached);
    await f.agent("r1", "checkout", "--quiet", "task-t1");
    const onTask = await commitAs(f, "r1", "z.txt");
    await f.agent("r1", "pack-refs", "--all");
    await f.agent("r1", "checkout", "--quiet", "feature/x");
    assert.equal(unwrap(await f.manager.harvest("r1")).headCommit, onTask);
  });
});

Deno.test("harvest still works after the agent repacked its repository and dropped the alternates", async () => {
  await withFixture(async (f) => {
    await prepared(f.manager, f.request("r1"));
    const head = await commitAs(f, "r1", "x.txt");
    assert.equal((await f.agent("r1", "repack", "-a", "-d", "--quiet")).code, 0);
    await Deno.remove(join(f.runDir("r1"), "git", "objects", "info", "alternates"));
    assert.equal((await f.agent("r1", "gc", "--quiet")).code, 0);
    assert.equal(unwrap(await f.manager.harvest("r1")).headCommit, head);
  });
});

Deno.test("a second prepare of the same run returns the same worktree and loses no commit", async () => {
  await withFixture(async (f) => {
    const first = await prepared(f.manager, f.request("r1"));
    const head = await commitAs(f, "r1", "one.txt");
    await Deno.writeTextFile(join(first.worktreeDir, "draft.txt"), "draft");
    await f.moveProject("elsewhere.txt");
    assert.deepEqual(await prepared(f.manager, f.request("r1")), first);
    const harvest = unwrap(await f.manager.harvest("r1"));
    assert.deepEqual(harvest, { headCommit: head, commitCount: 1, uncommittedPaths: ["draft.txt"] });
  });
});

Deno.test("prepare that was killed half way starts again from nothing, also with a stale lock of git", async () => {
  await withFixture(async (f) => {
    const first = await prepared(f.manager, f.request("r1"));
    const cache = join(first.mounts[3]!.source, "..");
    await Deno.remove(join(f.runDir("r1"), "worktree.json"));
    await Deno.writeTextFile(join(first.worktreeDir, "garbage"), "");
    await Deno.writeTextFile(join(f.runDir("r1"), "sockets"), "not ours");
    await Deno.writeTextFile(join(cache, "refs", "remotes", "origin", "main.lock"), "");
    await f.moveProject("b.txt");
    // A new process: what it remembers of the cache is nothing.
    const restarted = createWorktreeManager({
      dataDir: f.dataDir,
      localRepositoryRoots: [join(f.root, "origins")],
    });
    const second = await prepared(restarted, f.request("r1"));
    assert.equal(second.worktreeDir, first.worktreeDir);
    assert.notEqual(second.startCommit, first.startCommit);
    await assert.rejects(Deno.stat(join(second.worktreeDir, "garbage")), Deno.errors.NotFound);
    assert.equal(await Deno.readTextFile(join(f.runDir("r1"), "sockets")), "not ours");
    assert.equal((await f.agent("r1", "status", "--porcelain")).stdout, "");
  });
});

Deno.test("two runs of one project prepared, worked in and pushed at the same time do not meet", async () => {
  await withFixture(async (f) => {
    const runs = ["a", "b", "c", "d"].map((name) => f.request(`run-${name}`, { taskId: name }));
    const worktrees = await Promise.all(runs.map((run) => prepared(f.manager, run)));
    assert.equal(new Set(worktrees.map((worktree) => worktree.mounts[3]!.source)).size, 1);
    const heads = await Promise.all(runs.map((run) => commitAs(f, run.runId, `${run.taskId}.txt`)));
    const harvests = await Promise.all(runs.map((run) => f.manager.harvest(run.runId)));
    assert.deepEqual(harvests.map((harvest) => unwrap(harvest).headCommit), heads);
    for (const pushed of await Promise.all(runs.map((run) => f.manager.pushWork(run)))) unwrap(pushed);
    assert.equal((await f.agent("run-a", "rev-parse", "--verify", "--quiet", "task-b")).code, 1);
  });
});

Deno.test("remove deletes the run's directories and refs, also directories that the agent made read-only", async () => {
  await withFixture(async (f) => {
    const { worktreeDir, mounts } = await prepared(f.manager, f.request("r1"));
    await Deno.mkdir(join(worktreeDir, "mod", "cache"), { recursive: true });
    await Deno.writeTextFile(join(worktreeDir, "mod", "cache", "x"), "");
    await Deno.chmod(join(worktreeDir, "mod", "cache"), 0o500);
    await f.manager.remove("r1");
    await assert.rejects(Deno.stat(f.runDir("r1")), Deno.errors.NotFound);
    assert.equal(await f.git(join(mounts[3]!.source, ".."), "for-each-ref", "refs/shopfloor"), "");
    await f.manager.remove("r1");
    await f.manager.remove("never-was");
  });
});

Deno.test("ids that could leave the data directory are a bug of the caller", async () => {
  await withFixture(async (f) => {
    await assert.rejects(f.manager.prepare(f.request("../r1")), TypeError);
    await assert.rejects(f.manager.prepare(f.request("r1", { taskId: "a/b" })), TypeError);
    await assert.rejects(f.manager.harvest("unknown"), /must be prepared first/);
  });
});

Deno.test({
  name:
    "the files belong to the sandbox's user, who can commit, and the cache stays readable but not writable to it",
  ignore: Deno.uid() !== 0,
  fn: () =>
    withFixture(async (f) => {
      await Deno.chmod(f.root, 0o711);
      const owner = { uid: 1000, gid: 1000 };
      const { mounts, worktreeDir } = await prepared(f.manager, f.request("r1", { owner }));
      for (const mount of mounts.slice(0, 3)) assert.equal((await Deno.lstat(mount.source)).uid, 1000);
      const env = { HOME: "/nonexistent", GIT_DIR: mounts[2]!.source, GIT_WORK_TREE: worktreeDir };
      const done = await runGit(["commit", "--allow-empty", "--quiet", "-m", "as 1000"], {
        cwd: worktreeDir,
        env,
        uid: 1000,
      });
      assert.equal(done.stderr, "");
      assert.equal(done.code, 0);
      const write = await new Deno.Command("touch", {
        args: [join(mounts[3]!.source, "x")],
        uid: 1000,
        stderr: "null",
      }).output();
      assert.notEqual(write.code, 0);
      assert.equal(unwrap(await f.manager.harvest("r1")).commitCount, 1);
    }),
});
