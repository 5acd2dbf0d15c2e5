/** What the board asks of the history, against a real sqld. */
import assert from "node:assert/strict";
import { tasksOf } from "../worker/domain/board_filter.ts";
import { createHistoryReader } from "../worker/store/history/read.ts";
import { createRunnerReader } from "../worker/store/history/runner_read.ts";
import { createHistoryWriter } from "../worker/store/history/write.ts";
import { gate, line, row, run, task, value, withHistory } from "./fake/history.ts";

Deno.test("the board's revision changes with each task and each ask, also within one millisecond", () =>
  withHistory(async ({ url }) => {
    const writer = createHistoryWriter({ url });
    const reader = createHistoryReader({ url });
    const seen = [value(await reader.boardRevision())];
    const steps = [
      [row(1, task("t1", { updatedAtMs: 5 }))],
      [row(2, task("t2", { updatedAtMs: 5 }))],
      [row(3, task("t1", { updatedAtMs: 6, status: "claimed" }))],
      [row(4, gate("k1", { state: "open", openedAtMs: 6, endedAtMs: null }))],
      [row(5, gate("k2", { state: "open", openedAtMs: 7, endedAtMs: null }))],
      [row(6, gate("k1", { openedAtMs: 6 }))],
    ];
    for (const rows of steps) {
      await writer.apply(rows);
      seen.push(value(await reader.boardRevision()));
      assert.equal(value(await reader.boardRevision()), seen.at(-1), "and stays while nothing does");
    }
    assert.equal(new Set(seen).size, seen.length, seen.join(" "));
  }));

Deno.test("tasks are counted where they are, among those that the filter wants", () =>
  withHistory(async ({ url }) => {
    await createHistoryWriter({ url }).apply([
      row(1, task("t1")),
      row(2, task("t2")),
      row(3, task("t3", { stationId: "check", status: "claimed", labels: ["urgent"] })),
      row(4, task("t4", { status: "completed" })),
    ]);
    const reader = createHistoryReader({ url });
    const counts = async (filter: Parameters<typeof reader.countAtStations>[0]) =>
      value(await reader.countAtStations(filter)).map((c) => `${c.stationId} ${c.status} ${c.tasks}`).sort();
    const statuses = ["queued", "claimed"];
    assert.deepEqual(await counts({ statuses }), ["check claimed 1", "format queued 2"]);
    assert.deepEqual(await counts({ statuses, label: "urgent" }), ["check claimed 1"]);
    assert.deepEqual(await counts({ statuses, project: "other" }), []);
  }));

Deno.test("tasks whose agents wait for a person are among those that wait, and not among those at work", () =>
  withHistory(async ({ url }) => {
    const agent = { agentWait: "blocked", agentSays: "No key", agentRunId: "r1" };
    await createHistoryWriter({ url }).apply([
      row(1, task("t1", { status: "in_progress" })),
      row(2, task("t2", { status: "in_progress", ...agent })),
      row(3, task("t3", { status: "awaiting_review" })),
      row(4, task("t4", { status: "in_progress", ...agent })),
      row(5, task("t4", { status: "in_progress" })),
    ]);
    const reader = createHistoryReader({ url });
    const listed = async (state: "waiting" | "working") =>
      value(await reader.listTasks(tasksOf(state))).tasks
        .map(({ taskId, agentWait, agentSays }) => [taskId, agentWait, agentSays])
        .sort();
    assert.deepEqual(await listed("waiting"), [["t2", "blocked", "No key"], ["t3", null, null]]);
    assert.deepEqual(await listed("working"), [["t1", null, null], ["t4", null, null]]);
    const counts = value(await reader.countAtStations({ statuses: ["in_progress"] }));
    assert.deepEqual(
      counts.map(({ hasAgentWaiting, tasks }) => [hasAgentWaiting, tasks]).sort(),
      [[false, 2], [true, 1]],
    );
  }));

Deno.test("a line's outline is its newest version's stations, in order, and nothing that they are told", () =>
  withHistory(async ({ url }) => {
    const stations = [
      { id: "b", name: "Second", trigger: { promptTemplate: "secret words" } },
      { id: "a", name: "First" },
    ];
    const newest = { ...line("tidy", 2), definition: { stations } };
    await createHistoryWriter({ url }).apply([
      row(1, line("tidy", 1)),
      row(2, newest),
      row(3, line("gone", 1)),
      row(4, line("gone", 1, true)),
    ]);
    const outlines = value(await createHistoryReader({ url }).listLineOutlines({ owner: "acme" }));
    assert.deepEqual(outlines, [{
      owner: "acme",
      project: "site",
      lineId: "tidy",
      name: "tidy",
      stations: [{ id: "b", name: "Second" }, { id: "a", name: "First" }],
    }]);
  }));

Deno.test("the time that runs took is cut at the edges of its pieces, and what is under way lasts until now", () =>
  withHistory(async ({ url }) => {
    const ran = (sequence: number, claimedAtMs: number, endedAtMs: number | null) =>
      row(sequence, run(`r${sequence}`, { claimedAtMs, startedAtMs: claimedAtMs, endedAtMs }));
    await createHistoryWriter({ url }).apply([
      ran(1, 950, 1_050),
      ran(2, 1_090, 1_230),
      ran(3, 1_290, null),
      ran(4, 500, 900),
      ran(5, 1_110, 1_120),
    ]);
    const ask = { owner: "acme", project: "site", fromMs: 1_000, pieceMs: 100, pieces: 4, nowMs: 1_310 };
    const reader = createRunnerReader({ url });
    assert.deepEqual(value(await reader.busyMs(ask)), [50 + 10, 100 + 10, 30 + 10, 10]);
    assert.deepEqual(value(await reader.busyMs({ ...ask, project: "other" })), [0, 0, 0, 0]);
  }));
