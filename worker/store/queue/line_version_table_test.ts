/// <reference lib="deno.ns" />
/** Versions of lines leave memory and the snapshot, and are found all the same. */
import assert from "node:assert/strict";
import {
  createQueueRig,
  lineOf,
  OWNER,
  PROJECT,
  type QueueRig,
  station,
  SUCCESS,
} from "../../../test/fake/queue_rig.ts";
import { createQueueSql, type FakeSql } from "../../../test/fake/queue_sql.ts";
import type { WritableQueueState } from "../../domain/apply_changes.ts";
import { findVersion, pageOfVersions } from "../../domain/line_catalog.ts";
import { moveTask, retryTask } from "../../domain/redirect.ts";
import { usedVersions } from "../../domain/used_versions.ts";
import { LINE_VERSIONS_KEPT, QUEUE_ROW_MAX_CHARS } from "../../limits.ts";
import { snapshotBlocks } from "./snapshot_codec.ts";
import { writeSnapshot } from "./snapshot_table.ts";
import { createQueueStore, type QueueStore } from "./store.ts";

const NAME = `${OWNER}/${PROJECT}`;
const MIGRATION = new URL("../../../migrations/job_queue/0003_create_line_version.sql", import.meta.url);

/** A queue over its store, which can be woken up anew at any moment. */
class Stored {
  readonly sql: FakeSql;
  store!: QueueStore;
  state!: WritableQueueState;
  rig!: QueueRig;
  #wakes = 0;

  constructor(sql = createQueueSql()) {
    this.sql = sql;
    this.wake();
  }

