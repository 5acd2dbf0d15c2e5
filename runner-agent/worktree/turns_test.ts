import assert from "node:assert/strict";
import { join } from "node:path";
import { TURN_FILE_MAX_BYTES, TURNS_DROPPED_TOGETHER, TURNS_KEPT_MAX } from "../limits.ts";
import { commitAs, type Fixture, withFixture } from "./worktree_test_fixture.ts";

const RUN = "run-1";

interface World extends Fixture {
  write(path: string, text: string): Promise<void>;
  /** Ends a turn of the agent. */
  turn(prompt?: string): Promise<number>;
  rewind(turn: number): Promise<number>;
  /** All files of the worktree but git's, with what is in them. */
  files(): Promise<Record<string, string>>;
}

function withTurns(
  body: (world: World) => Promise<void>,
  files: readonly { path: string; text: string }[] = [],
) {
  return withFixture(async (fixture) => {
    const { manager, runDir } = fixture;
    const workspace = join(runDir(RUN), "workspace");
    const jobFiles = files.map((file) => ({ ...file, mayReplace: true }));
    const prepared = await manager.prepare(fixture.request(RUN, { files: jobFiles }));
    assert(prepared.ok, JSON.stringify(prepared));
    const head = async () => {
      const harvested = await manager.harvest(RUN);
      assert(harvested.ok, JSON.stringify(harvested));
      return harvested.value.headCommit;
    };
    await body({
      ...fixture,
      async write(path, text) {
        await Deno.mkdir(join(workspace, path, ".."), { recursive: true });
        await Deno.writeTextFile(join(workspace, path), text);
      },
      async turn(prompt = "go on") {
        const kept = await manager.turns.keep(RUN, { atMs: 7, prompt, headCommit: await head() });
        assert(kept.ok, JSON.stringify(kept));
        return kept.value.turn;
      },
      async rewind(turn) {
        const done = await manager.turns.rewind(RUN, turn, { atMs: 8, headCommit: await head() });
        assert(done.ok, JSON.stringify(done));
        return done.value.keptAs;
      },
      async files() {
        const found: Record<string, string> = {};
        const walk = async (dir: string) => {
          for await (const { name, isDirectory, isSymlink } of Deno.readDir(join(workspace, dir))) {
            const path = join(dir, name);
            if (name === ".git") continue;
            if (isDirectory) await walk(path);
            else {
              found[path] = isSymlink
                ? `-> ${await Deno.readLink(join(workspace, path))}`
                : await Deno.readTextFile(join(workspace, path));
            }
          }
        };
        await walk("");
        return found;
      },
    });
  });
}

Deno.test("each turn's files are kept, untracked ones too, and come back as they were", async () => {
  await withTurns(async ({ write, turn, rewind, files, manager, runDir, ...world }) => {
    const workspace = join(runDir(RUN), "workspace");
    const start = await files();
    await write("new/untracked.txt", "one");
    await Deno.symlink("untracked.txt", join(workspace, "new/link"));
    await Deno.chmod(join(workspace, "README.md"), 0o755);
    await write("empty.txt", "");
    assert.equal(await turn("first line\nsecond"), 1);
    const first = await files();
    await commitAs({ ...world, manager, runDir }, RUN, "committed.txt");
    await Deno.remove(join(workspace, "src"), { recursive: true });
    await write("src", "a file where a directory was");
    await write("new/untracked.txt", "two");
    assert.equal(await turn(), 2);
    const second = await files();

    await write("later.txt", "not in any turn");
    const third = await files();
    assert.equal(await rewind(1), 3);
    assert.deepEqual(await files(), first);
    assert.equal((await Deno.stat(join(workspace, "README.md"))).mode! & 0o100, 0o100);
    await rewind(2);
    assert.deepEqual(await files(), second);
    await rewind(3);
    assert.deepEqual(await files(), third);
    await rewind(0);
    assert.deepEqual(await files(), start);

    const listed = await manager.turns.list(RUN);
    assert(listed.ok);
    assert.deepEqual(listed.value.map(({ turn, kind, filesChanged }) => [turn, kind, filesChanged]), [
      [0, "start", 0],
      [1, "turn", 4],
      [2, "turn", 4],
      [3, "before_rewind", 1],
      [4, "before_rewind", 0],
      [5, "before_rewind", 0],
      [6, "before_rewind", 0],
    ]);
    assert.equal(listed.value[1]?.prompt, "first line\nsecond");
  });
});

