/// <reference lib="deno.ns" />
/** What an agent is said to do. */
import assert from "node:assert/strict";
import { type ActivityEvent, isStalled, moveActivity, startActivity } from "./activity.ts";

const turnEnded: ActivityEvent = {
  kind: "signal",
  signal: { kind: "turn_ended", lastMessage: null, isInterrupted: false },
};
const toolStarted: ActivityEvent = {
  kind: "signal",
  signal: { kind: "tool_started", callId: null, tool: "bash", input: {} },
};

function after(...events: readonly ActivityEvent[]) {
  return events.reduce((state, event, at) => moveActivity(state, event, at + 1), startActivity(0));
}

Deno.test("completed stays over turns and tools, until a message is delivered", () => {
  const done: ActivityEvent = { kind: "declared", state: "completed", message: "all green" };
  assert.equal(after(done, turnEnded, toolStarted, turnEnded).activity, "completed");
  assert.equal(after(done, turnEnded, { kind: "message_delivered" }).activity, "thinking");
});

Deno.test("a declared wait outlasts its turn, and ends with the next tool", () => {
  const waits: ActivityEvent = { kind: "declared", state: "waiting", message: "which one?" };
  assert.deepEqual(after(waits, turnEnded).detail, "which one?");
  assert.equal(after(waits, turnEnded).activity, "waiting_for_input");
  assert.equal(after(waits, toolStarted).activity, "working");
  const ownCall = { kind: "tool_started", callId: null, tool: "shopfloor_af_status", input: {} } as const;
  assert.equal(after(waits, { kind: "signal", signal: ownCall }).activity, "waiting_for_input");
});

Deno.test("a wait that a hook saw ends with its turn", () => {
  const asks: ActivityEvent = { kind: "signal", signal: { kind: "waiting_for_input", about: "bash" } };
  assert.equal(after(asks).activity, "waiting_for_input");
  assert.equal(after(asks, turnEnded).activity, "idle");
});

Deno.test("heartbeats change nothing, and do not keep an agent from being stalled", () => {
  const busy = after(toolStarted);
  const beaten = moveActivity(busy, { kind: "heartbeat" }, 299_000);
  assert.deepEqual(beaten, busy);
  assert.equal(isStalled(beaten, 300_000), false);
  assert.equal(isStalled(beaten, 300_001), true);
});

Deno.test("who is idle or waits for a person is never stalled", () => {
  assert.equal(isStalled(after(turnEnded), 1e9), false);
  assert.equal(isStalled(after({ kind: "declared", state: "blocked", message: null }), 1e9), false);
});
