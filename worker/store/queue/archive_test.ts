/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { createQueueSql } from "../../../test/fake/queue_sql.ts";
import { createQueueRig, lineOf, OWNER, PROJECT, station } from "../../../test/fake/queue_rig.ts";
import { emptyQueueState } from "../../domain/apply_changes.ts";
import { QUEUE_ROW_MAX_CHARS } from "../../limits.ts";
import { createArchive } from "./archive.ts";
import { rowsOfTask } from "./task_rows.ts";

const LONG = "\u{1f600} a long story, ".repeat(235).slice(0, 4_000);
const DESCRIPTION = "what to do, at length. ".repeat(11_000);
const STATIONS = Array.from({ length: 100 }, (_, n) => `s${n}`);

Deno.test("a task that is too much for one row is archived in several, and read back by any of its ids", () => {
  const rig = createQueueRig();
  rig.line("long", lineOf(STATIONS.map((id) => station(id))));
  rig.line("short", lineOf([station("only")]));
  const runner = rig.runner("ada");
  const before = rig.submit("short");
  const big = rig.submit("long", { description: DESCRIPTION });
  const after = rig.submit("short");
  const report = { jobResult: "success", exitCode: 0, error: LONG, summary: LONG } as const;
  for (let n = 0; n < STATIONS.length + 2; n++) rig.work(runner, report);

  const sql = createQueueSql();
  const tasks = [before, big, after].map(({ id }) => rig.task(id));
  createArchive(sql).addFrom(rig.state, tasks);
  const bodies = [...sql.rows("SELECT body FROM archive")].map(({ body }) => body as string);
  assert.ok(bodies.join("").length > 2 * QUEUE_ROW_MAX_CHARS, "there is something to cut");
  for (const body of bodies) assert.ok(body.length <= QUEUE_ROW_MAX_CHARS, `${body.length} characters`);

  for (const task of tasks) {
    const ids = [["task", task.id], ...task.jobIds.map((id) => ["job", id])] as ["task" | "job", string][];
    for (const [kind, id] of [ids[0]!, ids.at(-1)!]) {
      const state = emptyQueueState(OWNER, PROJECT);
      const found = createArchive(sql).load(state, kind, id);
      assert.deepEqual(found, task);
      assert.deepEqual(rowsOfTask(state, task), rowsOfTask(rig.state, task));
    }
  }
  for (const id of ["", "z", "\u007f"]) {
    assert.equal(createArchive(sql).load(emptyQueueState(OWNER, PROJECT), "task", id), null);
  }
});

Deno.test("the archive keeps its newest pages: an object that is full could write nothing", () => {
  const rig = createQueueRig();
  rig.line("short", lineOf([station("only")]));
  const runner = rig.runner("ada");
  const archive = createArchive(createQueueSql(), 3);
  const ids = Array.from({ length: 5 }, () => {
    const { id } = rig.submit("short");
    rig.work(runner, { jobResult: "success", exitCode: 0, error: null });
    archive.addFrom(rig.state, [rig.task(id)]);
    return id;
  });
  const found = ids.map((id) => archive.load(emptyQueueState(OWNER, PROJECT), "task", id)?.id ?? null);
  assert.deepEqual(found, [null, null, ...ids.slice(2)]);
});
