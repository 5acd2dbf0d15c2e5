/** The activity log on a real disk: nothing is lost or doubled by crashes, a server that is away, or one that refuses. */
import assert from "node:assert/strict";
import type { AgentEvent } from "../agent_ports.ts";
import type { Clock } from "../ports.ts";
import { openAgentEvents, type SendEvents } from "./agent_events.ts";
import { createEventDisk, type EventDisk } from "./event_disk.ts";

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

const openLog = (dir: string, send: SendEvents, disk = createEventDisk(dir), faults: string[] = []) =>
  openAgentEvents({ disk, clock, random, send, onFault: (fault) => void faults.push(fault) });

/** A disk that does what it is told to fail at. */
function failingDisk(dir: string) {
  const state = { failing: new Set<keyof EventDisk>() };
  const disk = createEventDisk(dir);
  const guarded = <K extends "open" | "append" | "read" | "saveSent">(name: K) =>
    ((...args: unknown[]) =>
      state.failing.has(name)
        ? Promise.reject(Object.assign(new Error("no space left"), { name: "ENOSPC" }))
        : (disk[name] as (...args: unknown[]) => Promise<unknown>)(...args)) as EventDisk[K];
  return {
    state,
    disk: {
      open: guarded("open"),
      append: guarded("append"),
      read: guarded("read"),
      saveSent: guarded("saveSent"),
      close: () => disk.close(),
    },
  };
}

async function until(test: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500 && !test(); tries++) await clock.sleep(10_000);
  assert.ok(test());
}

Deno.test("events go out in order and once, also after a crash with a torn line and a lost answer", async () => {
  await withDir(async (dir) => {
    const { kept, state, send } = server();
    const first = await openLog(dir, send);
    await Promise.all([0, 1, 2].map((n) => first.append("text", { n })));
    state.answer = "lost";
    await first.finish(100_000);
    // kill -9 within a write.
    const file = await Deno.open(`${dir}/events.ndjson`, { append: true });
    await file.write(new TextEncoder().encode('{"sequence":3,"atM'));
    file.close();
    state.answer = "kept";
    const second = await openLog(dir, send);
    await second.append("commit", { n: 3 });
    assert.equal(await second.finish(60_000), 0);
    assert.deepEqual(kept.map((one) => [one.sequence, one.payload.n]), [[0, 0], [1, 1], [2, 2], [3, 3]]);
    assert.equal(kept[3]?.type, "commit");
    const third = await openLog(dir, send);
    const { calls } = state;
    assert.equal(await third.finish(0), 0);
    assert.equal(state.calls, calls, "what was answered is not sent again");
  });
});

Deno.test("a server that is away is tried again; one that refuses is not", async () => {
  await withDir(async (dir) => {
    const { kept, state, send } = server();
    const log = await openLog(dir, send);
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

Deno.test("events that a full disk does not take are lost and counted, told once, and the next ones are kept", async () => {
  await withDir(async (dir) => {
    const { kept, send } = server();
    const { disk, state } = failingDisk(dir);
    const faults: string[] = [];
    const log = await openLog(dir, send, disk, faults);
    await log.append("text", { n: 0 });
    state.failing.add("append");
    await Promise.all([log.append("text", { n: 1 }), log.append("text", { n: 2 })]);
    await log.append("text", { n: 3 });
    state.failing.clear();
    await log.append("text", { n: 4 });
    assert.equal(await log.finish(60_000), 3);
    assert.deepEqual(kept.map((one) => [one.sequence, one.payload.n]), [[0, 0], [1, 4]]);
    assert.deepEqual(faults, ["ENOSPC"]);
  });
});

Deno.test("a log that cannot be opened loses events, never the run, and is opened when the disk is there again", async () => {
  await withDir(async (dir) => {
    const { kept, send } = server();
    const { disk, state } = failingDisk(dir);
    const faults: string[] = [];
    state.failing.add("open");
    const log = await openLog(dir, send, disk, faults);
    await log.append("text", { n: 0 });
    state.failing.clear();
    await log.append("text", { n: 1 });
    assert.equal(await log.finish(60_000), 1);
    assert.deepEqual(kept.map((one) => [one.sequence, one.payload.n]), [[0, 1]]);
    assert.deepEqual(faults, ["ENOSPC"]);
  });
});

Deno.test("a disk that cannot be read, or keep what was sent, holds up nobody, and what it has goes out later", async () => {
  await withDir(async (dir) => {
    const { kept, state: answers, send } = server();
    const { disk, state } = failingDisk(dir);
    const faults: string[] = [];
    const log = await openLog(dir, send, disk, faults);
    state.failing.add("read").add("saveSent");
    await log.append("text", { n: 0 });
    await until(() => faults.length === 1);
    assert.equal(answers.calls, 0);
    state.failing.delete("read");
    await until(() => kept.length === 1);
    await log.append("text", { n: 1 });
    assert.equal(await log.finish(60_000), 0);
    await log.append("text", { n: 2 });
    const again = await openLog(dir, send);
    assert.equal(await again.finish(60_000), 0);
    assert.deepEqual(
      kept.map((one) => one.payload.n),
      [0, 1],
      "what was sent twice is one, what came late is none",
    );
    assert.deepEqual(faults, ["ENOSPC"]);
  });
});

Deno.test("a server's sender that breaks is tried again, and is no unhandled rejection", async () => {
  await withDir(async (dir) => {
    const { kept, send } = server();
    let calls = 0;
    const log = await openLog(
      dir,
      (events) => calls++ === 0 ? Promise.reject(new Error("broke")) : send(events),
    );
    await log.append("text", { n: 0 });
    await until(() => kept.length === 1);
    assert.equal(await log.finish(60_000), 0);
  });
});
