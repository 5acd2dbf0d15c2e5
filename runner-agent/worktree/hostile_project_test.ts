/** What a project's own commits may try against the host that checks them out. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type Fixture, prepared, runGit, unwrap, withFixture } from "./worktree_test_fixture.ts";

interface Entry {
  readonly mode: string;
  readonly name: string;
  readonly hash: string;
}

/** A tree as raw bytes, as git's own commands refuse to write some of these. */
async function writeTree(f: Fixture, entries: readonly Entry[]): Promise<string> {
  const parts = entries.flatMap(({ mode, name, hash }) => [
    new TextEncoder().encode(`${mode} ${name}\0`),
    Uint8Array.fromHex(hash),
  ]);
  const file = join(f.root, "tree.raw");
  await Deno.writeFile(file, new Uint8Array(await new Blob(parts).arrayBuffer()));
  return await f.git(f.originDir, "hash-object", "-t", "tree", "--literally", "-w", file);
}

async function blob(f: Fixture, text: string): Promise<string> {
  const file = join(f.root, "blob.raw");
  await Deno.writeTextFile(file, text);
  return await f.git(f.originDir, "hash-object", "-w", file);
}

async function commitTree(f: Fixture, tree: string): Promise<void> {
  const commit = await f.git(f.originDir, "commit-tree", tree, "-m", "hostile");
  await f.git(f.originDir, "update-ref", "refs/heads/main", commit);
}

Deno.test("a .git in a commit, under any of its names, is never checked out", async () => {
  await withFixture(async (f) => {
    const inner = await writeTree(f, [{ mode: "100644", name: "config", hash: await blob(f, "[core]\n") }]);
    for (const name of [".git", ".GIT", "git~1", ".g\u200cit"]) {
      const below = await writeTree(f, [{ mode: "40000", name, hash: inner }]);
      await commitTree(f, await writeTree(f, [{ mode: "40000", name: "sub", hash: below }]));
      const result = await f.manager.prepare(f.request("r1"));
      assert(!result.ok && result.error.reason === "git_failed", name);
      assert.match(result.error.stderr, /invalid path/);
      await assert.rejects(Deno.stat(join(f.runDir("r1"), "workspace", "sub", name)), Deno.errors.NotFound);
    }
  });
});

Deno.test("a path that leads out of the worktree is never checked out, by dots or through a link", async () => {
  await withFixture(async (f) => {
    const text = await blob(f, "out");
    const outside = join(f.root, "outside");
    await Deno.mkdir(outside);
    const dots = await writeTree(f, [{ mode: "100644", name: "evil", hash: text }]);
    await commitTree(f, await writeTree(f, [{ mode: "40000", name: "..", hash: dots }]));
    assert.equal((await f.manager.prepare(f.request("r1"))).ok, false);
    // The same name twice: a link, then a folder behind it.
    const link = await blob(f, outside);
    await commitTree(
      f,
      await writeTree(f, [{ mode: "120000", name: "a", hash: link }, {
        mode: "40000",
        name: "a",
        hash: dots,
      }]),
    );
    await f.manager.prepare(f.request("r2"));
    assert.deepEqual(await Array.fromAsync(Deno.readDir(outside)), []);
    await assert.rejects(Deno.stat(join(f.dataDir, "runs", "evil")), Deno.errors.NotFound);
  });
});