Deno.test("ignored files are not kept and stay where they are, but for those that were committed", async () => {
  await withTurns(async ({ write, turn, rewind, files, agent }) => {
    await write(".gitignore", "*.log\n");
    await write("build.log", "one");
    await write("kept.log", "one");
    for (const args of [["add", "-f", "kept.log"], ["commit", "-qm", "a log"]]) {
      assert.equal((await agent(RUN, ...args)).code, 0);
    }
    await turn();
    await write("build.log", "two");
    await write("kept.log", "two");
    await rewind(1);
    assert.deepEqual((({ "build.log": build, "kept.log": kept }) => [build, kept])(await files()), [
      "two",
      "one",
    ]);
  });
});

Deno.test("what the runner has placed for the job is no part of a turn", async () => {
  await withTurns(async ({ write, turn, rewind, files, manager }) => {
    await write("brief.md", "changed by the agent");
    await write("README.md", "changed by the agent");
    await turn();
    const listed = await manager.turns.list(RUN);
    assert.equal(listed.ok && listed.value.at(-1)?.filesChanged, 0);
    await rewind(0);
    assert.equal((await files())["README.md"], "changed by the agent");
  }, [{ path: "brief.md", text: "the brief" }, { path: "README.md", text: "the runner's" }]);
});

Deno.test("nothing behind a link and nothing of a repository within is read or written", async () => {
  await withTurns(async ({ write, turn, rewind, files, root, runDir, git }) => {
    const workspace = join(runDir(RUN), "workspace");
    const outside = join(root, "outside");
    await Deno.mkdir(outside);
    await Deno.writeTextFile(join(outside, "a.txt"), "the host's");
    await write("inner/file.txt", "inner");
    await git(join(workspace, "inner"), "init", "--quiet");
    await git(join(workspace, "inner"), "config", "core.fsmonitor", `touch ${outside}/executed; false`);
    await turn();
    await Deno.remove(join(workspace, "src"), { recursive: true });
    await Deno.symlink(outside, join(workspace, "src"));
    await turn();
    assert.equal((await files())["src"], `-> ${outside}`);
    await rewind(1);
    assert.equal((await files())["src/a.txt"], "a\n");
    assert((await Deno.lstat(join(workspace, "src"))).isDirectory);
    assert.deepEqual([...Deno.readDirSync(outside)].map(({ name }) => name), ["a.txt"]);
    assert.equal(await Deno.readTextFile(join(outside, "a.txt")), "the host's");
    assert.equal((await files())["inner/file.txt"], "inner");
  });
});

Deno.test("a file that is too large is left as it is, and told", async () => {
  await withTurns(async ({ turn, rewind, manager, runDir }) => {
    const large = join(runDir(RUN), "workspace", "large.bin");
    await Deno.writeFile(large, new Uint8Array());
    await Deno.truncate(large, TURN_FILE_MAX_BYTES + 1);
    await turn();
    const listed = await manager.turns.list(RUN);
    assert.equal(listed.ok && listed.value.at(-1)?.filesLeftOut, 1);
    await rewind(0);
    assert.equal((await Deno.stat(large)).size, TURN_FILE_MAX_BYTES + 1);
  });
});

Deno.test("turns are in no repository that an agent reaches, and go with the run", async () => {
  await withTurns(async ({ write, turn, agent, manager, runDir }) => {
    await write("new.txt", "one");
    await turn();
    const refs = await agent(RUN, "for-each-ref", "--format=%(refname)");
    assert(!refs.stdout.includes("turns"), refs.stdout);
    assert.match((await agent(RUN, "status", "--porcelain")).stdout, /^\?\? new\.txt$/m);
    const prepared = await manager.prepare({ runId: RUN, taskId: "t1" } as never);
    assert(prepared.ok && prepared.value.mounts.every(({ source }) => !source.includes("turns.git")));
    await manager.remove(RUN);
    await assert.rejects(Deno.stat(runDir(RUN)), Deno.errors.NotFound);
  });
});

