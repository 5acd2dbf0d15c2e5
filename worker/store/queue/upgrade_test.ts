/// <reference lib="deno.ns" />
/** An object that version 0.1.0 left wakes up under this one: nothing is lost, and it happens once. */
import assert from "node:assert/strict";
import { createQueueRig, lineOf, OWNER, PROJECT, station, SUCCESS } from "../../../test/fake/queue_rig.ts";
import { createQueueSql, type FakeSql } from "../../../test/fake/queue_sql.ts";
import type { QueueState } from "../../domain/queue_state.ts";
import { createQueueStore } from "./store.ts";

const NAME = `${OWNER}/${PROJECT}`;

/** Writes a state the way version 0.1.0 did: a row each, in the order in which it came to be. */
function writeOld(sql: FakeSql, state: QueueState): void {
  const put = (table: string, columns: Record<string, string | number | null>) => {
    const names = Object.keys(columns);
    const query = `INSERT INTO ${table} (${names}) VALUES (${names.map(() => "?")})`;
    sql.run(query, ...Object.values(columns));
  };
  put("settings", { id: 1, body: JSON.stringify(state.settings) });
  for (const row of state.lines.values()) {
    put("lines", { id: row.id, version: row.version, body: JSON.stringify(row) });
  }
  for (const row of state.runners.values()) put("runners", { id: row.id, body: JSON.stringify(row) });
  for (const row of state.tokens.values()) {
    put("tokens", { hash: row.hash, body: JSON.stringify({ ...row, jobId: null, taskId: null }) });
  }
  put("tokens", {
    hash: "f00",
    body: JSON.stringify({ hash: "f00", kind: "job", name: "j", runnerId: null, jobId: "j", taskId: "t" }),
  });
  for (const row of state.tasks.values()) {
    const endedAtMs = "endedAtMs" in row.state ? row.state.endedAtMs : null;
    put("tasks", { id: row.id, ended_at_ms: endedAtMs, body: JSON.stringify(row) });
  }
  for (const [table, rows] of [["jobs", state.jobs], ["runs", state.runs]] as const) {
    for (const row of rows.values()) {
      put(table, { id: row.id, task_id: row.taskId, body: JSON.stringify(row) });
    }
  }
}

function oldObject() {
  const rig = createQueueRig();
  rig.line("tidy", lineOf([station("a"), station("b", { labels: ["gpu"] })]));
  const runner = rig.runner("ada", ["gpu"]);
  const ended = rig.submit("tidy");
  rig.work(runner, SUCCESS);
  rig.work(runner, SUCCESS);
  const atSecond = rig.submit("tidy");
  rig.work(runner, SUCCESS);
  const held = rig.submit("tidy");
  rig.take(runner);
  for (let n = 0; n < 3; n++) rig.submit("tidy");
  const sql = createQueueSql(true);
  writeOld(sql, rig.state);
  const event = { destination: "gate", action: "cancel", askId: "ask", reason: "r" } as const;
  const query = "INSERT INTO outbox (sequence, destination, body, created_at_ms) VALUES (?, ?, ?, ?)";
  for (const sequence of [41, 42, 43]) sql.run(query, sequence, "gate", JSON.stringify(event), 5);
  sql.run("DELETE FROM outbox WHERE sequence IN (41, 43)");
  return { rig, sql, ended, atSecond, held };
}

Deno.test("what version 0.1.0 left is taken over whole, and what has ended is found in the archive", () => {
  const { rig, sql, ended } = oldObject();
  for (const wake of ["first", "second"]) {
    const store = createQueueStore(sql, NAME);
    const state = store.load();
    assert.equal(state.tasks.has(ended.id), false, wake);
    const living = [...rig.state.tasks.values()].filter((task) => task.id !== ended.id);
    assert.deepEqual([...state.tasks.values()], living);
    const jobs = [...rig.state.jobs.values()].filter((job) => job.taskId !== ended.id);
    assert.deepEqual([...state.jobs.values()], jobs);
    assert.deepEqual([...state.tokens.keys()], [...rig.state.tokens.keys()], "tokens of runs are gone");
    assert.deepEqual([...state.tokens.values()], [...rig.state.tokens.values()]);
    assert.deepEqual([...state.runners], [...rig.state.runners]);
    assert.deepEqual([...state.lines], [...rig.state.lines]);
    assert.deepEqual(state.settings, rig.state.settings);
    assert.deepEqual(state.index.openJobs, rig.state.index.openJobs);
    for (const task of living) assert.equal(state.notes.get(task.id)?.hasLog, true, "its log was told all");
    const [runId] = rig.state.jobs.get(ended.jobIds[0]!)!.runIds;
    store.recall(state, "run", runId!);
    assert.deepEqual(state.tasks.get(ended.id), rig.task(ended.id));
    assert.deepEqual(state.runs.get(runId!), rig.state.runs.get(runId!));
    assert.equal(state.notes.get(ended.id)?.hasLog, true);
  }
});

Deno.test("events that wait keep their ids, and no id is ever used again", () => {
  const { rig, sql } = oldObject();
  const store = createQueueStore(sql, NAME);
  const state = store.load();
  assert.deepEqual(store.pending("gate", 10).map((row) => row.eventId), [`${NAME}:42`]);
  const event = { destination: "gate", action: "cancel", askId: "late", reason: "r" } as const;
  store.append(state, { changes: [], events: [event] }, rig.nowMs());
  assert.equal(store.pending("gate", 10).length, 1, "an event is pending once it is written");
  store.flush();
  assert.deepEqual(store.pending("gate", 10).map((row) => row.eventId), [`${NAME}:42`, `${NAME}:44`]);
});

Deno.test("a conversion that fails changes nothing, and the next one does it", () => {
  const { rig, sql } = oldObject();
  sql.failAfter(3);
  assert.throws(() => createQueueStore(sql, NAME).load(), /disk is full/);
  sql.failAfter(null);
  assert.equal(createQueueStore(sql, NAME).load().tasks.size, rig.state.tasks.size - 1);
});
