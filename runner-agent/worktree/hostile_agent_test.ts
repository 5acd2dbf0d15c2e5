import assert from "node:assert/strict";
import { join } from "node:path";
import { commitAs, type Fixture, prepared, unwrap, withFixture } from "./worktree_test_fixture.ts";

/** A script that leaves a mark if anything ever runs it. */
async function createTrap(f: Fixture): Promise<{ script: string; marks(): Promise<string> }> {
  const script = join(f.root, "trap.sh");
  const mark = join(f.root, "mark");
  await Deno.writeTextFile(script, `#!/bin/sh\necho "$0 $*" >> ${mark}\ncat\n`, { mode: 0o755 });
  return { script, marks: () => Deno.readTextFile(mark).catch(() => "") };
}

const HOOKS = [
  "pre-commit",
  "post-checkout",
  "reference-transaction",
  "post-index-change",
  "pre-push",
  "pre-auto-gc",
  "fsmonitor-watchman",
  "pre-receive",
  "update",
];

Deno.test("nothing that the agent's configuration, hooks, attributes or nested repositories name runs on the host", async () => {
  await withFixture(async (f) => {
    const { worktreeDir } = await prepared(f.manager, f.request("r1"));
    const head = await commitAs(f, "r1", "one.txt");
    const trap = await createTrap(f);
    const gitDir = join(f.runDir("r1"), "git");
    const config = `[core]
\tfsmonitor = ${trap.script}
\thooksPath = ${join(f.root, "hooks")}
\tsshCommand = ${trap.script}
\tpager = ${trap.script}
\talternateRefsCommand = ${trap.script}
\teditor = ${trap.script}
\tgitProxy = ${trap.script}
[uploadpack]
\tpackObjectsHook = ${trap.script}
[filter "trap"]
\tclean = ${trap.script}
\tsmudge = ${trap.script}
\tprocess = ${trap.script}
\trequired = true
[diff "trap"]
\tcommand = ${trap.script}
\ttextconv = ${trap.script}
[diff]
\texternal = ${trap.script}
[gpg]
\tprogram = ${trap.script}
[credential]
\thelper = "!${trap.script}"
[include]
\tpath = ${join(f.root, "more")}
[alias]
\tstatus = "!${trap.script}"
`;
    await Deno.mkdir(join(f.root, "hooks"));
    await Deno.mkdir(join(gitDir, "hooks"), { recursive: true });
    for (const hook of HOOKS) {
      await Deno.copyFile(trap.script, join(f.root, "hooks", hook));
      await Deno.copyFile(trap.script, join(gitDir, "hooks", hook));
    }
    await Deno.writeTextFile(join(worktreeDir, ".gitattributes"), "* filter=trap diff=trap\n");
    await Deno.writeTextFile(join(worktreeDir, "README.md"), "changed\n");
    // A nested repository with the same traps, as a submodule of the head and beside it.
    for (const nested of ["sub", "loose"]) {
      await f.git(f.root, "clone", "--quiet", f.originDir, join(worktreeDir, nested));
      await Deno.writeTextFile(join(worktreeDir, nested, ".git", "config"), config);
      await Deno.writeTextFile(join(worktreeDir, nested, ".gitattributes"), "* filter=trap diff=trap\n");
      await Deno.writeTextFile(join(worktreeDir, nested, "README.md"), "changed\n");
    }
    await f.agent("r1", "update-index", "--add", "--cacheinfo", `160000,${head},sub`);
    await f.agent("r1", "commit", "--quiet", "--message", "submodule");
    const last = (await f.agent("r1", "rev-parse", "HEAD")).stdout.trim();
    await Deno.writeTextFile(join(gitDir, "config"), config);

    // The traps are live: the same git in the agent's repository runs them.
    await f.agent("r1", "diff");
    assert.notEqual(await trap.marks(), "");
    await Deno.remove(join(f.root, "mark"));

    const harvest = unwrap(await f.manager.harvest("r1"));
    assert.equal(harvest.headCommit, last);
    assert.equal(harvest.commitCount, 2);
    assert.ok(harvest.uncommittedPaths.includes("README.md"));
    unwrap(await f.manager.pushWork(f.request("r1")));
    await prepared(f.manager, f.request("r1"));
    unwrap(await f.manager.projectGateway(f.request("r1")));
    await f.manager.remove("r1");
    // The next station checks the same files out, with their attributes.
    await prepared(f.manager, f.request("r2"));
    assert.equal(await trap.marks(), "");
  });
});

