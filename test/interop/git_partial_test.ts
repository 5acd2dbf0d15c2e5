/** Partial clones, bundles and the log of a task repository: stock git in real workerd. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { CommitPage, RepositoryRef } from "../../worker/domain/task_repository_api.ts";
import { type GitHarness, testGitSteps } from "../fake/git_harness.ts";
import { assertSame, clone, commit, importHistory } from "../fake/git_work.ts";

const VERSIONS = ["2", "0"];

/** Types and counts of what a clone has, without fetching what it lacks. */
async function has(harness: GitHarness, folder: string): Promise<Record<string, number>> {
  const listed = await harness.git(
    folder,
    "cat-file",
    "--batch-all-objects",
    "--batch-check=%(objecttype)",
  );
  const counts: Record<string, number> = {};
  for (const type of listed.split("\n")) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}

async function clonePart(harness: GitHarness, name: string, version: string, ...options: string[]) {
  const folder = join(await harness.folder(), "part");
  const protocol = ["-c", `protocol.version=${version}`];
  await harness.git(".", ...protocol, "clone", "-q", ...options, harness.url(name), folder);
  await harness.git(folder, "config", "protocol.version", version);
  return folder;
}

testGitSteps("partial clones, bundles and the log of a task repository", {
  "a clone without blobs fetches each when it needs it": async (harness) => {
    const folder = await clone(harness, "partial");
    await commit(harness, folder, {
      "a.txt": "one\n",
      "dir/b.txt": "two\n",
      "large.bin": randomBytes(50_000),
    });
    await commit(harness, folder, { "a.txt": "three\n", "dir/sub/c.txt": "four\n" });
    await harness.git(folder, "push", "-q", "origin", "main");
    for (const version of VERSIONS) {
      const part = await clonePart(harness, "partial", version, "--no-checkout", "--filter=blob:none");
      assert.deepEqual(await has(harness, part), { commit: 3, tree: 6 });
      assert.equal(await harness.git(part, "show", "HEAD~1:a.txt"), "one");
      assert.deepEqual(await has(harness, part), { commit: 3, tree: 6, blob: 1 });
      await harness.git(part, "checkout", "-q", "main");
      assert.equal(await Deno.readTextFile(join(part, "dir/sub/c.txt")), "four\n");
      assert.equal(await harness.git(part, "fsck", "--full", "--strict"), "");
      await harness.git(
        part,
        "-c",
        "fetch.negotiationAlgorithm=noop",
        "fetch",
        "-q",
        "--refetch",
        "--no-filter",
      );
      await assertSame(harness, part, folder);
    }
  },

  "a clone leaves out large blobs only, or trees by their depth": async (harness) => {
    const source = await clone(harness, "partial");
    for (const version of VERSIONS) {
      const small = await clonePart(harness, "partial", version, "--no-checkout", "--filter=blob:limit=10k");
      assert.deepEqual(await has(harness, small), { commit: 3, tree: 6, blob: 5 });
      const none = await clonePart(harness, "partial", version, "--no-checkout", "--filter=tree:0");
      assert.deepEqual(await has(harness, none), { commit: 3 });
      assert.equal(await harness.git(none, "show", "HEAD:dir/sub/c.txt"), "four");
      const roots = await clonePart(harness, "partial", version, "--no-checkout", "--filter=tree:1");
      assert.deepEqual(await has(harness, roots), { commit: 3, tree: 3 });
      await harness.git(roots, "checkout", "-q", "main");
      assert.equal(
        await harness.git(roots, "rev-parse", "HEAD^{tree}"),
        await harness.git(source, "rev-parse", "HEAD^{tree}"),
      );
      const both = ["--depth", "1", "--filter=blob:none"];
      const shallow = await clonePart(harness, "partial", version, "--no-checkout", ...both);
      assert.deepEqual(await has(harness, shallow), { commit: 1, tree: 3 });
    }
    const refused = await harness.tryGit(
      ".",
      "clone",
      "-q",
      "--filter=sparse:oid=main",
      harness.url("partial"),
      "x",
    );
    assert.match(refused.stderr, /only the filters blob:none, blob:limit and tree are known here/);
  },

  "a partial clone commits, pushes, and goes on fetching what is new": async (harness) => {
    const part = await clonePart(harness, "partial", "2", "--filter=blob:none");
    await commit(harness, part, { "dir/b.txt": "from a partial clone\n" });
    await harness.git(part, "push", "-q", "origin", "main");
    const other = await clone(harness, "partial");
    await commit(harness, other, { "new.txt": "new\n", "large.bin": randomBytes(50_000) });
    await harness.git(other, "push", "-q", "origin", "main");
    await harness.git(part, "pull", "-q", "--ff-only");
    assert.equal(await Deno.readTextFile(join(part, "new.txt")), "new\n");
    await assertSame(harness, await clone(harness, "partial"), other);
  },

  "an object is fetched by its id, whether a ref reaches it or not": async (harness) => {
    const folder = await clone(harness, "byid");
    const gone = await commit(harness, folder, { "gone.txt": "gone\n" });
    await harness.git(folder, "push", "-q", "origin", "main");
    await harness.git(folder, "push", "-q", "-f", "origin", "main~1:main");
    const blob = await harness.git(folder, "rev-parse", `${gone}:gone.txt`);
    for (const version of VERSIONS) {
      const other = await clone(harness, "byid", "-c", `protocol.version=${version}`);
      assert.notEqual((await harness.tryGit(other, "cat-file", "-e", gone)).code, 0);
      for (const id of [blob, gone]) {
        await harness.git(other, "-c", `protocol.version=${version}`, "fetch", "-q", harness.url("byid"), id);
        assert.equal((await harness.tryGit(other, "cat-file", "-e", id)).code, 0);
      }
    }
    const missing = await harness.tryGit(folder, "fetch", "-q", harness.url("byid"), "1".repeat(40));
    assert.match(missing.stderr, /not our ref/);
  },

  "what is sent in part is sound, however packs overlap and deltas cross them": async (harness) => {
    const folder = await clone(harness, "overlap");
    await importHistory(harness, folder, 120);
    await harness.git(folder, "push", "-q", "origin", "main~80:refs/heads/main");
    await harness.git(folder, "push", "-q", "origin", "main~40:refs/heads/main");
    const elsewhere = await clone(harness, "overlap");
    await harness.git(folder, "push", "-q", "origin", "main");
    // Packs of everything, so that objects are in several packs.
    for (const [n, revision] of ["main~10", "main~60"].entries()) {
      const whole = join(await harness.folder(), "whole");
      await harness.git(".", "clone", "-q", "--no-local", folder, whole);
      await harness.git(whole, "checkout", "-q", "--orphan", "other", revision);
      await harness.git(whole, "commit", "-q", "-m", `orphan ${n}`);
      const tip = await harness.git(whole, "rev-parse", "HEAD");
      const list = join(whole, "list");
      await Deno.writeTextFile(list, tip + "\n");
      const packed = await new Deno.Command("sh", {
        args: ["-c", `git pack-objects --stdout --revs -q --delta-base-offset --window=50 < list`],
        cwd: whole,
      }).output();
      const command = `${"0".repeat(40)} ${tip} refs/heads/orphan${n}\0report-status\n`;
      const head = (command.length + 4).toString(16).padStart(4, "0") + command + "0000";
      const body = new Blob([head, packed.stdout as BlobPart]);
      const answer = await fetch(`${harness.url("overlap")}/git-receive-pack`, { method: "POST", body });
      assert.match(await answer.text(), /ok refs\/heads\/orphan/);
    }
    assert.ok(await harness.count("overlap", "SELECT sum(duplicate_count) AS n FROM packs") > 20);
    for (const wake of [false, true]) {
      if (wake) await harness.evict("overlap");
      const all = await clone(harness, "overlap");
      await assertSame(harness, all, folder);
      assert.equal(await harness.git(all, "rev-list", "--objects", "--all", "--quiet"), "");
      for (const ref of ["main~3", "main~45", "main~100"]) {
        const id = await harness.git(folder, "rev-parse", ref);
        const part = join(await harness.folder(), "part");
        await harness.git(".", "init", "-q", part);
        await harness.git(part, "fetch", "-q", harness.url("overlap"), id);
        assert.equal(await harness.git(part, "fsck", "--full", "--strict", "--no-dangling"), "");
        await harness.git(part, "fetch", "-q", harness.url("overlap"), "main");
        assert.equal(await harness.git(part, "fsck", "--full", "--strict", "--no-dangling"), "");
      }
    }
    await harness.git(elsewhere, "pull", "-q", "--ff-only");
    await assertSame(harness, elsewhere, folder);
  },

  "a bundle of a repository is cloned like the repository": async (harness) => {
    for (const name of ["overlap", "partial", "byid", "untouched"]) {
      const response = await fetch(`${harness.url(name)}/bundle`);
      assert.equal(response.headers.get("content-type"), "application/x-git-bundle");
      const folder = await harness.folder();
      const file = join(folder, "task.bundle");
      await Deno.writeFile(file, response.body!);
      await harness.git(await clone(harness, name), "bundle", "verify", "-q", file);
      const cloned = join(folder, "cloned");
      await harness.git(".", "clone", "-q", file, cloned);
      await assertSame(harness, cloned, await clone(harness, name));
      const refs = await harness.call<RepositoryRef[]>(name, "listRefs");
      const heads = await harness.git(".", "ls-remote", "--heads", file);
      assert.deepEqual(
        heads.split("\n").sort(),
        refs.map((ref) => `${ref.commit}\t${ref.name}`).sort(),
      );
    }
  },

  "the log is that of git, page by page, also while somebody pushes": async (harness) => {
    const folder = await clone(harness, "overlap");
    const expected = (await harness.git(folder, "log", "--format=%H|%P|%an|%ae|%at|%ct|%s")).split("\n");
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: { value: CommitPage } = await harness.call("overlap", "listCommits", "HEAD", 50, cursor);
      for (
        const { id, parents, authorName, authorEmail, authoredAtMs, committedAtMs, subject } of page.value
          .commits
      ) {
        const times = [authoredAtMs / 1_000, committedAtMs / 1_000];
        seen.push([id, parents.join(" "), authorName, authorEmail, ...times, subject].join("|"));
      }
      cursor = page.value.next;
      if (seen.length === 50) {
        await commit(harness, folder, { "during.txt": "x" });
        await harness.git(folder, "push", "-q", "origin", "main");
      }
    } while (cursor !== null);
    assert.deepEqual(seen, expected);
    const bad = await harness.call<unknown>("overlap", "listCommits", "HEAD", 50, "nonsense");
    assert.deepEqual(bad, { ok: false, error: { reason: "bad_cursor", cursor: "nonsense" } });
    const missing = await harness.call<unknown>("overlap", "listCommits", "refs/heads/nope", 50, null);
    assert.deepEqual(missing, { ok: false, error: { reason: "ref_not_found", ref: "refs/heads/nope" } });
  },
});
