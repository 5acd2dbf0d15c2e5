/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { commandView, doneCommand, isLate, newCommand, wireCommand } from "./agent_command.ts";

const WISH = {
  id: "c1",
  runId: "r1",
  by: "user:ada",
  kind: "message",
  text: "hi",
  interrupt: false,
  keys: [],
} as const;

Deno.test("a message with a time tells its runner how much of it is left, and people when it ends", () => {
  const row = newCommand({ ...WISH, expiresInS: 60 }, 1_000);
  const left = (nowMs: number) => (wireCommand(row, nowMs) as { expiresInMs?: number }).expiresInMs;
  assert.deepEqual([1_000, 31_000, 61_000, 99_000].map(left), [60_000, 30_000, 0, 0]);
  assert.deepEqual([60_999, 61_000].map((nowMs) => isLate(row, nowMs)), [false, true]);
  assert.equal(commandView(row).expiresAt, "1970-01-01T00:01:01.000Z");
  assert.ok(!("expiresAtMs" in commandView(doneCommand(row, { outcome: "expired", detail: null }, 61_000))));
});

Deno.test("a message without a time is never late", () => {
  const row = newCommand(WISH, 1_000);
  assert.deepEqual(wireCommand(row, 1_000), {
    ...{ runId: "r1", commandId: "c1", kind: "message", text: "hi", interrupt: false },
  });
  assert.equal(isLate(row, Number.MAX_SAFE_INTEGER), false);
  assert.equal(commandView(row).expiresAt, null);
});
