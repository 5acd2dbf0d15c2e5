/** The activity log on a real disk: nothing is lost or doubled by crashes, a server that is away, or one that refuses. */
import assert from "node:assert/strict";
import type { AgentEvent } from "../agent_ports.ts";
import type { Clock } from "../ports.ts";
import { openAgentEvents, type SendEvents } from "./agent_events.ts";

async function withDir(body: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "shopfloor_events_" });
  try {
    await body(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** A server that keeps what is new, like the real one. */
function server() {
  const kept: AgentEvent[] = [];
  const state = { answer: "kept" as "kept" | "unreachable" | "refused" | "lost", calls: 0 };
  const send: SendEvents = (events) => {
    state.calls++;
    if (state.answer === "unreachable" || state.answer === "refused") {
      return Promise.resolve({ kind: state.answer });
    }
    kept.push(...events.filter((one) => one.sequence >= kept.length));
    // The events arrived, and the answer did not.
    if (state.answer === "lost") return Promise.resolve({ kind: "unreachable" });
    return Promise.resolve({ kind: "kept", nextSequence: kept.length });
  };
  return { kept, state, send };
}

const random = () => 0;

/** A thousand times faster than ours, as the disk is real. */
const clock: Clock = {
  nowMs: () => 0,
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const endMs = ms / 1_000;
      const timer = setTimeout(resolve, endMs);
      signal?.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(signal.reason);
      }, { once: true });
    }),
};

async function until(test: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500 && !test(); tries++) await clock.sleep(10_000);
  assert.ok(test());
}

Deno.test("events go out in order and once, also after a crash with a torn line and a lost answer", async () => {
  await withDir(async (dir) => {
    const { kept, state, send } = server();
    const first = await openAgentEvents({ dir, clock, random, send });
    await Promise.all([0, 1, 2].map((n) => first.append("text", { n })));
    state.answer = "lost";
    await first.finish(100_000);
    // kill -9 within a write.
    const file = await Deno.open(`${dir}/events.ndjson`, { append: true });
    await file.write(new TextEncoder().encode('{"sequence":3,"atM'));
    file.close();
    state.answer = "kept";
    const second = await openAgentEvents({ dir, clock, random, send });
    await second.append("commit", { n: 3 });
    assert.equal(await second.finish(60_000), 0);
    assert.deepEqual(kept.map((one) => [one.sequence, one.payload.n]), [[0, 0], [1, 1], [2, 2], [3, 3]]);
    assert.equal(kept[3]?.type, "commit");
    const third = await openAgentEvents({ dir, clock, random, send });
    const { calls } = state;
    assert.equal(await third.finish(0), 0);
    assert.equal(state.calls, calls, "what was answered is not sent again");
  });
});

Deno.test("a server that is away is tried again; one that refuses is not", async () => {
  await withDir(async (dir) => {
    const { kept, state, send } = server();
    const log = await openAgentEvents({ dir, clock, random, send });
    state.answer = "unreachable";
    await log.append("text", {});
    await until(() => state.calls >= 4);
    state.answer = "kept";
    await until(() => kept.length === 1);
    state.answer = "refused";
    const before = state.calls;
    await log.append("text", {});
    await until(() => state.calls > before);
    const { calls } = state;
    await log.append("text", {});
    assert.equal(await log.finish(60_000), 2);
    assert.equal(state.calls, calls);
  });
});