Deno.test("a repository of the host cannot be harvested by naming its objects as alternates", async () => {
  await withFixture(async (f) => {
    const secret = join(f.root, "secret");
    await f.git(f.root, "init", "--quiet", secret);
    await f.git(secret, "commit", "--quiet", "--allow-empty", "--message", "private");
    const stolen = await f.git(secret, "rev-parse", "HEAD");
    await prepared(f.manager, f.request("r1"));
    const gitDir = join(f.runDir("r1"), "git");
    const alternates = join(gitDir, "objects", "info", "alternates");
    const original = await Deno.readTextFile(alternates);
    await Deno.writeTextFile(join(gitDir, "refs", "heads", "task-t1"), `${stolen}\n`);

    await Deno.writeTextFile(alternates, `${original}${join(secret, ".git", "objects")}\n`);
    const byAlternates = await f.manager.harvest("r1");
    assert.ok(!byAlternates.ok && byAlternates.error.reason === "git_failed");
    assert.match(byAlternates.error.stderr, /alternates was changed/);

    await Deno.writeTextFile(alternates, original);
    const loose = join(gitDir, "objects", stolen.slice(0, 2));
    await Deno.symlink(join(secret, ".git", "objects", stolen.slice(0, 2)), loose);
    const byLink = await f.manager.harvest("r1");
    assert.ok(!byLink.ok && byLink.error.reason === "git_failed");
    assert.match(byLink.error.stderr, /no plain file/);

    await Deno.remove(loose);
    const without = await f.manager.harvest("r1");
    assert.ok(!without.ok);
    assert.ok(!(await f.manager.pushWork(f.request("r1"))).ok);
    assert.equal(await f.git(f.taskDir, "for-each-ref"), "");
  });
});

Deno.test("links and pipes in place of HEAD or a branch are refused at once", async () => {
  await withFixture(async (f) => {
    await prepared(f.manager, f.request("r1"));
    const head = join(f.runDir("r1"), "git", "HEAD");
    await Deno.remove(head);
    await Deno.symlink("/etc/hostname", head);
    const linked = await f.manager.harvest("r1");
    assert.ok(!linked.ok && linked.error.reason === "git_failed");
    assert.match(linked.error.stderr, /HEAD is no plain file/);
    await Deno.remove(head);
    assert.equal((await new Deno.Command("mkfifo", { args: [head] }).output()).code, 0);
    assert.ok(!(await f.manager.harvest("r1")).ok);
  });
});

Deno.test("a corrupt object does not get into the cache", async () => {
  await withFixture(async (f) => {
    const { mounts } = await prepared(f.manager, f.request("r1"));
    const head = await commitAs(f, "r1", "one.txt");
    const other = await commitAs(f, "r1", "two.txt");
    const objects = join(f.runDir("r1"), "git", "objects");
    const path = (id: string) => join(objects, id.slice(0, 2), id.slice(2));
    const blob = async (ref: string) => (await f.agent("r1", "rev-parse", ref)).stdout.trim();
    const victim = path(await blob(`${other}:two.txt`));
    await Deno.chmod(victim, 0o600);
    await Deno.copyFile(path(await blob(`${head}:one.txt`)), victim);
    assert.ok(!(await f.manager.harvest("r1")).ok);
    const cache = join(mounts[3]!.source, "..");
    await assert.rejects(f.git(cache, "cat-file", "-e", other));
    await f.git(cache, "fsck", "--full");
  });
});

Deno.test("a tree that would write into .git is refused by the harvest", async () => {
  await withFixture(async (f) => {
    await prepared(f.manager, f.request("r1"));
    const blob = (await f.agent("r1", "rev-parse", "HEAD:README.md")).stdout.trim();
    const entry = `40000 .git\0`;
    const sub = await f.agent("r1", "rev-parse", "HEAD:src");
    const raw = new Uint8Array([...new TextEncoder().encode(entry), ...hexBytes(sub.stdout.trim())]);
    const file = join(f.root, "tree");
    await Deno.writeFile(file, raw);
    const tree = (await f.agent("r1", "hash-object", "-t", "tree", "-w", "--literally", file)).stdout.trim();
    const commit = (await f.agent("r1", "commit-tree", "-p", "HEAD", "-m", "bad", tree)).stdout.trim();
    assert.match(commit, /^[0-9a-f]{40}$/, blob);
    await f.agent("r1", "update-ref", "refs/heads/task-t1", commit);
    const refused = await f.manager.harvest("r1");
    assert.ok(!refused.ok && refused.error.reason === "git_failed");
    assert.match(refused.error.stderr, /\.git/);
  });
});

Deno.test("an agent that deletes every ref and prunes hurts neither a sibling nor the cache", async () => {
  await withFixture(async (f) => {
    await prepared(f.manager, f.request("r2", { taskId: "t2" }));
    const sibling = await commitAs(f, "r2", "safe.txt");
    await prepared(f.manager, f.request("r1"));
    await f.agent("r1", "worktree", "prune");
    await f.agent("r1", "update-ref", "-d", "refs/remotes/origin/main");
    await f.agent("r1", "checkout", "--quiet", "--orphan", "nothing");
    await f.agent("r1", "branch", "-D", "task-t1");
    await f.agent("r1", "gc", "--prune=now", "--quiet");
    const gone = await f.manager.harvest("r1");
    assert.ok(!gone.ok && gone.error.reason === "git_failed");
    assert.match(gone.error.stderr, /has no branch task-t1/);
    assert.equal(unwrap(await f.manager.harvest("r2")).headCommit, sibling);
  });
});

function hexBytes(hex: string): number[] {
  return [...Uint8Array.fromHex(hex)];
}
