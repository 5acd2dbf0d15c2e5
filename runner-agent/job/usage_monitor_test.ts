import assert from "node:assert/strict";
import type { UsageInput } from "../../protocol/line/usage.ts";
import type { CallOutcome } from "../control/http_call.ts";
import { USAGE_EVERY_MS, USAGE_FIRST_MS, USAGE_POINTS_KEPT, USAGE_TELL_MS } from "../limits.ts";
import type { SandboxUsage } from "../ports.ts";
import type { RunContext } from "./run_context.ts";
import { startUsageMonitor } from "./usage_monitor.ts";

const USE: SandboxUsage = { cpuMs: 5, memoryBytes: 6, readBytes: 7, writeBytes: 8, pids: 9 };

/** A run whose clock moves when somebody sleeps, up to `untilMs`; then it stands still until the monitor is over. */
function rig({ untilMs = 0, usage = () => Promise.resolve<SandboxUsage | null>(USE), answer = "ok" }: {
  untilMs?: number;
  usage?: () => Promise<SandboxUsage | null>;
  answer?: CallOutcome<unknown>["kind"];
}) {
  let nowMs = 1_000_000;
  const endMs = nowMs + untilMs;
  const told: UsageInput[] = [];
  const events: string[] = [];
  const still = Promise.withResolvers<void>();
  const clock = {
    nowMs: () => nowMs,
    sleep: (ms: number, signal?: AbortSignal) => {
      if (nowMs + ms <= endMs) {
        nowMs += ms;
        return Promise.resolve();
      }
      still.resolve();
      const { promise, reject } = Promise.withResolvers<void>();
      signal?.addEventListener("abort", () => reject(signal.reason));
      return promise;
    },
  };
  const deps = {
    clock,
    runtime: { name: "process", usage },
    sendUsage: (_: unknown, input: UsageInput) => {
      told.push(input);
      if (answer === "refused") still.resolve();
      return Promise.resolve({ kind: answer, value: null, detail: "", status: 404, code: "", message: "" });
    },
    log: (event: string) => events.push(event),
  };
  const context = { deps, ids: {}, ref: { runId: "r", jobId: "j" } } as unknown as RunContext;
  const monitor = startUsageMonitor(context, "c", nowMs);
  return { told, events, monitor, still: still.promise };
}

Deno.test("a sandbox is looked at every ten seconds and told of each minute, with the rest at the end", async () => {
  const { told, monitor, still } = rig({ untilMs: 2 * USAGE_TELL_MS });
  await still;
  assert.equal(told.length, 1);
  assert.deepEqual(told[0]!.points.slice(0, 2), [
    { atMs: USAGE_FIRST_MS, ...USE },
    { atMs: USAGE_FIRST_MS + USAGE_EVERY_MS, ...USE },
  ]);
  await monitor.finish();
  await monitor.finish();
  assert.equal(told.length, 2);
  const all = told.flatMap(({ points }) => points.map(({ atMs }) => atMs));
  assert.deepEqual(all, [...new Set(all)].sort((a, b) => a - b), "nothing is told twice");
  assert.equal(all.length, 1 + Math.floor((2 * USAGE_TELL_MS - USAGE_FIRST_MS) / USAGE_EVERY_MS));
});

Deno.test("a run that is over at once still says what it ran in", async () => {
  const { told, monitor } = rig({});
  await monitor.finish();
  assert.deepEqual(told.map(({ points, sandbox }) => [points.length, sandbox.driver, sandbox.image]), [
    [0, "process", null],
  ]);
});

Deno.test("a server that does not want it is asked once", async () => {
  const { told, monitor, still } = rig({ untilMs: 10 * USAGE_TELL_MS, answer: "refused" });
  await still;
  await monitor.finish();
  assert.equal(told.length, 1);
});

Deno.test("what could not be told is told again, the newest of it", async () => {
  const { told, monitor, still } = rig({ untilMs: 30 * USAGE_TELL_MS, answer: "unreachable" });
  await still;
  await monitor.finish();
  const { points } = told.at(-1)!;
  assert.equal(points.length, USAGE_POINTS_KEPT);
  assert.ok(points.at(-1)!.atMs > 29 * USAGE_TELL_MS);
});

Deno.test("a driver that fails is noted once and costs nothing else", async () => {
  const { told, events, monitor, still } = rig({
    untilMs: USAGE_TELL_MS,
    usage: () => Promise.reject(new TypeError("no")),
  });
  await still;
  await monitor.finish();
  assert.deepEqual(events, ["usage_unknown"]);
  assert.deepEqual(told.map(({ points }) => points.length), [0]);
});
