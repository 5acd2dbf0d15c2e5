import assert from "node:assert/strict";
import {
  EMPTY_QUEUE,
  markEnteredTwice,
  markPasted,
  nextMessageStep,
  receiveRead,
  settle,
  takeMessage,
  turnEnded,
} from "./message_queue.ts";

/** A message of that many bytes, pasted at 1,000 ms. */
function pasted(bytes: number, isTurnRunning = false) {
  const input = { id: "m", text: "x".repeat(bytes), isInterrupting: false, expiresAtMs: null };
  const taken = takeMessage(EMPTY_QUEUE, input, 0);
  assert.ok(taken.ok);
  return markPasted(taken.value, "m", { nowMs: 1_000, isTurnRunning });
}

const idleAt = (nowMs: number) => ({ nowMs, isReady: true, isTurnRunning: false });

for (
  const { bytes, againMs, endMs } of [
    { bytes: 10, againMs: 6_001, endMs: 11_001 },
    { bytes: 200_000, againMs: 16_000, endMs: 31_000 },
  ]
) {
  Deno.test(`the receipt of ${bytes} bytes is waited for until ${endMs - 1_000} ms, with Enter again at half of it`, () => {
    let queue = pasted(bytes);
    assert.deepEqual(nextMessageStep(queue, idleAt(1_000)), { kind: "wait", untilMs: againMs });
    assert.deepEqual(nextMessageStep(queue, idleAt(againMs)), { kind: "enter_again", id: "m" });
    queue = markEnteredTwice(queue, "m");
    assert.deepEqual(nextMessageStep(queue, idleAt(againMs)), { kind: "wait", untilMs: endMs });
    assert.deepEqual(nextMessageStep(queue, idleAt(endMs)), { kind: "give_up", id: "m" });
  });
}

Deno.test("a long message that a turn held back has its whole time from the turn's end", () => {
  const queue = turnEnded(pasted(200_000, true), 50_000);
  assert.deepEqual(nextMessageStep(queue, idleAt(50_000)), { kind: "wait", untilMs: 65_000 });
});

const busyAt = (nowMs: number) => ({ ...idleAt(nowMs), isTurnRunning: true });

Deno.test("while a turn holds a message back no time runs out, and the box is looked at once", () => {
  for (const queue of [pasted(10, true), pasted(10, false)]) {
    assert.deepEqual(nextMessageStep(queue, busyAt(1_000)), { kind: "wait", untilMs: 6_000 });
    assert.deepEqual(nextMessageStep(queue, busyAt(6_000)), { kind: "enter_again", id: "m" });
    const entered = markEnteredTwice(queue, "m");
    assert.deepEqual(nextMessageStep(entered, busyAt(500_000)), { kind: "wait", untilMs: null });
    const over = turnEnded(entered, 500_000);
    assert.deepEqual(nextMessageStep(over, idleAt(500_000)), { kind: "wait", untilMs: 505_000 + 1 });
    assert.deepEqual(nextMessageStep(over, idleAt(505_001)), { kind: "enter_again", id: "m" });
    assert.deepEqual(nextMessageStep(over, idleAt(510_001)), { kind: "give_up", id: "m" });
  }
});

Deno.test("that a turn read a message is also known when it is told too late, but not of the same text typed before or after", () => {
  const queue = settle(turnEnded(pasted(10, true), 2_000), "m", { kind: "unconfirmed", atMs: 20_000 });
  const stateAt = (atMs: number) =>
    receiveRead(queue, { prompt: "x".repeat(10), atMs }, 30_000, 4).queue.messages[0]!.state;
  assert.deepEqual(stateAt(1_200), { kind: "confirmed", atMs: 30_000, turn: 4 });
  for (const atMs of [-1, 20_001]) assert.equal(stateAt(atMs).kind, "unconfirmed", String(atMs));
});
