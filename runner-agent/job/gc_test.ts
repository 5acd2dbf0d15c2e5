import assert from "node:assert/strict";
import { join } from "node:path";
import type { PolledJob } from "../../protocol/line/runner.ts";
import { DummyContainer, DummyWorld } from "../container/dummy_container.ts";
import { plainSpec, realClock } from "../container/test_world.ts";
import { collectRunGarbage, type GcResult } from "./gc.ts";
import { openJournal } from "./journal.ts";
import { runDirs } from "./run_dirs.ts";
import { lockRunner } from "./runner_lock.ts";
import { noteWorktreePlace } from "./worktree_places.ts";

const LONG = `known-${"x".repeat(60)}`;

/** A state with two journalled runs, one of them with a long id, and what a run left that no journal knows. */
async function withState(
  body: (rig: {
    readonly stateDir: string;
    readonly hubBase: string;
    readonly runtime: DummyContainer;
    /** @param worktrees Where the settings have them; else in the state. */
    gc(isDryRun?: boolean, worktrees?: string): Promise<readonly GcResult[]>;
    left(): string[];
  }) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "shopfloor-gc-" });
  const [stateDir, hubBase] = [`${root}/state`, `${root}/hubs`];
  await Deno.mkdir(stateDir);
  const world = new DummyWorld();
  const runtime = new DummyContainer({ world, instance: "r", clock: realClock });
  const journal = await openJournal(`${stateDir}/journal.db`);
  for (const runId of ["known", LONG]) {
    await journal.openRun({ id: `job-${runId}`, runId } as PolledJob & { runId: string });
  }
  journal.close();
  for (const runId of ["known", LONG, "dead"]) {
    await runtime.create(plainSpec({ runId }));
    const dirs = runDirs(stateDir, hubBase, runId);
    for (const dir of [dirs.home, dirs.hub, `${stateDir}/runs/${runId}/workspace`, `${stateDir}/logs`]) {
      await Deno.mkdir(dir, { recursive: true });
    }
    await Deno.writeTextFile(`${stateDir}/runs/${runId}/workspace/file`, "x".repeat(50_000));
    for (const end of ["log", "start.json"]) {
      await Deno.writeTextFile(`${stateDir}/logs/${runId}.${end}`, "{}");
    }
  }
  try {
    await body({
      stateDir,
      hubBase,
      runtime,
      async gc(isDryRun = false, worktrees = stateDir) {
        const results: GcResult[] = [];
        await collectRunGarbage({ stateDir, hubBase, worktrees, runtime }, {
          isDryRun,
          onResult: (one) => results.push(one),
        });
        return results;
      },
      left: () =>
        [`${stateDir}/sandboxes`, `${stateDir}/runs`, `${stateDir}/logs`, hubBase]
          .flatMap((dir) => [...Deno.readDirSync(dir)].map((entry) => entry.name)),
    });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const removed = (results: readonly GcResult[]) =>
  results.filter((one) => one.result === "removed").map((one) => one.kind);

Deno.test("gc removes what no journal knows, with sizes, and the second time nothing", async () => {
  await withState(async ({ gc, left, runtime }) => {
    const first = await gc();
    assert.deepEqual(removed(first), ["container", "sandbox_dir", "worktree", "hub_dir", "log", "log"]);
    assert.ok(first.find((one) => one.kind === "worktree" && one.result === "removed")!.bytes! >= 50_000);
    assert.ok(left().every((name) => !name.startsWith("dead")), left().join());
    assert.equal(left().length, 10, "two runs: a home, a worktree, a hub and two logs each");
    assert.deepEqual((await runtime.list()).map((record) => record.runId), ["known", LONG]);
    assert.deepEqual(removed(await gc()), []);
  });
});

Deno.test("gc --dry-run says the same and removes nothing", async () => {
  await withState(async ({ gc, left }) => {
    const before = left();
    const results = await gc(true);
    assert.equal(results.filter((one) => one.result === "would_remove").length, 6);
    assert.deepEqual(left(), before);
  });
});

Deno.test("gc finds the worktrees and caches where the settings have them, and where they had them before", async () => {
  await withState(async ({ gc, stateDir }) => {
    const [now, before] = [`${stateDir}/../now/r`, `${stateDir}/../before/r`];
    const cache = `${before}/repositories/${"a".repeat(32)}.git`;
    for (const dir of [`${now}/runs/known`, `${now}/runs/dead`, `${before}/runs/dead`, cache]) {
      await Deno.mkdir(dir, { recursive: true });
    }
    await Deno.writeTextFile(`${cache}.lock`, "");
    await Deno.utime(`${cache}.lock`, 0, 0);
    await noteWorktreePlace(stateDir, before);
    await noteWorktreePlace(stateDir, stateDir);
    const results = (await gc(false, now)).filter(({ kind }) => kind === "worktree" || kind === "cache");
    const gone = results.filter(({ result }) => result === "removed").map(({ name }) => name);
    assert.deepEqual(gone, [
      `${stateDir}/runs/dead`,
      join(now, "runs/dead"),
      join(before, "runs/dead"),
      join(cache),
    ]);
    assert.deepEqual([...Deno.readDirSync(`${now}/runs`)].map(({ name }) => name), ["known"]);
  });
});

Deno.test("gc leaves the containers of a runner that is at work", async () => {
  await withState(async ({ gc, stateDir, runtime }) => {
    using _lock = await lockRunner(`${stateDir}/lock`);
    const results = await gc();
    assert.ok(!removed(results).includes("container"));
    assert.match(results.find((one) => one.name === "dead")!.reason, /at work/);
    assert.equal((await runtime.list()).length, 3);
  });
});

Deno.test("gc keeps the directories of a container that it cannot remove, and says why", async () => {
  await withState(async ({ gc, runtime, left }) => {
    runtime.remove = () => Promise.reject(new Error("busy"));
    const failed = (await gc()).filter((one) => one.result === "failed");
    assert.deepEqual([failed[0]!.kind, failed[0]!.reason], ["container", "busy"]);
    assert.ok(failed.slice(1).every((one) => /could not be removed/.test(one.reason)));
    assert.ok(left().includes("dead"));
  });
});

Deno.test("gc touches nothing of a state whose journal cannot be read", async () => {
  await withState(async ({ gc, stateDir, left }) => {
    const before = left();
    // A file of its own: a connection that is closed ends with a garbage collection, and writes its log into the file that it had.
    for (const end of ["", "-wal", "-shm"]) {
      await Deno.remove(`${stateDir}/journal.db${end}`).catch(() => null);
    }
    await Deno.writeTextFile(`${stateDir}/journal.db`, "no database".repeat(1_000));
    const results = await gc();
    assert.deepEqual(results.map((one) => [one.kind, one.result]), [["state", "failed"]]);
    assert.deepEqual(left(), before);
  });
});

Deno.test("a cache of a repository goes when nobody has wanted it for a month, and a young one stays", async () => {
  await withState(async ({ stateDir, gc }) => {
    const [old, young] = ["a", "b"].map((name) => `${stateDir}/repositories/${name.repeat(32)}.git`);
    const dayMs = 86_400_000;
    for (const [path, days] of [[old!, 31], [young!, 1]] as const) {
      await Deno.mkdir(path, { recursive: true });
      await Deno.writeTextFile(`${path}.lock`, "");
      const usedAt = new Date(Date.now() - days * dayMs);
      await Deno.utime(`${path}.lock`, usedAt, usedAt);
    }
    const results = (await gc()).filter((one) => one.kind === "cache").map((one) => [one.name, one.result]);
    assert.deepEqual(results, [[old, "removed"], [young, "kept"]]);
    await Deno.stat(young!);
    await assert.rejects(Deno.stat(old!), Deno.errors.NotFound);
  });
});
