import assert from "node:assert/strict";
import { KEYS_ATTACHED_MS } from "../../limits.ts";
import { takeMessage } from "./message_queue.ts";
import { nextSessionStep } from "./session_step.ts";
import { booted, newSession, type SessionState, toolsListed } from "./session_state.ts";

const NO_BUDGET = { tokens: null, costUsd: null, turns: null, wallMs: null };
const VIEW = { budget: NO_BUDGET, hasConcluded: false, isAttached: null };

/** A session whose harness has just listed its tools at 1,000, with a message that waits. */
function listed(resumeWish: SessionState["resumeWish"]): SessionState {
  const start = booted(newSession(0), resumeWish, 0);
  const input = { id: "m", text: "go on", isInterrupting: false, expiresAtMs: null };
  const taken = takeMessage(start.queue, input, 0);
  assert.ok(taken.ok);
  return toolsListed({ ...start, phase: { kind: "running" }, queue: taken.value });
}

Deno.test("a harness is given what waits for it once it has its tools, in a first boot and in a later one", () => {
  for (const wish of [null, { kind: "exact", sessionId: "s" } as const]) {
    const state = listed(wish);
    assert.deepEqual(nextSessionStep(state, { ...VIEW, nowMs: 1_000 }), { kind: "paste", id: "m" });
    const before = nextSessionStep({ ...state, isReady: false }, { ...VIEW, nowMs: 1_000 });
    assert.equal(before.kind, "wait");
  }
});

Deno.test("who typed from afar keeps the session open as somebody attached does, for two minutes after the last key", () => {
  const over = {
    ...listed(null),
    queue: newSession(0).queue,
    turns: 1,
    turn: { kind: "over", atMs: 10_000 },
    keysAtMs: 9_000,
  } as const;
  const nowMs = 9_000 + KEYS_ATTACHED_MS;
  const look = (state: SessionState, atMs: number) => nextSessionStep(state, { ...VIEW, nowMs: atMs });
  assert.deepEqual(look(over, 20_000), { kind: "wait", untilMs: nowMs });
  assert.deepEqual(look(over, nowMs - 1), { kind: "wait", untilMs: nowMs });
  assert.deepEqual(look(over, nowMs), { kind: "look" }, "a terminal may be attached besides");
  assert.deepEqual(look({ ...over, keysAtMs: null }, 20_000), { kind: "look" });
  const concluded = nextSessionStep(over, { ...VIEW, hasConcluded: true, nowMs: 20_000, isAttached: false });
  assert.deepEqual(concluded.kind, "finish", "the station's end is its end");
});