Deno.test("filters, hooks and configuration that a commit brings are run by nobody at checkout and harvest", async () => {
  await withFixture(async (f) => {
    const mark = join(f.root, "mark");
    const trap = `#!/bin/sh\necho ran >> ${mark}\ncat\n`;
    const seed = join(f.root, "seed");
    const config =
      `[filter "trap"]\n\tsmudge = ${join(seed, "trap.sh")}\n\tclean = ${join(seed, "trap.sh")}\n` +
      `\tprocess = ${join(seed, "trap.sh")}\n\trequired = true\n[core]\n\tfsmonitor = ${
        join(seed, "trap.sh")
      }\n`;
    await Deno.mkdir(join(seed, ".githooks"));
    await Deno.writeTextFile(join(seed, "trap.sh"), trap, { mode: 0o755 });
    await Deno.writeTextFile(join(seed, ".githooks", "post-checkout"), trap, { mode: 0o755 });
    await Deno.writeTextFile(join(seed, ".gitconfig"), config);
    await Deno.writeTextFile(join(seed, ".lfsconfig"), `[lfs]\n\turl = ext::${join(seed, "trap.sh")}\n`);
    await Deno.writeTextFile(
      join(seed, ".gitattributes"),
      "* filter=trap diff=trap merge=trap ident text=auto\n",
    );
    await f.moveProject("more.txt");
    const { worktreeDir } = await prepared(f.manager, f.request("r1"));
    await Deno.writeTextFile(join(worktreeDir, "README.md"), "changed");
    assert.deepEqual(unwrap(await f.manager.harvest("r1")).uncommittedPaths, ["README.md"]);
    await assert.rejects(Deno.stat(mark), Deno.errors.NotFound);
  });
});

Deno.test("a link of the project to the host stays a link, and what is behind it is told by nothing", async () => {
  await withFixture(async (f) => {
    const outside = join(f.root, "outside");
    await Deno.mkdir(outside);
    await Deno.writeTextFile(join(outside, "secret-name"), "x");
    await Deno.symlink(outside, join(f.root, "seed", "link"));
    await f.moveProject("more.txt");
    const { worktreeDir } = await prepared(f.manager, f.request("r1"));
    assert.equal((await Deno.lstat(join(worktreeDir, "link"))).isSymlink, true);
    assert.deepEqual(unwrap(await f.manager.harvest("r1")).uncommittedPaths, []);
    const refused = await f.manager.prepare(
      f.request("r2", { files: [{ path: "link/file", text: "x", mayReplace: true }] }),
    );
    assert(!refused.ok && refused.error.reason === "file_refused");
    await f.manager.remove("r1");
    await Deno.stat(join(outside, "secret-name"));
  });
});

Deno.test("names that differ by case only are both checked out where the disk keeps them apart", async () => {
  await withFixture(async (f) => {
    await Deno.writeTextFile(join(f.root, "seed", "File"), "upper");
    await Deno.writeTextFile(join(f.root, "seed", "file"), "lower");
    await f.moveProject("more.txt");
    const { worktreeDir } = await prepared(f.manager, f.request("r1"));
    assert.equal(await Deno.readTextFile(join(worktreeDir, "File")), "upper");
    assert.equal(await Deno.readTextFile(join(worktreeDir, "file")), "lower");
    assert.deepEqual(unwrap(await f.manager.harvest("r1")).uncommittedPaths, []);
  });
});

Deno.test("a repository that the agent makes in a folder is one new path, and its configuration is run by nobody", async () => {
  await withFixture(async (f) => {
    const mark = join(f.root, "mark");
    const { worktreeDir } = await prepared(f.manager, f.request("r1"));
    const inner = join(worktreeDir, "sub");
    await runGit(["init", "--quiet", inner], { cwd: worktreeDir, env: { HOME: f.root } });
    await Deno.writeTextFile(
      join(inner, ".git", "config"),
      `[core]\n\tfsmonitor = "touch ${mark}"\n\tworktree = /etc\n`,
    );
    const pointer = join(worktreeDir, "pointer");
    await Deno.mkdir(pointer);
    await Deno.writeTextFile(join(pointer, ".git"), `gitdir: ${inner}/.git\n`);
    await Deno.writeTextFile(join(pointer, "x"), "");
    const { uncommittedPaths } = unwrap(await f.manager.harvest("r1"));
    assert(uncommittedPaths.every((path) => path.startsWith("sub") || path.startsWith("pointer")));
    await assert.rejects(Deno.stat(mark), Deno.errors.NotFound);
  });
});
