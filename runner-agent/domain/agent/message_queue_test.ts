import assert from "node:assert/strict";
import {
  EMPTY_QUEUE,
  markEnteredTwice,
  markPasted,
  nextMessageStep,
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