Deno.test("a fork is a repository with the agent's commits, and one of what was not committed", async () => {
  await withTurns(async ({ write, turn, manager, root, git, ...world }) => {
    const fork = async (number: number, branch: string, dir = join(root, "forks", branch)) => {
      const to = { branch, dir, originUrl: world.originDir };
      return { dir, done: await manager.turns.fork(RUN, number, to) };
    };
    await write("untracked.txt", "one");
    await turn("do the first thing");
    await Deno.remove(join(world.runDir(RUN), "workspace", "untracked.txt"));
    const head = await commitAs({ ...world, manager, root, git }, RUN, "committed.txt");
    await turn();

    const first = await fork(1, "try/first");
    assert(first.done.ok, JSON.stringify(first.done));
    assert.equal(await git(first.dir, "log", "--format=%s"), "Turn 1: do the first thing\nfirst");
    assert.equal(await git(first.dir, "status", "--porcelain", "--branch"), "## try/first");
    assert.equal(await Deno.readTextFile(join(first.dir, "untracked.txt")), "one");
    assert.equal(await git(first.dir, "remote", "get-url", "origin"), world.originDir);
    const second = await fork(2, "second");
    assert(second.done.ok && second.done.value.commit === head);
    assert.equal(await git(second.dir, "status", "--porcelain", "--branch"), "## second");
    await manager.remove(RUN);
    assert.equal(await git(first.dir, "fsck", "--no-progress"), "");
    await Deno.remove(join(world.dataDir, "cache"), { recursive: true }).catch(() => {});
    assert.match(await git(second.dir, "log", "-p"), /committed\.txt/);
  });
});

Deno.test("what cannot be is refused, and nothing is left of it", async () => {
  await withTurns(async ({ turn, manager, root, runDir }) => {
    const codeOf = (done: { readonly ok: boolean; readonly error?: { readonly code: string } }) =>
      done.error?.code;
    const to = { branch: "b", dir: join(root, "fork"), originUrl: null };
    assert.deepEqual(await manager.turns.list(RUN), { ok: true, value: [] });
    assert.equal(codeOf(await manager.turns.fork(RUN, 1, to)), "turn_not_found");
    await turn();
    const now = { atMs: 1, headCommit: "0".repeat(40) };
    assert.equal(codeOf(await manager.turns.rewind(RUN, 9, now)), "turn_not_found");
    assert.equal(codeOf(await manager.turns.fork(RUN, 1, { ...to, dir: root })), "directory_taken");
    for (const branch of ["-b", "a..b", "a b", "a.lock", "/a", "a/", "a~1", ""]) {
      assert.equal(codeOf(await manager.turns.fork(RUN, 1, { ...to, branch })), "branch_invalid", branch);
    }
    await assert.rejects(Deno.stat(to.dir), Deno.errors.NotFound);
    // A git that was killed has left its lock.
    await Deno.writeTextFile(join(runDir(RUN), "turns.git", "index.lock"), "");
    assert.equal(await turn(), 2);
  });
});

Deno.test("the oldest turns go when there are too many", async () => {
  await withTurns(async ({ write, turn, rewind, files, manager }) => {
    const dropsAt = TURNS_KEPT_MAX + TURNS_DROPPED_TOGETHER - 1;
    await turn();
    const harvested = await manager.harvest(RUN);
    assert(harvested.ok);
    const { headCommit } = harvested.value;
    for (let at = 2; at <= dropsAt; at++) {
      await write("counted.txt", String(at));
      assert((await manager.turns.keep(RUN, { atMs: at, prompt: null, headCommit })).ok);
    }
    const listed = await manager.turns.list(RUN);
    assert(listed.ok);
    assert.deepEqual([listed.value.length, listed.value[0]?.turn], [TURNS_KEPT_MAX, TURNS_DROPPED_TOGETHER]);
    await rewind(TURNS_DROPPED_TOGETHER);
    assert.equal((await files())["counted.txt"], String(TURNS_DROPPED_TOGETHER));
  });
});
