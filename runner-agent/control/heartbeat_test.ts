/** How often a run says that it lives: as often as it is told, and never less often than its runner would. */
import assert from "node:assert/strict";
import type { ReportAnswer } from "../../protocol/line/runner.ts";
import type { CallOutcome } from "./http_call.ts";
import { HEARTBEAT_MIN_MS } from "../limits.ts";
import { startHeartbeat } from "./heartbeat.ts";

/** The waits between the beats that `answers` are given to. */
async function waits(toldMs: number | undefined, answers: (number | undefined)[]): Promise<number[]> {
  const slept: number[] = [];
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const heartbeat = startHeartbeat({
    send: () => {
      const heartbeatMs = answers.shift();
      const value: ReportAnswer = {
        ok: true,
        cancel: false,
        leaseUntil: null,
        ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
      };
      return Promise.resolve<CallOutcome<ReportAnswer>>({ kind: "ok", value });
    },
    clock: {
      nowMs: () => 0,
      sleep: (ms, signal) => {
        slept.push(ms);
        if (answers.length > 0) return Promise.resolve();
        resolve();
        return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
      },
    },
    intervalMs: 20_000,
    toldMs,
    onVerdict: () => {},
    onNews: () => () => {},
  });
  await over;
  await heartbeat.stop();
  return slept;
}

Deno.test("a server that wants beats more often gets them, from the claim on and as its answers say", async () => {
  assert.deepEqual(await waits(1_000, [undefined, 500, undefined]), [1_000, 500, 500]);
});

Deno.test("a server that would do with fewer beats, or says nothing, gets the runner's own", async () => {
  assert.deepEqual(await waits(undefined, [undefined]), [20_000]);
  assert.deepEqual(await waits(60_000, [undefined]), [20_000]);
});

Deno.test("no server makes a runner beat without a pause", async () => {
  assert.deepEqual(await waits(1, [1, 1]), [HEARTBEAT_MIN_MS, HEARTBEAT_MIN_MS]);
});
