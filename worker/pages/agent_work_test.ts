/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import type { SubtaskData } from "../../protocol/agent/subtask.ts";
import { AgentWork } from "./agent_work.tsx";

const subtask: SubtaskData = {
  ...{
    id: "login:1",
    taskId: "t",
    spec: "login",
    title: "<b>First</b>",
    requirementIds: [],
    stationId: null,
  },
  ...{
    state: "awaiting_verification",
    allowedNext: [],
    agent: { runId: "r", jobId: "j", stationId: "make" },
  },
  ...{
    note: null,
    rationale: null,
    createdAt: "",
    startedAt: null,
    endedAt: null,
    changedAt: "",
    outcomes: [],
  },
};
const entry = (type: "text" | "dropped", payload: Record<string, unknown>) => ({
  ...{ id: 1, runId: "r", stationId: "make", sequence: 0, at: "", atMs: 1_000 },
  ...{ type, payload },
});

Deno.test("subtasks and activity are shown as text, and nothing where there is nothing", () => {
  const html = String(AgentWork({
    subtasks: [subtask],
    activity: [entry("dropped", { events: 7, bytes: 9 }), entry("text", { text: "<script>" })],
    path: "/p/o/p/tasks/t",
    apiPath: "/api/t/events",
    nowMs: 61_000,
  }));
  assert.match(html, /Waits for verification.*login:1.*&lt;b&gt;First&lt;\/b&gt;.*at make/);
  assert.match(html, /7 older entries/);
  assert.ok(html.includes("&lt;script&gt;") && !html.includes("<script>"));
  assert.equal(String(AgentWork({ subtasks: [], activity: [], path: "", apiPath: "", nowMs: 0 })), "");
});
