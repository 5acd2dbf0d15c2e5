/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { taskStatus } from "../../protocol/line/task.ts";
import {
  BOARD_STATES,
  boardQuery,
  isWhole,
  readBoardFilter,
  stateOf,
  statusesOf,
  tasksOf,
} from "./board_filter.ts";

Deno.test("every status of a task belongs to one state of the board", () => {
  const all = BOARD_STATES.flatMap(statusesOf);
  assert.deepEqual([...all].sort(), [...taskStatus.options].sort());
  for (const status of taskStatus.options) {
    assert.ok(statusesOf(stateOf({ status, hasAgentWaiting: false })).includes(status));
  }
  assert.equal(BOARD_STATES[0], "waiting");
});

Deno.test("a task whose agent waits for a person waits for a person, as long as the agent is at work", () => {
  const withAgent = (status: string) => stateOf({ status, hasAgentWaiting: true });
  assert.deepEqual(["claimed", "in_progress"].map(withAgent), ["waiting", "waiting"]);
  assert.deepEqual(["queued", "completed", "failed"].map(withAgent), ["queued", "completed", "failed"]);
  assert.deepEqual(tasksOf("waiting").waitingAgents, "too");
  assert.deepEqual(tasksOf("working").waitingAgents, "none");
});

Deno.test("a filter is read from its own address", () => {
  const query = {
    q: "long lines",
    line: "tidy",
    station: "format",
    label: "a&b=c",
    state: "queued",
    cursor: "x",
  };
  const filter = readBoardFilter(query);
  assert.deepEqual(Object.fromEntries(new URLSearchParams(boardQuery(filter, { cursor: "x" }))), query);
  assert.equal(boardQuery(filter).includes("cursor"), false, "another list begins at its beginning");
  assert.equal(boardQuery(filter, { state: null, label: null, text: "" }), "?line=tidy&station=format");
});

Deno.test("what cannot be is left out", () => {
  const filter = readBoardFilter({
    line: "../x",
    station: "",
    state: "lost",
    cursor: "c",
    label: "  ",
    q: " ",
  });
  assert.ok(isWhole(filter));
  assert.equal(filter.cursor, null);
  assert.equal(readBoardFilter({ q: "x".repeat(5_000) }).text.length, 200);
});
