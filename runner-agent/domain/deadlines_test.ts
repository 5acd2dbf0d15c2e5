import assert from "node:assert/strict";
import { nextDeadline } from "./deadlines.ts";

const clock = { startedAtMs: 0, lastOutputAtMs: 0, idleTimeoutMinutes: 2, maxTimeoutMinutes: 60 };

Deno.test("nextDeadline() is the idle timeout while output is recent", () => {
  assert.deepEqual(nextDeadline({ ...clock, lastOutputAtMs: 30_000 }), {
    atMs: 150_000,
    reason: "idle_timeout",
  });
});

Deno.test("nextDeadline() is the maximum once output cannot put the end off any further", () => {
  assert.deepEqual(nextDeadline({ ...clock, lastOutputAtMs: 3_590_000 }), {
    atMs: 3_600_000,
    reason: "timeout",
  });
});

Deno.test("nextDeadline() says timeout when both fall together", () => {
  assert.equal(nextDeadline({ ...clock, idleTimeoutMinutes: 60 }).reason, "timeout");
});
