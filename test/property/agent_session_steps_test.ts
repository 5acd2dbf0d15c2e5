/// <reference lib="deno.ns" />
/**
 * The steps of a session under any order of what its CLI tells: each question has an answer that leads on, a wait is for later
 * than now, a session that was finished stays so, and time alone brings each of them to an end.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { ActivitySignal } from "../../runner-agent/agent_ports.ts";
import {
  closeQueue,
  isFinal,
  markEnteredTwice,
  markInterrupted,
  markPasted,
  settle,
  takeMessage,
} from "../../runner-agent/domain/agent/message_queue.ts";
import {
  booted,
  interrupted,
  isTurnRunning,
  newSession,
  type SessionState,
  told,
} from "../../runner-agent/domain/agent/session_state.ts";
import { nextSessionStep, type SessionView } from "../../runner-agent/domain/agent/session_step.ts";

const SETTINGS = { seed: Number(Deno.env.get("FC_SEED") ?? 20_261_102), numRuns: 500 };
const BUDGET = { tokens: 1_000, costUsd: null, turns: 20, wallMs: 600_000 };

const signal = fc.constantFrom<ActivitySignal>(
  { kind: "session_started", sessionId: "s", isResumed: false },
  { kind: "prompt_submitted", prompt: "the task" },
  { kind: "prompt_submitted", prompt: "typed by a person" },
  { kind: "tool_started", callId: null, tool: "bash", input: null },
  { kind: "tool_ended", callId: null, tool: "bash", output: null, isError: false },
  { kind: "waiting_for_input", about: "bash" },
  { kind: "turn_ended", lastMessage: null, isInterrupted: false },
  { kind: "turn_ended", lastMessage: null, isInterrupted: true },
  { kind: "turn_failed", message: "no model" },
  {
    kind: "usage",
    usage: { inputTokens: 300, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, costUsd: null },
  },
);
const action = fc.oneof(
  signal.map((value) => ({ kind: "signal" as const, value })),
  fc.integer({ min: 1, max: 40_000 }).map((ms) => ({ kind: "pass" as const, ms })),
  fc.boolean().map((isInterrupting) => ({ kind: "message" as const, isInterrupting })),
  fc.constant({ kind: "ready" as const }),
  fc.constant({ kind: "remind" as const }),
);

/** Takes steps until it has to wait; @returns until when. */
function settleDown(
  state: SessionState,
  view: SessionView,
): { readonly state: SessionState; readonly untilMs: number | null } {
  const { nowMs } = view;
  for (let steps = 0; steps < 50; steps++) {
    const step = nextSessionStep(state, view);
    switch (step.kind) {
      case "wait":
        assert.ok(
          step.untilMs === null || step.untilMs > nowMs,
          `waits until ${step.untilMs}, it is ${nowMs}`,
        );
        return { state, untilMs: step.untilMs };
      case "end":
        return { state, untilMs: null };
      case "look":
        view = { ...view, isAttached: false };
        break;
      case "finish":
        assert.equal(state.finish, null);
        state = { ...state, finish: step.finish };
        break;
      case "remind": {
        const taken = takeMessage(
          state.queue,
          { id: `r${nowMs}${steps}`, text: step.text, isInterrupting: false, expiresAtMs: null },
          nowMs,
        );
        state = { ...state, reminder: null, queue: taken.ok ? taken.value : state.queue };
        break;
      }
      case "interrupt":
        state = interrupted({ ...state, queue: markInterrupted(state.queue, nowMs) }, nowMs);
        break;
      case "paste":
        assert.ok(state.isReady, "nothing is pasted before the tools are there");
        state = {
          ...state,
          queue: markPasted(state.queue, step.id, { nowMs, isTurnRunning: isTurnRunning(state) }),
        };
        break;
      case "enter_again":
        state = { ...state, queue: markEnteredTwice(state.queue, step.id) };
        break;
      case "expire":
        state = { ...state, queue: settle(state.queue, step.id, { kind: "expired", atMs: nowMs }) };
        break;
      case "give_up":
        state = { ...state, queue: settle(state.queue, step.id, { kind: "unconfirmed", atMs: nowMs }) };
        break;
    }
  }
  throw new Error("the session never comes to a wait");
}

Deno.test("a session never spins, never waits for the past, ends once, and its time bounds it whatever its CLI tells", () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 50 }), (actions) => {
      let nowMs = 1_000;
      let state: SessionState = {
        ...booted(newSession(nowMs), null, nowMs),
        phase: { kind: "starting", isResume: false },
      };
      const task = takeMessage(state.queue, {
        id: "task",
        text: "the task",
        isInterrupting: false,
        expiresAtMs: null,
      }, nowMs);
      assert.ok(task.ok);
      state = { ...state, queue: task.value };
      const step = () => {
        const before = state.finish;
        const view = { nowMs, budget: BUDGET, isAttached: null, hasConcluded: false };
        const settled = settleDown(state, view);
        state = settled.state;
        if (before !== null) assert.deepEqual(state.finish, before);
        return settled.untilMs;
      };
      let messages = 0;
      for (const one of actions) {
        if (one.kind === "signal") state = told(state, one.value, nowMs).state;
        if (one.kind === "pass") nowMs += one.ms;
        if (one.kind === "ready") state = { ...state, isReady: true, phase: { kind: "running" } };
        if (one.kind === "remind") {
          state = { ...state, reminder: { text: "commit", untilMs: nowMs + 10_000 } };
        }
        if (one.kind === "message") {
          const input = {
            id: `m${messages++}`,
            text: "x",
            isInterrupting: one.isInterrupting,
            expiresAtMs: null,
          };
          const taken = takeMessage(state.queue, input, nowMs);
          assert.ok(taken.ok);
          state = { ...state, queue: taken.value };
        }
        step();
      }
      // A CLI that tells nothing any more: the budget of time is the last bound.
      for (let waits = 0; state.finish === null && waits < 2_000; waits++) nowMs = step() ?? nowMs + 60_000;
      assert.notEqual(state.finish, null);
      assert.ok(closeQueue(state.queue, nowMs, "over").messages.every(isFinal));
    }),
    SETTINGS,
  );
});
