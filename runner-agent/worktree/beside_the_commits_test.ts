/** What comes into a worktree beside the commits: ignored files, submodules, large files. With stock git. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import type { WorktreeError } from "../ports.ts";
import { parsePointer } from "./large_files.ts";
import { type Fixture, type FixtureRequest, prepared, unwrap, withFixture } from "./worktree_test_fixture.ts";

/** A project with a checkout on this machine. */
async function createCheckout(f: Fixture, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const checkout = join(f.root, "origins", "checkout");
  await f.git(f.root, "clone", "--quiet", f.originDir, checkout);
  await write(checkout, files);
  return checkout;
}

async function write(root: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await Deno.mkdir(dirname(join(root, path)), { recursive: true });
    await Deno.writeTextFile(join(root, path), text);
  }
}

async function commit(f: Fixture, checkout: string): Promise<string> {
  await f.git(checkout, "add", "--all");
  await f.git(checkout, "commit", "--quiet", "-m", "more");
  return await f.git(checkout, "rev-parse", "HEAD");
}

async function refused(f: Fixture, more: Partial<FixtureRequest>): Promise<WorktreeError> {
  const result = await f.manager.prepare(f.request("r1", more));
  assert(!result.ok);
  return result.error;
}

const read = (f: Fixture, path: string) => Deno.readTextFile(join(f.runDir("r1"), "workspace", path));
const status = async (f: Fixture) =>
  (await f.agent("r1", "status", "--porcelain", "--untracked-files=all")).stdout;

Deno.test("ignored files that .worktreeinclude names are copied, hidden from git, and nothing else is", async () => {
  await withFixture(async (f) => {
    const checkout = await createCheckout(f, { ".gitignore": ".env*\nsecret/\nbuild\n" });
    await commit(f, checkout);
    await write(checkout, {
      ".worktreeinclude": ".env\nsecret/**\n!secret/no.txt\nnew.txt\nREADME.md\n",
      ".env": "A=1",
      ".env.other": "not named",
      "deep/.env": "B=2",
      "secret/a/b.txt": "s",
      "secret/no.txt": "no",
      "new.txt": "not ignored",
      "build/x": "not named",
      "README.md": "changed on the host, not committed",
    });
    await Deno.symlink("/etc/hostname", join(checkout, "secret", "link"));
    await Deno.chmod(join(checkout, ".env"), 0o600);
    await prepared(f.manager, f.request("r1", { projectUrl: checkout, includesIgnored: true }));
    assert.equal(await read(f, ".env"), "A=1");
    assert.equal(await read(f, "deep/.env"), "B=2");
    assert.equal(await read(f, "secret/a/b.txt"), "s");
    assert.equal(await read(f, "README.md"), "# Project\n");
    for (
      const path of [".env.other", "secret/no.txt", "secret/link", "new.txt", "build", ".worktreeinclude"]
    ) {
      await assert.rejects(read(f, path), Deno.errors.NotFound, path);
    }
    assert.equal(await status(f), "");
    assert.deepEqual(unwrap(await f.manager.harvest("r1")).uncommittedPaths, []);
    assert.equal(await Deno.readTextFile(join(checkout, ".env")), "A=1");
  });
});

Deno.test("ignored files stay on the host unless they are asked for, and patterns of a commit count for nothing", async () => {
  await withFixture(async (f) => {
    const checkout = await createCheckout(f, { ".gitignore": ".env\n", ".worktreeinclude": ".env\n" });
    await commit(f, checkout);
    await write(checkout, { ".env": "A=1" });
    await prepared(f.manager, f.request("r1", { projectUrl: checkout }));
    await assert.rejects(read(f, ".env"), Deno.errors.NotFound);
    await f.manager.remove("r1");
    await Deno.remove(join(checkout, ".worktreeinclude"));
    await prepared(f.manager, f.request("r1", { projectUrl: checkout, includesIgnored: true }));
    await assert.rejects(read(f, ".env"), Deno.errors.NotFound);
  });
});

Deno.test("an ignored file is not copied through a link of the commit, nor over what a job brings", async () => {
  await withFixture(async (f) => {
    const outside = join(f.root, "outside");
    await Deno.mkdir(outside);
    const checkout = await createCheckout(f, { ".gitignore": "out/*\n*.key\n" });
    await Deno.symlink(outside, join(checkout, "out"));
    await f.git(checkout, "add", "--force", "out");
    await commit(f, checkout);
    await Deno.remove(join(checkout, "out"));
    await write(checkout, { ".worktreeinclude": "out/\n*.key\n", "out/x": "x", "a.key": "host's" });
    await prepared(
      f.manager,
      f.request("r1", {
        projectUrl: checkout,
        includesIgnored: true,
        files: [{ path: "a.key", text: "job's", mayReplace: true }],
      }),
    );
    assert.deepEqual(await Array.fromAsync(Deno.readDir(outside)), []);
    assert.equal(await read(f, "a.key"), "job's");
  });
});

