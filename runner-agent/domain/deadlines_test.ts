import assert from "node:assert/strict";
import { nextDeadline } from "./deadlines.ts";

const clock = {
  startedAtMs: 0,
  lastActivityAtMs: 0,
  idleTimeoutMinutes: 2,
  maxTimeoutMinutes: 60,
  concludedAtMs: null,
};

Deno.test("nextDeadline() is the idle timeout while output is recent", () => {
  assert.deepEqual(nextDeadline({ ...clock, lastActivityAtMs: 30_000 }), {
    atMs: 150_000,
    reason: "idle_timeout",
  });
});

Deno.test("nextDeadline() is the maximum once output cannot put the end off any further", () => {
  assert.deepEqual(nextDeadline({ ...clock, lastActivityAtMs: 3_590_000 }), {
    atMs: 3_600_000,
    reason: "timeout",
  });
});

Deno.test("nextDeadline() says timeout when both fall together", () => {
  assert.equal(nextDeadline({ ...clock, idleTimeoutMinutes: 60 }).reason, "timeout");
});

Deno.test("nextDeadline() bounds only the farewell of an agent that has concluded", () => {
  assert.deepEqual(nextDeadline({ ...clock, lastActivityAtMs: 0, concludedAtMs: 3_599_000 }), {
    atMs: 3_629_000,
    reason: "concluded",
  });
});
