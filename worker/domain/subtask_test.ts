/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { CAPABILITIES, SUBTASK_STATES, type SubtaskState } from "../../protocol/agent/subtask.ts";
import {
  allowedNext,
  findOwn,
  isOwn,
  type Mover,
  moveSubtask,
  NEXT,
  type Subtask,
  verdictOf,
} from "./subtask.ts";

const run = { runId: "r", jobId: "j", stationId: "make", taskId: "t" };
const operator: Mover = { name: "user:ada", capability: "operator", run: null };
const agent = (capability: Mover["capability"] = "implementor", more: object = {}): Mover => ({
  name: "agent",
  capability,
  run: { ...run, ...more },
});
const subtask = (state: SubtaskState, more: Partial<Subtask> = {}): Subtask => ({
  ...{ taskId: "t", id: "s:1", spec: "s", title: "T", requirementIds: [], stationId: null, state },
  ...{ agent: null, note: null, rationale: null, createdAtMs: 1, startedAtMs: null, endedAtMs: null },
  changedAtMs: 1,
  ...more,
});
const move = (state: SubtaskState, rationale: string | null = null) => ({ state, note: null, rationale });

/** Runtime 3.4, written down a second time by hand. */
const EDGES = new Set(
  ("pending>queued pending>dropped queued>in_progress queued>pending queued>dropped " +
    "in_progress>awaiting_verification in_progress>dropped awaiting_verification>done " +
    "awaiting_verification>pending_reevaluation awaiting_verification>dropped done>pending_reevaluation " +
    "pending_reevaluation>pending pending_reevaluation>dropped").split(" "),
);

Deno.test("of all pairs of states exactly those of the table exist, for the operator", () => {
  for (const from of SUBTASK_STATES) {
    for (const to of SUBTASK_STATES) {
      const moved = moveSubtask(subtask(from), operator, move(to, "because"), 5);
      assert.equal(moved.ok, EDGES.has(`${from}>${to}`), `${from}>${to}`);
      if (moved.ok) assert.deepEqual([moved.value.state, moved.value.changedAtMs], [to, 5]);
      else {assert.deepEqual(moved.error, {
          ...{ reason: "subtask_transition_refused", id: "s:1", state: from, to, allowedNext: NEXT[from] },
        });}
    }
  }
});

Deno.test("nobody takes an edge that the operator may not, and what is allowed is what moves", () => {
  for (const capability of CAPABILITIES) {
    for (const from of SUBTASK_STATES) {
      const mover = capability === "operator" ? operator : agent(capability);
      const allowed = allowedNext({ state: from }, capability);
      for (const to of SUBTASK_STATES) {
        const moved = moveSubtask(subtask(from), mover, move(to, "because"), 5);
        assert.equal(moved.ok, allowed.includes(to), `${capability}: ${from}>${to}`);
        assert.ok(!moved.ok || EDGES.has(`${from}>${to}`));
      }
    }
  }
});

Deno.test("an agent that works begins and hands in, and nothing else", () => {
  for (const capability of ["implementor", "ui_designer", "pr_reviewer", "pr_shepherd"] as const) {
    const pairs = SUBTASK_STATES.flatMap((from) =>
      allowedNext({ state: from }, capability).map((to) => `${from}>${to}`)
    );
    assert.deepEqual(pairs, ["queued>in_progress", "in_progress>awaiting_verification"]);
  }
});

Deno.test("dropping needs a rationale, and nothing leaves dropped", () => {
  const refused = moveSubtask(subtask("pending"), operator, move("dropped", " "), 5);
  assert.deepEqual(refused, { ok: false, error: { reason: "rationale_required", id: "s:1" } });
  assert.deepEqual(NEXT.dropped, []);
});

Deno.test("a subtask of another task or station is not an agent's own", () => {
  assert.equal(isOwn(subtask("queued"), agent("implementor", { taskId: "other" })), false);
  assert.equal(isOwn(subtask("queued", { stationId: "ship" }), agent()), false);
  const held = subtask("in_progress", { agent: { runId: "x", jobId: "y", stationId: "ship" } });
  const refused = moveSubtask(held, agent(), move("awaiting_verification"), 5);
  assert.deepEqual(refused, { ok: false, error: { reason: "subtask_not_own", id: "s:1" } });
});

Deno.test("a verifier does not verify the work of its own station", () => {
  const made = subtask("awaiting_verification", { agent: { runId: "x", jobId: "y", stationId: "make" } });
  assert.equal(moveSubtask(made, agent("verifier"), move("done"), 5).ok, false);
  assert.equal(moveSubtask(made, agent("verifier", { stationId: "check" }), move("done"), 5).ok, true);
});

Deno.test("who names no subtask means the one under way, else the only one, else is asked which", () => {
  const [one, two] = [subtask("queued"), subtask("queued", { id: "s:2" })];
  const underWay = subtask("in_progress", { id: "s:3" });
  const idOf = (list: readonly Subtask[], id?: string) => {
    const found = findOwn(list, agent(), id);
    return found.ok ? found.value.id : found.error.reason;
  };
  assert.equal(idOf([one]), "s:1");
  assert.equal(idOf([one, two]), "subtask_ambiguous");
  assert.equal(idOf([one, two, underWay]), "s:3");
  assert.equal(idOf([subtask("pending")]), "no_own_subtask");
  assert.equal(idOf([one], "s:9"), "subtask_not_found");
  assert.equal(idOf([subtask("queued", { stationId: "ship" })], "s:1"), "subtask_not_own");
});

Deno.test("a beginning notes the agent, a return forgets it", () => {
  const begun = moveSubtask(subtask("queued"), agent(), move("in_progress"), 7);
  assert.ok(begun.ok);
  assert.deepEqual([begun.value.agent?.runId, begun.value.startedAtMs], ["r", 7]);
  const back = moveSubtask({ ...begun.value, state: "pending_reevaluation" }, operator, move("pending"), 8);
  assert.ok(back.ok);
  assert.deepEqual([back.value.agent, back.value.startedAtMs], [null, null]);
});

Deno.test("a verification is passed when something passed and nothing failed", () => {
  const of = (...results: ("passed" | "failed" | "skipped")[]) =>
    verdictOf(results.map((result) => ({ result })));
  assert.equal(of("passed", "skipped"), "done");
  assert.equal(of("passed", "failed"), "pending_reevaluation");
  assert.equal(of("skipped"), "pending_reevaluation");
});
