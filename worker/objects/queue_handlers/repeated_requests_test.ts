/// <reference lib="deno.ns" />
/** Requests about subtasks and agents that come again with their key, when the object ended before, in or behind a write. */
import assert from "node:assert/strict";
import type { TaskId } from "../../../protocol/ids.ts";
import type { Result } from "../../../protocol/result.ts";
import type { Caller } from "../../domain/caller.ts";
import { createCommandTable } from "../../store/queue/command_table.ts";
import { createQueueStore } from "../../store/queue/store.ts";
import { openQueueParts } from "./queue_parts_test_rig.ts";
import { createQueueRig, lineOf, OWNER, PROJECT, station } from "../../../test/fake/queue_rig.ts";
import { createQueueSql } from "../../../test/fake/queue_sql.ts";
import type { OpenQueue } from "../open_queue.ts";
import { commandHandlers } from "./command_handlers.ts";
import { subtaskHandlers } from "./subtask_handlers.ts";

const LONG = "what to say, at length. ".repeat(1_000);
const NOTHING = { text: null, interrupt: false, keys: [] };
const admin = (key: string): Caller => ({ kind: "admin", via: "token", once: { key, fingerprint: key } });

/** A database with a task that runs, and objects that open it one after another. */
function world() {
  const sql = createQueueSql();
  const rig = createQueueRig();
  rig.line("l", lineOf([station("make")]));
  rig.submit("l");
  const { run } = rig.take(rig.runner("ada"));
  const store = createQueueStore(sql, `${OWNER}/${PROJECT}`);
  const before = store.load();
  for (const { changes } of rig.decisions) store.append(before, { changes, events: [] }, rig.nowMs());
  store.flush();

  const open = () => openQueueParts(sql, rig.nowMs);
  const count = (table: string) => [...sql.rows(`SELECT count(*) AS n FROM ${table}`)][0]!["n"] as number;
  return { sql, open, count, taskId: run.taskId, runId: run.id };
}

type World = ReturnType<typeof world>;
type Request = (queue: OpenQueue, world: World) => Result<unknown, unknown>;

const subtask = (id: string) =>
  ({ id, title: "t", spec: null, requirementIds: [], stationId: null, state: "queued" }) as const;
const create = (key: string, ...ids: string[]): Request => (queue, { taskId }) =>
  subtaskHandlers.createSubtasks(queue, admin(key), {
    ...{ taskId, subtasks: ids.map(subtask), isRepeatFine: false },
  }) as never;
const move = (state: "in_progress" | "awaiting_verification"): Request => (queue, { taskId }) =>
  subtaskHandlers.moveSubtask(queue, admin(state), {
    ...{ taskId, subtaskId: "one", state, note: null, rationale: null },
  }) as never;
const verify: Request = (queue, { taskId }) =>
  subtaskHandlers.verifySubtask(queue, admin("verify"), {
    ...{ taskId, subtaskId: "one", outcomes: [{ checkId: "c", result: "passed", detail: LONG }] },
  }) as never;
const say = (text: string): Request => (queue, { runId }) =>
  commandHandlers.commandAgent(queue, admin("say"), {
    ...{ runId, wish: { ...NOTHING, kind: "message", text } },
  }) as never;

/** What is asked for, what must be there before, and what it leaves behind: table and rows. */
const CASES: readonly (readonly [string, readonly Request[], Request, string, number])[] = [
  ["a subtask", [], create("make", "one"), "subtask", 1],
  [
    "more subtasks than an answer that is kept has",
    [],
    create("make", ...Array.from({ length: 90 }, (_, n) => `s${n}`)),
    "subtask",
    90,
  ],
  ["a move", [create("make", "one")], move("in_progress"), "subtask", 1],
  [
    "a verification",
    [create("make", "one"), move("in_progress"), move("awaiting_verification")],
    verify,
    "subtask_outcome",
    1,
  ],
  ["a message", [], say("hello"), "agent_command", 1],
  ["a message that is longer than an answer that is kept", [], say(LONG), "agent_command", 1],
];

for (const [name, before, request, table, rows] of CASES) {
  Deno.test(`${name} that is asked for again takes effect once, wherever the object ended`, () => {
    // Killed right behind the decision; the write fails at its n-th statement; killed behind the write.
    for (const failAfter of ["killed", 0, 1, 2, 3, "written"] as const) {
      const made = world();
      const { sql, open, count } = made;
      const first = open();
      for (const earlier of before) assert.equal(earlier(first.queue, made).ok, true);
      first.endTurn();
      if (typeof failAfter === "number") sql.failAfter(failAfter);
      let answered: unknown = null;
      try {
        answered = request(first.queue, made);
        if (failAfter !== "killed") first.endTurn();
      } catch {
        // As the platform does with an object that was aborted.
      }
      sql.failAfter(null);
      const second = open();
      const again = request(second.queue, made);
      assert.equal(again.ok, true, `${failAfter}: ${JSON.stringify(again)}`);
      if (failAfter === "written") assert.deepEqual(again, answered);
      second.endTurn();
      assert.equal(count(table), rows, String(failAfter));
    }
  });
}

Deno.test("what was refused writes nothing, and its key is free", () => {
  const made = world();
  const { queue, endTurn } = made.open();
  assert.equal(create("a", "one")(queue, made).ok, true);
  assert.equal(create("b", "two", "one")(queue, made).ok, false);
  assert.equal(create("b", "two")(queue, made).ok, true);
  endTurn();
  assert.equal(made.count("subtask"), 2);
});

Deno.test("a key that was used for something else is refused, and nothing is made", () => {
  const made = world();
  const { queue } = made.open();
  const input = { taskId: made.taskId as TaskId, isRepeatFine: false };
  const other: Caller = { kind: "admin", via: "token", once: { key: "make", fingerprint: "other" } };
  assert.equal(create("make", "one")(queue, made).ok, true);
  const refused = subtaskHandlers.createSubtasks(queue, other, { ...input, subtasks: [subtask("two")] });
  assert.deepEqual(refused, { ok: false, error: { reason: "idempotency_key_reused" } });
  assert.equal(made.count("subtask"), 1);
});

Deno.test("a run's end and the end of its commands are one write", () => {
  const made = world();
  const { sql, open } = made;
  const { queue, endTurn } = open();
  assert.equal(say("hello")(queue, made).ok, true);
  const openCommands = () => createCommandTable(sql).open(made.runId).length;
  const finish = () =>
    queue.core.run((draft) => {
      const run = draft.run(made.runId)!;
      const state = { kind: "finished", outcome: "success", report: null, endedAtMs: draft.nowMs } as const;
      draft.put({ kind: "run", row: { ...run, state } });
      return { ok: true, value: null };
    });
  finish();
  assert.equal(openCommands(), 1, "the end is not written yet");
  endTurn();
  assert.equal(openCommands(), 0);
});
