import assert from "node:assert/strict";
import { join } from "node:path";
import { createGitRoute } from "./git_route.ts";
import { commitAs, openGateway, prepared, serve, unwrap, withFixture } from "./worktree_test_fixture.ts";

Deno.test("the agent's plain `git push` reaches the real origin before it is told so", async () => {
  await withFixture(async (f) => {
    await prepared(f.manager, f.request("r1"));
    await openGateway(f, f.request("r1"));
    const head = await commitAs(f, "r1", "one.txt");
    const pushed = await f.agent("r1", "push");
    assert.equal(pushed.code, 0, pushed.stderr);
    assert.equal(await f.git(f.originDir, "rev-parse", "refs/heads/task-t1"), head);
    const again = await commitAs(f, "r1", "two.txt");
    assert.equal((await f.agent("r1", "push", "origin", "task-t1")).code, 0);
    assert.equal(await f.git(f.originDir, "rev-parse", "refs/heads/task-t1"), again);
  });
});

Deno.test("fetch sees the project's branches and tags and no ref of another run", async () => {
  await withFixture(async (f) => {
    await f.git(f.originDir, "tag", "v1", "main");
    await prepared(f.manager, f.request("other", { taskId: "t2" }));
    await prepared(f.manager, f.request("r1"));
    await openGateway(f, f.request("r1"));
    const listed = await f.agent("r1", "ls-remote", "origin");
    const names = listed.stdout.trim().split("\n").map((line) => line.split("\t")[1]);
    assert.deepEqual(names, ["HEAD", "refs/heads/main", "refs/heads/release/1.0", "refs/tags/v1"]);
    assert.equal((await f.agent("r1", "fetch", "--quiet", "origin")).code, 0);
    assert.equal((await f.agent("r1", "rev-parse", "--verify", "--quiet", "origin/release/1.0")).code, 0);
  });
});

Deno.test("every other ref, a second ref and a deletion are refused with a message that names the branch", async () => {
  await withFixture(async (f) => {
    await prepared(f.manager, f.request("r1"));
    await openGateway(f, f.request("r1"));
    await commitAs(f, "r1", "one.txt");
    for (
      const refspecs of [
        ["HEAD:refs/heads/main"],
        ["HEAD:refs/heads/task-t2"],
        ["HEAD:refs/heads/task-t1x"],
        ["HEAD:refs/tags/task-t1"],
        ["HEAD:refs/heads/task-t1", "HEAD:refs/heads/extra"],
        ["HEAD:refs/heads/work/task-t1"],
      ]
    ) {
      const refused = await f.agent("r1", "push", "origin", ...refspecs);
      assert.notEqual(refused.code, 0, refspecs.join(" "));
      assert.match(refused.stderr, /only refs\/heads\/task-t1 may be pushed/);
    }
    assert.equal((await f.agent("r1", "push", "--quiet")).code, 0);
    const deleted = await f.agent("r1", "push", "origin", ":refs/heads/task-t1");
    assert.notEqual(deleted.code, 0);
    const refs = await f.git(f.originDir, "for-each-ref", "--format=%(refname)");
    assert.deepEqual(refs.split("\n"), ["refs/heads/main", "refs/heads/release/1.0", "refs/heads/task-t1"]);
  });
});

Deno.test("when the origin rejects the push the agent gets the failure and its reason, and no path of the host", async () => {
  await withFixture(async (f) => {
    await prepared(f.manager, f.request("r1"));
    const gitDir = await openGateway(f, f.request("r1"));
    await commitAs(f, "r1", "one.txt");
    const hook = join(f.originDir, "hooks", "pre-receive");
    await Deno.writeTextFile(hook, "#!/bin/sh\necho 'commits here need a ticket' >&2\nexit 1\n", {
      mode: 0o700,
    });
    const refused = await f.agent("r1", "push");
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /commits here need a ticket/);
    assert.match(refused.stderr, /the project's repository did not take refs\/heads\/task-t1/);
    assert.ok(!refused.stderr.includes(f.originDir), refused.stderr);
    assert.equal(await f.git(gitDir, "for-each-ref", "refs/heads/task-t1"), "");
    await Deno.remove(hook);
    assert.equal((await f.agent("r1", "push")).code, 0);
  });
});

Deno.test("a rewritten branch is refused by the origin and not forced", async () => {
  await withFixture(async (f) => {
    await prepared(f.manager, f.request("r1"));
    await openGateway(f, f.request("r1"));
    const head = await commitAs(f, "r1", "one.txt");
    await f.agent("r1", "push");
    await f.agent("r1", "commit", "--quiet", "--amend", "--message", "rewritten");
    const refused = await f.agent("r1", "push", "--force");
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /non-fast-forward|rejected/);
    assert.equal(await f.git(f.originDir, "rev-parse", "task-t1"), head);
  });
});

Deno.test("asking for the gateway again keeps what was pushed", async () => {
  await withFixture(async (f) => {
    await prepared(f.manager, f.request("r1"));
    const gitDir = await openGateway(f, f.request("r1"));
    const head = await commitAs(f, "r1", "one.txt");
    await f.agent("r1", "push");
    assert.equal(await openGateway(f, f.request("r1")), gitDir);
    assert.match((await f.agent("r1", "ls-remote", "origin", "task-t1")).stdout, new RegExp(head));
    await commitAs(f, "r1", "two.txt");
    assert.equal((await f.agent("r1", "push")).code, 0);
  });
});

Deno.test("credentials in the project's URL work for fetch and push and are shown to nobody", async () => {
  await withFixture(async (f) => {
    const route = createGitRoute({ gitDir: f.originDir, prefix: "/project.git" });
    let isOpen = true;
    const expected = `Basic ${btoa("me:s3cr3t-word")}`;
    const server = serve((request) =>
      isOpen && request.headers.get("authorization") === expected
        ? route(request)
        : new Response("no", { status: 403 })
    );
    try {
      const projectUrl = `http://me:s3cr3t-word@127.0.0.1:${server.addr.port}/project.git`;
      const request = f.request("r1", { projectUrl });
      const worktree = await prepared(f.manager, request);
      const gitDir = await openGateway(f, request);
      const head = await commitAs(f, "r1", "one.txt");
      const pushed = await f.agent("r1", "push");
      assert.equal(pushed.code, 0, pushed.stderr);
      assert.equal(await f.git(f.originDir, "rev-parse", "task-t1"), head);
      assert.equal((await Deno.stat(join(gitDir, "config"))).mode! & 0o777, 0o600);
      assert.equal((await Deno.stat(join(gitDir, "hooks", "pre-receive"))).mode! & 0o777, 0o700);

      isOpen = false;
      await commitAs(f, "r1", "two.txt");
      const refused = await f.agent("r1", "push");
      assert.notEqual(refused.code, 0);
      const failed = await f.manager.prepare(f.request("r2", { projectUrl }));
      assert.ok(!failed.ok);
      const shown = refused.stderr + JSON.stringify(failed.error) + JSON.stringify(worktree);
      const inSandbox = await new Deno.Command("grep", {
        args: [
          "-rlE",
          `s3cr3t-word|${btoa("me:s3cr3t-word")}`,
          ...worktree.mounts.map((mount) => mount.source),
        ],
      }).output();
      assert.equal(new TextDecoder().decode(inSandbox.stdout), "");
      assert.ok(!shown.includes("s3cr3t-word") && !shown.includes(btoa("me:s3cr3t-word")), shown);
      unwrap(await f.manager.harvest("r1"));
    } finally {
      await server.shutdown();
    }
  });
});