  /** What was not written is forgotten. Ids are of the time, which goes on. */
  wake(): void {
    const store = createQueueStore(this.sql, NAME);
    const state = store.load();
    this.store = store;
    this.state = state;
    this.rig = createQueueRig((before, decision, nowMs) => {
      store.append(before, decision, nowMs);
      store.flush();
    }, state);
    this.rig.advance(1_000 * ++this.#wakes);
  }

  get inMemory(): number[] {
    return [...this.state.lines.values()].map((line) => line.version).sort((a, b) => a - b);
  }

  get inSnapshot(): number[] {
    const found: number[] = [];
    for (const { body } of this.sql.rows("SELECT body FROM snapshot")) {
      for (const row of JSON.parse(body as string)) if (row[0] === "l") found.push(row[2]);
    }
    return found.sort((a, b) => a - b);
  }

  /** Puts the version `n`, which says so in its name. */
  put(n: number): void {
    this.rig.line("l", { ...lineOf([station("make"), station(`only${n}`)]), name: `version ${n}` });
  }
}

Deno.test("after a snapshot memory holds the newest version and those of living tasks, of two hundred", () => {
  const queue = new Stored();
  const alive = new Map<number, string>();
  for (let n = 1; n <= 200; n++) {
    queue.put(n);
    if (n === 20 || n === 150) alive.set(n, queue.rig.submit("l").id);
    if (n % 50 === 3) queue.rig.cancel(queue.rig.submit("l").id);
    // So many that they wake up in columns.
    if (n === 77) { for (let i = 0; i < 40; i++) queue.rig.submit("l"); }
  }
  assert.equal(queue.inMemory.length, 200);
  const versions = structuredClone([...queue.state.lines]);
  for (const when of ["after the snapshot", "after a wake-up", "after a snapshot behind it"]) {
    if (when === "after a wake-up") queue.wake();
    else queue.store.shorten(queue.state);
    assert.deepEqual(queue.inMemory, [20, 77, 150, 200], when);
    assert.deepEqual(queue.inSnapshot, [20, 77, 150, 200], when);
    for (const [key, line] of versions) assert.deepEqual(queue.state.lines.get(key), line, key);
    const page = pageOfVersions(queue.state, { lineId: "l", limit: 200 });
    assert.ok(page.ok);
    assert.deepEqual(
      page.value.rows.map((row) => row.name),
      Array.from({ length: 200 }, (_, at) => `version ${200 - at}`),
    );
    assert.equal(queue.state.lines.size, 4, "reading takes nothing into memory");
  }
  for (const [n, id] of alive) assert.equal(queue.state.tasks.get(id as never)?.lineVersion, n);
  assert.equal(findVersion(queue.state, "l", "201").ok, false);
});

Deno.test("a task on a version that left memory is retried, works, moves on, and its version leaves again", () => {
  const queue = new Stored();
  queue.put(1);
  const task = queue.rig.submit("l");
  const ada = queue.rig.runner("ada");
  queue.rig.work(ada, SUCCESS);
  queue.rig.work(ada, SUCCESS);
  queue.put(2);
  queue.store.shorten(queue.state);
  assert.deepEqual(queue.inMemory, [2], "a task that has ended holds no version, in memory or not");
  const input = { taskId: task.id, stationId: "only1" as never, reason: "again" };
  for (const isForgotten of [false, true]) {
    if (isForgotten) queue.store.forget(queue.state, Infinity);
    if (isForgotten) queue.store.recall(queue.state, "task", task.id);
    const retried = queue.rig.must((draft) => retryTask(draft, "user:ada", input));
    assert.deepEqual([retried.stationId, retried.lineVersion], ["only1", 1]);
    // Killed: the log says that the task lives, and only the table has its version.
    queue.wake();
    assert.deepEqual(queue.inMemory, [2]);
    const moved = { ...input, stationId: "make" as never };
    queue.rig.must((draft) => moveTask(draft, "user:ada", moved));
    queue.store.shorten(queue.state);
    assert.deepEqual(queue.inMemory, [1, 2], "it lives: its version is at hand");
    queue.wake();
    assert.deepEqual(queue.inMemory, [1, 2]);
    queue.rig.work(ada, SUCCESS);
    queue.rig.work(ada, SUCCESS);
    assert.equal(queue.rig.task(task.id).state.kind, "completed");
    queue.store.shorten(queue.state);
    assert.deepEqual([queue.inMemory, queue.inSnapshot], [[2], [2]]);
  }
  const rows = [...queue.sql.rows("SELECT version, part FROM line_version")];
  assert.deepEqual(rows.map((row) => [row["version"], row["part"]]), [[1, 0]], "it was written once");
});

Deno.test("a deleted line's versions stay what they were, and it goes on counting", () => {
  const queue = new Stored();
  queue.put(1);
  const deleted = { ...queue.state.lines.get("l@1")!, isDeleted: true };
  queue.rig.must((draft) => {
    draft.put({ kind: "line", row: deleted });
    return { ok: true, value: null };
  });
  queue.store.shorten(queue.state);
  assert.deepEqual(queue.inMemory, [1], "its newest version says that it is deleted");
  queue.wake();
  queue.put(2);
  queue.store.shorten(queue.state);
  queue.wake();
  assert.deepEqual(queue.inMemory, [2]);
  assert.deepEqual(queue.state.lines.get("l@1"), deleted);
});

Deno.test("a definition that is larger than a row is cut, and a list reads none of it", () => {
  const queue = new Stored();
  const text = "\u{1f600} what to do, at length; ".repeat(45_000);
  const files = { "a.md": text.slice(0, 200_000), "b.md": text.slice(0, 200_001), "c.md": text.slice(0, 9) };
  const line = { ...lineOf([station("make")]), description: "d" };
  queue.rig.line("l", line);
  const big = queue.state.lines.get("l@1")!;
  const definition = { ...big.definition, agenticsSpecFiles: { ...files, d: text, e: text } };
  queue.rig.must((draft) => {
    draft.put({ kind: "line", row: { ...big, definition } });
    return { ok: true, value: null };
  });
  queue.put(2);
  queue.store.shorten(queue.state);
  queue.wake();
  assert.deepEqual(queue.inMemory, [2]);
  const rows = [...queue.sql.rows("SELECT body, summary FROM line_version ORDER BY part")];
  assert.ok(rows.length > 3, `${rows.length} rows`);
  for (const { body } of rows) assert.ok((body as string).length <= QUEUE_ROW_MAX_CHARS);
  assert.ok(rows.every((row, part) => (row["summary"] !== null) === (part === 0)));
  assert.ok((rows[0]!["summary"] as string).length < 200);
  assert.deepEqual(queue.state.lines.get("l@1")?.definition, definition);
});

Deno.test("an object from before the table wakes up with every version, and moves them at its first write", () => {
  const old = createQueueRig();
  const text = "a long prompt. ".repeat(2_000);
  const put = (n: number) =>
    old.line("l", { ...lineOf([station("make", { promptTemplate: text })]), name: `version ${n}` });
  for (let n = 1; n <= 200; n++) {
    put(n);
    if (n === 9) old.submit("l");
  }
  const sql = createQueueSql();
  sql.run("DROP TABLE line_version");
  writeSnapshot(sql, 0, snapshotBlocks(old.state, new Set(old.state.lines.keys()), () => {}));
  sql.run(Deno.readTextFileSync(MIGRATION));
  const queue = new Stored(sql);
  assert.equal(queue.state.lines.size, 200);
  assert.ok(queue.store.isLong(), "the first write makes a snapshot");
  sql.failAfter(50);
  assert.throws(() => queue.store.shorten(queue.state), /disk is full/);
  sql.failAfter(null);
  queue.wake();
  assert.equal(queue.state.lines.size, 200, "nothing was moved by halves");
  queue.store.shorten(queue.state);
  assert.equal(queue.store.isLong(), false);
  assert.deepEqual(queue.inMemory, [9, 200]);
  queue.wake();
  assert.equal(queue.store.isLong(), false, "what is left is what is used");
  assert.deepEqual(usedVersions(queue.state), new Set(["l@9", "l@200"]));
  for (const [key, line] of old.state.lines) assert.deepEqual(queue.state.lines.get(key), line);
});

Deno.test("old versions go once no task is on them, and those of a deleted line at once", () => {
  const queue = new Stored();
  const ada = queue.rig.runner("ada");
  const kept = () => {
    const rows = [...queue.sql.rows("SELECT DISTINCT version FROM line_version ORDER BY version")];
    return rows.map((row) => row["version"] as number);
  };
  const put = (n: number) => {
    queue.rig.advance(1_000);
    queue.put(n);
    queue.rig.advance(1_000);
  };
  put(1);
  put(2);
  const ended = queue.rig.submit("l");
  queue.rig.cancel(ended.id);
  put(3);
  put(4);
  const living = queue.rig.submit("l");
  for (let n = 5; n <= LINE_VERSIONS_KEPT + 6; n++) put(n);
  queue.store.shorten(queue.state);
  assert.deepEqual(kept().slice(0, 3), [2, 7, 8], "4 is in memory; 1, 3, 5 and 6 are nobody's");
  assert.ok(queue.inMemory.includes(4));
  assert.equal(findVersion(queue.state, "l", "3").ok, false);
  const pages = ["8", "5", "3"].map((cursor) =>
    pageOfVersions(queue.state, { lineId: "l", limit: 1, cursor })
  );
  assert.deepEqual(pages.map((page) => page.ok && page.value.rows.map((row) => row.version)), [[7], [4], [
    2,
  ]]);
  assert.deepEqual(pages.map((page) => page.ok && page.value.nextCursor), ["7", "4", null]);
  queue.wake();
  queue.store.recall(queue.state, "task", ended.id);
  const retry = { taskId: ended.id, reason: "again" };
  const again = queue.rig.must((draft) => retryTask(draft, "user:ada", retry));
  assert.equal(again.lineVersion, 2, "what ended may be tried again on its own version");
  const deleted = { ...queue.state.lines.get(`l@${LINE_VERSIONS_KEPT + 6}`)!, isDeleted: true };
  queue.rig.must((draft) => {
    draft.put({ kind: "line", row: deleted });
    return { ok: true, value: null };
  });
  queue.store.shorten(queue.state);
  assert.deepEqual(kept(), [2], "nobody can ask for the others");
  assert.deepEqual(queue.inMemory, [2, 4, LINE_VERSIONS_KEPT + 6]);
  for (let n = 0; n < 4; n++) queue.rig.work(ada, SUCCESS);
  assert.equal(queue.rig.task(living.id).state.kind, "completed");
});
