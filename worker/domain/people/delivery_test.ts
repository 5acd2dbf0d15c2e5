/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import fc from "fast-check";
import { WEBHOOK_FAILING_MAX_MS, WEBHOOK_RETRY_AFTER_MAX_MS, WEBHOOK_TRIES_AFTER_MS } from "../../limits.ts";
import { judgeTry, retryAfterMs, type TryOutcome } from "./delivery.ts";
import { healthAfter, signingGenerations } from "./endpoint.ts";

const answered = (status: number, retryAfter: string | null = null, excerpt = ""): TryOutcome => ({
  kind: "answered",
  status,
  retryAfter,
  excerpt,
});
const judge = (outcome: TryOutcome, tries = 1, nowMs = 1_000, random = 0) =>
  judgeTry(outcome, { tries, startedMs: nowMs - 10, nowMs, random });

Deno.test("only 2xx is success", () => {
  for (let status = 100; status < 600; status++) {
    const { state } = judge(answered(status));
    assert.equal(
      state,
      status >= 200 && status < 300 ? "delivered" : status === 410 ? "failed" : "pending",
      `${status}`,
    );
  }
});

Deno.test("the tries follow the schedule of the standard and end with it", () => {
  const hours = (n: number) => n * 3_600_000;
  let nowMs = 0;
  const at: number[] = [];
  for (let tries = 1; tries < 99; tries++) {
    at.push(nowMs);
    const { nextTryAtMs, state } = judge(answered(500), tries, nowMs);
    assert.equal(state, nextTryAtMs === null ? "failed" : "pending");
    if (nextTryAtMs === null) break;
    nowMs = nextTryAtMs;
  }
  const pauses = at.slice(1).map((ms, i) => ms - at[i]!);
  assert.deepEqual(pauses, [5_000, 300_000, 1_800_000, ...[2, 5, 10, 14, 20, 24].map(hours)]);
  assert.equal(at.length, WEBHOOK_TRIES_AFTER_MS.length);
});

Deno.test("jitter makes a pause longer by a tenth at most, and never shorter", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (tries, random) => {
        const pauseMs = judge(answered(500), tries, 0, random).nextTryAtMs!;
        const least = WEBHOOK_TRIES_AFTER_MS[tries]!;
        assert.ok(least <= pauseMs && pauseMs <= least * 1.1 + 1);
      },
    ),
  );
});

Deno.test("a receiver that is overloaded is left alone, for as long as it asks but no longer than a day", () => {
  for (const status of [429, 502, 504]) assert.equal(judge(answered(status)).throttledUntilMs, 61_000);
  assert.equal(judge(answered(500)).throttledUntilMs, null);
  const asked = judge(answered(503, "120"));
  assert.deepEqual([asked.throttledUntilMs, asked.nextTryAtMs], [121_000, 121_000]);
  assert.equal(judge(answered(429, "999999999")).throttledUntilMs, 1_000 + WEBHOOK_RETRY_AFTER_MAX_MS);
  assert.equal(retryAfterMs("Thu, 01 Jan 1970 00:01:00 GMT", 10_000), 50_000);
  assert.equal(retryAfterMs("Thu, 01 Jan 1970 00:00:05 GMT", 10_000), 0);
  for (const text of ["soon", "-5", "", "1e9"]) assert.equal(retryAfterMs(text, 0) ?? 0, 0, text);
});

Deno.test("of an answer stays one short line without control characters", () => {
  const { attempt } = judge(answered(500, null, `\u001b[31mno\r\n${"x".repeat(900)}`));
  assert.equal(attempt.detail.length, 200);
  assert.ok(attempt.detail.startsWith("[31mno xxx"));
  assert.equal(judge(answered(302)).attempt.detail, "redirects are not followed");
});

Deno.test("what a channel says counts: sent and off are final, failed comes again", () => {
  assert.equal(judge({ kind: "told", result: "sent", detail: "" }).state, "delivered");
  assert.equal(judge({ kind: "told", result: "off", detail: "no key" }).state, "off");
  assert.equal(judge({ kind: "told", result: "failed", detail: "" }).nextTryAtMs, 6_000);
});

Deno.test("an endpoint is disabled by 410 at once, by failures after days of nothing else, and not by one in between", () => {
  const well = { disabledWhy: null, failingSinceMs: null, throttledUntilMs: null };
  const bad = judge(answered(500));
  assert.equal(healthAfter(well, judge(answered(410)), 5).disabledWhy, "gone");
  const failing = healthAfter(well, bad, 5);
  assert.deepEqual(failing, { disabledWhy: null, failingSinceMs: 5, throttledUntilMs: null });
  assert.equal(healthAfter(failing, bad, 4 + WEBHOOK_FAILING_MAX_MS).disabledWhy, null);
  assert.equal(healthAfter(failing, bad, 5 + WEBHOOK_FAILING_MAX_MS).disabledWhy, "failing");
  assert.deepEqual(healthAfter(failing, judge(answered(204)), 9), well);
  const byHand = { ...well, disabledWhy: "by_hand" as const };
  assert.equal(healthAfter(byHand, judge(answered(204)), 9), byHand);
});

Deno.test("after a rotation both keys sign, until the overlap is over", () => {
  assert.deepEqual(signingGenerations({ generation: 1, previousKeyUntilMs: null }, 5), [1]);
  assert.deepEqual(signingGenerations({ generation: 3, previousKeyUntilMs: 10 }, 9), [3, 2]);
  assert.deepEqual(signingGenerations({ generation: 3, previousKeyUntilMs: 10 }, 10), [3]);
});
