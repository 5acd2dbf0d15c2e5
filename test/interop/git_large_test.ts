/**
 * What is large or many: 50 MB in 10,000 objects, pushes up to the limit and above it, pushes that are cut off, twenty
 * clones at once. Stock git against `TaskRepository` in real workerd.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { RepositoryRef } from "../../worker/domain/task_repository_api.ts";
import { generateRepository, LARGE_REPOSITORY } from "../fake/git_generate.ts";
import { type GitHarness, testGitSteps } from "../fake/git_harness.ts";
import { cutPush, pushBody } from "../fake/git_raw_push.ts";
import { assertSame, clone, commit } from "../fake/git_work.ts";
import { until } from "../worker/until.ts";

const chunksOf = (harness: GitHarness, name: string) =>
  harness.count(name, "SELECT count(*) AS n FROM pack_chunks");

testGitSteps("large and many: stock git and a task repository", {
  "50 MB in 10,000 objects are pushed, cloned whole, and fetched in part": async (harness) => {
    const source = join(await harness.folder(), "source");
    await generateRepository(source, LARGE_REPOSITORY);
    const packed = await harness.git(source, "count-objects", "-v");
    assert.ok(Number(/in-pack: (\d+)/.exec(packed)?.[1]) >= 10_000, packed);
    assert.ok(Number(/size-pack: (\d+)/.exec(packed)?.[1]) >= 49_000, packed);
    const url = harness.url("big");
    await harness.git(source, "push", "-q", url, "main~3:refs/heads/big");
    await harness.git(source, "push", "-q", url, "main:refs/heads/big");
    assert.ok(await harness.count("big", "SELECT count(*) AS n FROM packs") === 3);
    const folder = await harness.folder();
    await harness.git(".", "clone", "-q", "--bare", url, join(folder, "whole"));
    const whole = join(folder, "whole");
    assert.equal(await harness.git(whole, "fsck", "--full", "--strict"), "");
    assert.equal(
      await harness.git(whole, "rev-parse", "big"),
      await harness.git(source, "rev-parse", "main"),
    );
    await harness.git(".", "clone", "-q", "--bare", "--depth", "1", "-b", "big", url, join(folder, "tip"));
    assert.equal(await harness.git(join(folder, "tip"), "fsck", "--full", "--strict"), "");
    assert.equal(await harness.git(join(folder, "tip"), "rev-list", "--count", "big"), "1");
  },

  "a push above the limit is refused with the limit, and one below it goes through": async (harness) => {
    const folder = await clone(harness, "limit");
    // Noise does not compress: trying costs the client many seconds.
    for (const setting of ["core.compression=0", "core.bigFileThreshold=1m", "gc.auto=0"]) {
      await harness.git(folder, "config", ...setting.split("="));
    }
    const large = (n: number) => ({ [`${n}.bin`]: randomBytes(28_000_000) });
    await commit(harness, folder, { ...large(0), ...large(1), ...large(2) });
    await harness.git(folder, "push", "-q", "origin", "main");
    const before = await chunksOf(harness, "limit");
    assert.ok(before > 300);
    await commit(harness, folder, { ...large(0), ...large(1), ...large(2), ...large(3) });
    const run = await harness.tryGit(folder, "push", "origin", "main");
    assert.notEqual(run.code, 0);
    assert.match(run.stderr, /remote unpack failed: the push is larger than 90 MB: push fewer commits/);
    assert.match(run.stderr, /main -> main \(unpacker error\)/);
    assert.equal(await chunksOf(harness, "limit"), before, "nothing of it stays");
  },

  "a push that is cut in the middle changes nothing, and the same push works afterwards": async (harness) => {
    const folder = await clone(harness, "cut");
    const tip = await commit(harness, folder, { "a.bin": randomBytes(3_000_000), "b.txt": "b\n" });
    const before = await harness.call<RepositoryRef[]>("cut", "listRefs");
    const body = await pushBody(folder, tip, "refs/heads/cut");
    for (const share of [0.5, 0.999]) {
      const hasArrived = () => until("it arrives", async () => await chunksOf(harness, "cut") > 2 || null);
      await cutPush(harness.url("cut"), body, Math.floor(body.length * share), hasArrived);
      // The object sees the cut when its next read fails, soon after the client is gone.
      await until("what had come is dropped", async () => await chunksOf(harness, "cut") === 1 || null);
      assert.deepEqual(await harness.call<RepositoryRef[]>("cut", "listRefs"), before);
    }
    // What an object leaves that is lost in the middle of a push.
    await harness.sql("cut", `INSERT INTO pack_chunks (key, data) VALUES (${99 * 4_096}, x'00')`);
    await harness.evict("cut");
    assert.deepEqual(await harness.call<RepositoryRef[]>("cut", "listRefs"), before);
    assert.equal(await chunksOf(harness, "cut"), 1, "waking drops what a lost object left");
    await harness.git(folder, "push", "-q", "origin", "HEAD:refs/heads/cut");
    assert.equal((await harness.call<RepositoryRef[]>("cut", "listRefs")).length, 2);
    const other = await clone(harness, "cut", "-c", "protocol.version=2");
    await harness.git(other, "checkout", "-q", "cut");
    await assertSame(harness, other, folder);
  },

  "twenty clones at once are all whole, also while somebody pushes": async (harness) => {
    const folder = await clone(harness, "many");
    const files = Object.fromEntries(
      Array.from({ length: 200 }, (_, n) => [`d${n % 9}/f${n}`, `${n}\n`.repeat(n)]),
    );
    await commit(harness, folder, files);
    await harness.git(folder, "push", "-q", "origin", "main");
    const tip = await commit(harness, folder, { "d1/f1": "changed\n" });
    const clones = Array.from(
      { length: 20 },
      (_, n) => clone(harness, "many", "-c", `protocol.version=${n % 2 === 0 ? 2 : 0}`),
    );
    await harness.git(folder, "push", "-q", "origin", "main");
    const parent = await harness.git(folder, "rev-parse", "HEAD~1");
    for (const cloned of await Promise.all(clones)) {
      const head = await harness.git(cloned, "rev-parse", "HEAD");
      assert.ok(head === tip || head === parent, head);
      assert.equal(await harness.git(cloned, "fsck", "--full", "--strict"), "");
    }
  },

  "of many pushes to each of several refs exactly one wins each": async (harness) => {
    const pushers = await Promise.all(Array.from({ length: 9 }, async (_, n) => {
      const folder = await clone(harness, "refsrace");
      const tip = await commit(harness, folder, { "who.txt": `${n}\n`.repeat(5_000) });
      return { folder, tip, ref: `refs/heads/r${n % 3}` };
    }));
    const runs = await Promise.all(
      pushers.map(({ folder, ref }) => harness.tryGit(folder, "push", "origin", `HEAD:${ref}`)),
    );
    const refs = new Map(
      (await harness.call<RepositoryRef[]>("refsrace", "listRefs")).map((r) => [r.name, r.commit]),
    );
    for (const ref of ["refs/heads/r0", "refs/heads/r1", "refs/heads/r2"]) {
      const winners = pushers.filter((pusher, n) => pusher.ref === ref && runs[n]!.code === 0);
      assert.equal(winners.length, 1, ref);
      assert.equal(refs.get(ref), winners[0]!.tip);
    }
    await harness.evict("refsrace");
    assert.equal(await harness.git(await clone(harness, "refsrace"), "fsck", "--full", "--strict"), "");
  },
});