Deno.test("a submodule is there to read at the work's commit, mounted read-only, and its files are no change", async () => {
  await withFixture(async (f) => {
    const library = join(f.root, "origins", "library");
    await f.git(f.root, "init", "--quiet", library);
    await write(library, { "lib.txt": "v1" });
    await commit(f, library);
    const checkout = await createCheckout(f);
    await f.git(
      checkout,
      "-c",
      "protocol.file.allow=always",
      "submodule",
      "--quiet",
      "add",
      "../library",
      "lib/x",
    );
    await commit(f, checkout);
    const worktree = await prepared(f.manager, f.request("r1", { projectUrl: checkout }));
    const mount = worktree.mounts.find((one) => one.target === "/workspace/lib/x");
    assert.equal(mount?.isReadOnly, true);
    assert.equal(await Deno.readTextFile(join(mount!.source, "lib.txt")), "v1");
    await assert.rejects(Deno.stat(join(mount!.source, ".git")), Deno.errors.NotFound);
    // As the mount shows them.
    await Deno.copyFile(join(mount!.source, "lib.txt"), join(worktree.worktreeDir, "lib/x/lib.txt"));
    assert.equal(await status(f), "");
    assert.deepEqual(unwrap(await f.manager.harvest("r1")).uncommittedPaths, []);
    assert.equal(worktree.notes, undefined);
  });
});

Deno.test("a submodule that may not be fetched, or whose commit nobody has, refuses the run by its path", async () => {
  await withFixture(async (f) => {
    const outside = join(f.root, "private");
    await f.git(f.root, "init", "--quiet", outside);
    await write(outside, { "x": "secret" });
    const hash = await commit(f, outside);
    const checkout = await createCheckout(f);
    const point = async (url: string, commitHash: string) => {
      await write(checkout, { ".gitmodules": `[submodule "a"]\n\tpath = lib\n\turl = ${url}\n` });
      await f.git(checkout, "update-index", "--add", "--cacheinfo", `160000,${commitHash},lib`);
      await f.git(checkout, "add", ".gitmodules");
      await f.git(checkout, "commit", "--quiet", "-m", "point");
    };
    for (
      const [url, commitHash, hint] of [
        [outside, hash, /--allow-repository-under/],
        ["ext::sh -c id", hash, /https/],
        [f.originDir, hash, /no branch or tag of its repository has the commit/],
      ] as const
    ) {
      await point(url, commitHash);
      const error = await refused(f, { projectUrl: checkout });
      assert(error.reason === "submodule_refused", JSON.stringify(error));
      assert.equal(error.path, "lib");
      assert.match(error.hint, hint);
    }
  });
});

Deno.test("a submodule that only an agent's commit names is not fetched, and a note says so", async () => {
  await withFixture(async (f) => {
    await prepared(f.manager, f.request("r1"));
    const head = await f.git(f.originDir, "rev-parse", "main");
    await write(join(f.runDir("r1"), "workspace"), {
      ".gitmodules": `[submodule "a"]\n\tpath = stolen\n\turl = ${f.originDir}\n`,
    });
    await f.agent("r1", "update-index", "--add", "--cacheinfo", `160000,${head},stolen`);
    await f.agent("r1", "add", ".gitmodules");
    assert.equal((await f.agent("r1", "commit", "--quiet", "-m", "add")).code, 0);
    unwrap(await f.manager.pushWork(f.request("r1")));
    const next = await prepared(f.manager, f.request("r2"));
    assert.equal(next.mounts.some((mount) => mount.target.includes("stolen")), false);
    assert.match(next.notes!.join(), /'stolen' is empty/);
  });
});

Deno.test("large files have their content where the project's store has it, else a note tells of the pointers", async () => {
  await withFixture(async (f) => {
    const content = "big".repeat(1000);
    const oid = createHash("sha256").update(content).digest("hex");
    const pointer = (id: string, size: number) =>
      `version https://git-lfs.github.com/spec/v1\noid sha256:${id}\nsize ${size}\n`;
    const broken = "b".repeat(64);
    const checkout = await createCheckout(f, {
      "assets/.gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n",
      "assets/here.bin": pointer(oid, content.length),
      "assets/away.bin": pointer("a".repeat(64), 5),
      "assets/broken.bin": pointer(broken, 3),
      "assets/plain.bin": "no pointer",
    });
    await commit(f, checkout);
    const objects = join(checkout, ".git", "lfs", "objects");
    await write(objects, {
      [`${oid.slice(0, 2)}/${oid.slice(2, 4)}/${oid}`]: content,
      [`bb/bb/${broken}`]: "bad",
    });
    const worktree = await prepared(f.manager, f.request("r1", { projectUrl: checkout }));
    assert.equal(await read(f, "assets/here.bin"), content);
    assert.equal(await read(f, "assets/away.bin"), pointer("a".repeat(64), 5));
    assert.equal(await read(f, "assets/broken.bin"), pointer(broken, 3));
    assert.match(worktree.notes![0]!, /^2 files of Git LFS are pointers.*'assets\/away.bin'$/);
    assert.match(worktree.notes![1]!, /^1 files of Git LFS have their content/);
    assert.equal(await status(f), "");
    assert.deepEqual(unwrap(await f.manager.harvest("r1")).uncommittedPaths, []);
    await f.agent("r1", "commit", "--quiet", "--allow-empty", "-am", "all");
    assert.match((await f.agent("r1", "show", "HEAD:assets/here.bin")).stdout, /^version https/);
  });
});

Deno.test("a pointer is three lines and nothing else", () => {
  const oid = "0".repeat(64);
  const text = `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize 12\n`;
  assert.deepEqual(parsePointer(text), { oid, bytes: 12 });
  assert.equal(parsePointer(`${text}more`), null);
  assert.equal(parsePointer(text.replace("sha256", "sha1")), null);
});
