/**
 * Stock git against `TaskRepository` in real workerd: what a person or an agent does with a task's repository. After
 * each round trip `git fsck --full` must be clean. One workerd for all steps; the steps share repositories where one
 * goes on from what another made.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { RepositoryRef } from "../../worker/domain/task_repository_api.ts";
import { bodyOf } from "../fake/chunked_answer.ts";
import { testGitSteps } from "../fake/git_harness.ts";
import { makeOld } from "../fake/git_old_repository.ts";
import { assertSame, clone, commit, importHistory, numberedLines } from "../fake/git_work.ts";

testGitSteps("stock git and a task repository", {
  "a repository that nobody touched has one commit on main that names its task": async (harness) => {
    const folder = await clone(harness, "first");
    assert.equal(await harness.git(folder, "symbolic-ref", "HEAD"), "refs/heads/main");
    const format = "%an <%ae> %at %s";
    const log = await harness.git(folder, "log", `--format=${format}`);
    assert.equal(log, "Shopfloor <shopfloor@localhost> 1700000000 Repository of task first");
    assert.match(await Deno.readTextFile(join(folder, "README.md")), /^# Task first$/m);
    assert.equal(await harness.git(folder, "fsck", "--full", "--strict"), "");
    await harness.evict("first");
    const again = await harness.git(".", "ls-remote", harness.url("first"));
    const id = await harness.git(folder, "rev-parse", "HEAD");
    assert.equal(again, `${id}\tHEAD\n${id}\trefs/heads/main`);
  },

  "a thin pack of deltas is stored whole and cloned again": async (harness) => {
    const folder = await clone(harness, "thin");
    await commit(harness, folder, { "big.txt": numberedLines(20_000, "a"), "sub/dir/file.txt": "x\n" });
    await harness.git(folder, "push", "-q", "origin", "main");
    for (const mark of ["b", "c"]) {
      await commit(harness, folder, {
        "big.txt": numberedLines(20_000, "a") + mark,
        "sub/dir/file.txt": mark,
      });
    }
    const push = await harness.tryGit(folder, "push", "--progress", "origin", "main");
    assert.match(push.stderr, /\(delta [1-9]/, "git was expected to send deltas");
    for (const version of ["2", "0"]) {
      const tip = join(await harness.folder(), "tip");
      const options = ["-c", `protocol.version=${version}`, "clone", "-q", "--depth", "1"];
      await harness.git(".", ...options, harness.url("thin"), tip);
      assert.equal(await harness.git(tip, "fsck", "--full", "--strict"), "");
    }
    await assertSame(harness, await clone(harness, "thin"), folder);
    await assertSame(harness, await clone(harness, "thin", "-c", "protocol.version=0"), folder);
    await assertSame(harness, await clone(harness, "thin", "-c", "protocol.version=1"), folder);
  },

  "branches and annotated tags are pushed, fetched, forced and deleted": async (harness) => {
    const folder = await clone(harness, "refs");
    await commit(harness, folder, { "a.txt": "1" });
    await harness.git(folder, "tag", "-a", "v1", "-m", "one");
    await harness.git(folder, "push", "-q", "origin", "main", "v1", "main:refs/heads/topic");
    const other = await clone(harness, "refs");
    assert.equal(await harness.git(other, "cat-file", "-t", "v1"), "tag");
    assert.match(await harness.git(other, "ls-remote", "origin", "v1^{}"), /refs\/tags\/v1\^\{\}$/);

    await harness.git(folder, "commit", "-q", "--amend", "-m", "another");
    const rejected = await harness.tryGit(folder, "push", "origin", "HEAD:topic");
    assert.match(rejected.stderr, /non-fast-forward/);
    const replaced = await harness.git(folder, "rev-parse", "origin/topic");
    await harness.git(folder, "push", "-q", "-f", "origin", "HEAD:topic");
    await harness.git(folder, "tag", "-a", "v2", "-m", "two");
    await harness.git(folder, "push", "-q", "origin", "v2");
    await harness.git(other, "fetch", "-q");
    assert.equal(
      await harness.git(other, "rev-parse", "origin/topic"),
      await harness.git(folder, "rev-parse", "HEAD"),
    );
    assert.equal(await harness.git(other, "tag", "-l"), "v1\nv2");
    assert.equal(await harness.git(other, "fsck", "--full", "--strict"), "");

    await harness.git(folder, "push", "-q", "origin", "--delete", "topic");
    await harness.git(folder, "push", "-q", "-f", "origin", "main~1:main");
    await harness.git(folder, "push", "-q", "origin", "--delete", "v1");
    const fresh = await clone(harness, "refs");
    assert.notEqual(
      (await harness.tryGit(fresh, "cat-file", "-e", replaced)).code,
      0,
      "no ref reaches it any more",
    );
    await harness.git(folder, "push", "-q", "origin", "v1");
    const refs = await harness.call<RepositoryRef[]>("refs", "listRefs");
    assert.deepEqual(refs.map((ref) => ref.name), ["refs/heads/main", "refs/tags/v1", "refs/tags/v2"]);
    const main = await harness.tryGit(folder, "push", "origin", "--delete", "main");
    assert.match(main.stderr, /remote rejected.*refusing to delete the default branch/);
  },

  "a long history with merges is pushed, cloned and fetched step by step": async (harness) => {
    const folder = await clone(harness, "long");
    const bare = join(await harness.folder(), "follower");
    await importHistory(harness, folder, 300);
    const stops = ["main~250", "main~101", "main~3", "main"];
    for (const stop of stops) {
      await harness.git(folder, "push", "-q", "origin", `${stop}:refs/heads/main`);
      if (stop === stops[0]) await harness.git(".", "clone", "-q", harness.url("long"), bare);
      else await harness.git(bare, "pull", "-q", "--ff-only");
      assert.equal(
        await harness.git(bare, "rev-parse", "HEAD"),
        await harness.git(folder, "rev-parse", stop),
      );
    }
    await assertSame(harness, bare, folder);
    await harness.evict("long");
    await assertSame(harness, await clone(harness, "long"), folder);
  },

  "clients fetch only what they do not have": async (harness) => {
    const folder = await clone(harness, "long");
    await commit(harness, folder, { "one.txt": "one\n" });
    const other = await clone(harness, "long");
    await harness.git(folder, "push", "-q", "origin", "main");
    for (const version of ["2", "0"]) {
      const probe = join(await harness.folder(), "probe");
      await harness.git(".", "clone", "-q", other, probe);
      await harness.git(
        probe,
        "-c",
        `protocol.version=${version}`,
        "fetch",
        "-q",
        harness.url("long"),
        "main",
      );
      // One commit, one tree, one blob: small packs are unpacked to loose objects.
      assert.match(await harness.git(probe, "count-objects"), /^3 objects/);
    }
  },

  "a gzipped request is read, and a bomb of one is refused": async (harness) => {
    const post = async (text: string) => {
      const body = await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip")))
        .blob();
      const headers = { "content-encoding": "gzip", "git-protocol": "version=2" };
      return await fetch(`${harness.url("long")}/git-upload-pack`, { method: "POST", headers, body });
    };
    const listed = await (await post("0014command=ls-refs\n0000")).text();
    assert.match(listed, /[0-9a-f]{40} HEAD\n.*[0-9a-f]{40} refs\/heads\/main\n/s);
    const bomb = await post("0032want " + "1".repeat(50_000_000));
    assert.equal(bomb.status, 413);
    await bomb.body?.cancel();
    const headers = { "content-encoding": "gzip" };
    const garbage = await fetch(`${harness.url("long")}/git-upload-pack`, {
      method: "POST",
      headers,
      body: "plain",
    });
    assert.equal(garbage.status, 400);
    await garbage.body?.cancel();
  },

  "shallow clones are deepened by depth, date and name, and made whole": async (harness) => {
    for (const version of ["2", "0"]) {
      const protocol = ["-c", `protocol.version=${version}`];
      const folder = join(await harness.folder(), "shallow");
      const count = async () => Number(await harness.git(folder, "rev-list", "--count", "HEAD"));
      await harness.git(".", ...protocol, "clone", "-q", "--depth", "1", harness.url("long"), folder);
      assert.equal(await count(), 1);
      await harness.git(folder, ...protocol, "fetch", "-q", "--deepen", "2");
      assert.ok(await count() >= 3);
      await harness.git(folder, ...protocol, "fetch", "-q", "--depth", "2");
      assert.equal(await harness.git(folder, "fsck", "--full", "--no-dangling"), "");
      await harness.git(
        folder,
        ...protocol,
        "fetch",
        "-q",
        "--shallow-since",
        `${1_700_000_000 + 250 * 86_400}`,
      );
      const since = await count();
      assert.ok(since >= 50 && since <= 54, `${since} commits since day 250`);
      await harness.git(folder, ...protocol, "fetch", "-q", "--unshallow");
      assert.equal(await harness.git(folder, "rev-parse", "--is-shallow-repository"), "false");
      await assertSame(harness, folder, await clone(harness, "long"));
    }
    const folder = await clone(harness, "refs");
    await commit(harness, folder, { "b.txt": "after v1" });
    await harness.git(folder, "push", "-q", "origin", "HEAD:refs/heads/after");
    const excluded = join(await harness.folder(), "excluded");
    await harness.git(
      ".",
      "clone",
      "-q",
      "--branch",
      "after",
      "--shallow-exclude",
      "v1",
      harness.url("refs"),
      excluded,
    );
    assert.equal(await harness.git(excluded, "rev-list", "--count", "HEAD"), "1");
  },

  "a push from a shallow clone works, and what it would leave out is refused": async (harness) => {
    const folder = join(await harness.folder(), "shallow");
    await harness.git(".", "clone", "-q", "--depth", "1", harness.url("long"), folder);
    const tip = await commit(harness, folder, { "shallow.txt": "from a shallow clone\n" });
    await harness.git(folder, "push", "-q", "origin", "HEAD:refs/heads/from_shallow");
    const elsewhere = await harness.tryGit(folder, "push", harness.url("elsewhere"), "HEAD:refs/heads/holes");
    assert.equal(elsewhere.code, 1);
    assert.match(elsewhere.stderr, /remote unpack failed: missing commit [0-9a-f]{40}.*--unshallow/);
    assert.match(elsewhere.stderr, /remote rejected.*unpacker error/);
    const whole = await clone(harness, "long");
    await harness.git(whole, "checkout", "-q", "from_shallow");
    assert.equal(await harness.git(whole, "rev-parse", "HEAD"), tip);
  },

  "a large pack that nobody uses rests in R2, is cloned from there, and comes back for the next push": async (
    harness,
  ) => {
    const folder = await clone(harness, "rest");
    const bytes = randomBytes(9_000_000);
    await commit(harness, folder, { "large.bin": bytes, "small.txt": "small\n" });
    await harness.git(folder, "push", "-q", "origin", "main");
    const chunks = () => harness.count("rest", "SELECT count(*) AS n FROM pack_chunks");
    assert.ok(await chunks() > 30);
    assert.equal(await harness.countInR2("rest"), 0);
    await harness.advance("rest", 30 * 60_000);
    assert.ok(await chunks() > 30, "it may be needed again soon");
    await harness.advance("rest", 31 * 60_000);
    assert.equal(await chunks(), 1, "the pack of the first commit is small");
    assert.equal(await harness.countInR2("rest"), 2, "segments of 8 MiB");
    await harness.evict("rest");
    await assertSame(harness, await clone(harness, "rest"), folder);
    assert.equal(await chunks(), 1, "a full clone needs no look into a pack");
    const read = await harness.call<unknown>("rest", "readFile", "HEAD", "small.txt");
    assert.deepEqual(read, { ok: true, value: "small\n" });
    assert.ok(await chunks() > 30, "anything else does");
    await harness.advance("rest", 61 * 60_000);
    assert.equal(await chunks(), 1);
    await commit(harness, folder, { "large.bin": new Uint8Array([...bytes, 1, 2, 3]) });
    const push = await harness.tryGit(folder, "push", "--progress", "origin", "main");
    assert.match(push.stderr, /\(delta [1-9]/, push.stderr);
    const other = await clone(harness, "rest");
    await assertSame(harness, other, folder);
    assert.equal((await Deno.stat(join(other, "large.bin"))).size, 9_000_003);
    // A reader that reads nothing, of more than all buffers on its way hold.
    await commit(harness, folder, { "a.bin": randomBytes(20_000_000), "b.bin": randomBytes(20_000_000) });
    await harness.git(folder, "push", "-q", "origin", "main");
    const bundle = new URL(`${harness.url("rest")}/bundle`);
    const slow = await Deno.connect({ hostname: bundle.hostname, port: Number(bundle.port) });
    await slow.write(
      new TextEncoder().encode(
        `GET ${bundle.pathname} HTTP/1.1\r\nHost: ${bundle.host}\r\nConnection: close\r\n\r\n`,
      ),
    );
    assert.equal(await slow.read(new Uint8Array(1)), 1, "the answer has begun");
    await harness.advance("rest", 61 * 60_000);
    assert.ok(await chunks() > 30, "a pack stays while somebody reads it");
    const file = join(await harness.folder(), "slow.bundle");
    const answer = new Uint8Array(await new Response(slow.readable).arrayBuffer());
    await Deno.writeFile(file, bodyOf(answer).stream());
    await harness.git(folder, "bundle", "verify", "-q", file);
    await harness.advance("rest", 61 * 60_000);
    assert.equal(await chunks(), 2, "the second push was small");
  },

  "a repository from before there were packs is read, fetched and pushed to as ever": async (harness) => {
    const folder = await clone(harness, "old");
    const large = randomBytes(2_000_000);
    await commit(harness, folder, { "large.bin": large, "dir/a.txt": numberedLines(500, "old") });
    await harness.git(folder, "tag", "-a", "v1", "-m", "one");
    await makeOld(harness, "old", folder);
    await assertSame(harness, await clone(harness, "old"), folder);
    assert.match(await harness.git(folder, "ls-remote", "origin"), /refs\/tags\/v1\^\{\}$/);
    await commit(harness, folder, {
      "large.bin": new Uint8Array([...large, 1]),
      "dir/a.txt": numberedLines(500, "old") + "new\n",
    });
    const push = await harness.tryGit(folder, "push", "--progress", "origin", "main");
    assert.match(push.stderr, /\(delta [2-9]/, push.stderr);
    for (const version of ["2", "0"]) {
      const other = await clone(harness, "old", "-c", `protocol.version=${version}`);
      await assertSame(harness, other, folder);
      assert.equal((await Deno.stat(join(other, "large.bin"))).size, 2_000_001);
    }
  },

  "pages list and read files and see what changed": async (harness) => {
    const folder = await clone(harness, "views");
    const base = await commit(harness, folder, {
      "a.txt": "1\n2\n3\n",
      "gone.txt": "x\n",
      "dir/b.bin": new Uint8Array([0, 1]),
    });
    await Deno.remove(join(folder, "gone.txt"));
    await Deno.chmod(join(folder, "dir/b.bin"), 0o755);
    const head = await commit(harness, folder, {
      "a.txt": "1\ntwo\n3\n",
      "new.txt": "n\n",
      "c.bin": new Uint8Array([0]),
    });
    await harness.git(folder, "push", "-q", "origin", "main");
    const listed = await harness.call<{ value: unknown }>("views", "listFiles", "refs/heads/main", "dir");
    const objectId = await harness.git(folder, "rev-parse", "HEAD:dir/b.bin");
    assert.deepEqual(listed.value, [{ path: "dir/b.bin", mode: "executable", objectId, bytes: 2 }]);
    const read = await harness.call<unknown>("views", "readFile", head, "a.txt");
    assert.deepEqual(read, { ok: true, value: "1\ntwo\n3\n" });
    const missing = await harness.call<unknown>("views", "readFile", "HEAD", "nope");
    assert.deepEqual(missing, { ok: false, error: { reason: "path_not_found", ref: "HEAD", path: "nope" } });
    const diff = await harness.call<{ value: { changes: { path: string; kind: string; patch: string }[] } }>(
      "views",
      "diff",
      base,
      head,
    );
    const kinds = diff.value.changes.map((change) => `${change.kind} ${change.path}`);
    const expected = [
      "modified a.txt",
      "added c.bin",
      "mode_changed dir/b.bin",
      "deleted gone.txt",
      "added new.txt",
    ];
    assert.deepEqual(kinds, expected);
    const patches = diff.value.changes.map((change) => change.patch ?? "").join("");
    const target = await clone(harness, "views");
    await harness.git(target, "checkout", "-q", base);
    await Deno.writeTextFile(join(target, "..", "patch"), patches);
    await harness.git(target, "apply", "../patch");
    assert.equal(await Deno.readTextFile(join(target, "a.txt")), "1\ntwo\n3\n");
    assert.equal(await Deno.readTextFile(join(target, "new.txt")), "n\n");
    await assert.rejects(Deno.stat(join(target, "gone.txt")));
  },
});
