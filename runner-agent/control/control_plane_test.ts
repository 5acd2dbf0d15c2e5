/** Calls of a runner that is about to end. */
import assert from "node:assert/strict";
import { POLL_ANSWER_MS } from "../limits.ts";
import { systemClock } from "../job/system_clock.ts";
import { createControlPlane } from "./control_plane.ts";

/** Polls a server that answers after `answerMs`, and drains after `drainMs`. */
async function pollOf(answerMs: number, drainMs: number) {
  const held = new AbortController();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async () => {
    await systemClock.sleep(answerMs, held.signal).catch(() => {});
    return Response.json({ jobs: [{ id: "j", runId: "r", agentDefinition: { taskId: "t" } }] });
  });
  const at = { serverUrl: `http://127.0.0.1:${server.addr.port}`, owner: "o", project: "p" };
  const drain = new AbortController();
  const timer = setTimeout(() => drain.abort(), drainMs);
  const begunAtMs = performance.now();
  const outcome = await createControlPlane(at, "r", "t").poll(["x"], 25_000, drain.signal);
  const tookMs = performance.now() - begunAtMs;
  clearTimeout(timer);
  held.abort();
  await server.shutdown();
  return { outcome, tookMs };
}

Deno.test("a poll that may be answered at once is not cut by a drain: its answer may be a claim", async () => {
  const { outcome } = await pollOf(300, 50);
  assert.equal(outcome.kind, "ok");
});

Deno.test("a poll that is being held is cut by a drain", async () => {
  const early = await pollOf(20_000, 50);
  assert.equal(early.outcome.kind, "unreachable");
  assert.ok(early.tookMs < POLL_ANSWER_MS + 1_000);
  const late = await pollOf(20_000, POLL_ANSWER_MS + 100);
  assert.equal(late.outcome.kind, "unreachable");
  assert.ok(late.tookMs < POLL_ANSWER_MS + 600);
});
