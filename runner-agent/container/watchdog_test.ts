import assert from "node:assert/strict";
import type { LimitFault } from "../domain/agent/watchdog.ts";
import type { ContainerState } from "../ports.ts";
import { createWatchdog } from "./watchdog.ts";
import { eventually } from "./container_contract.ts";

const RUNNING: ContainerState = {
  status: "running",
  isPaused: false,
  exitCode: null,
  startedAtMs: 1,
  stoppedAtMs: null,
  error: null,
  hostPid: 10,
};

function rig(inspect: () => ContainerState | null) {
  const looks: (() => void)[] = [];
  const told: string[] = [];
  const clock = { nowMs: () => 0, sleep: () => new Promise<void>((resolve) => looks.push(resolve)) };
  const runtime = {
    inspect: () => Promise.resolve(inspect()),
    stop: (id: string, graceMs: number) => Promise.resolve(void told.push(`stop ${id} ${graceMs}`)),
  };
  const rows = [{ pid: 10, parentPid: 1, threads: 50, memoryBytes: 5, isNested: true }];
  const watchdog = createWatchdog({ runtime, clock, readProcesses: () => rows });
  const onFault = (fault: LimitFault) => told.push(fault.limit);
  const watch = () => watchdog.watch({ containerId: "c", limits: { memoryBytes: 10, pids: 40 }, onFault });
  const next = async () => {
    await eventually("it looks again", () => looks.length > 0);
    looks.shift()!();
  };
  return { told, watch, next, looks };
}

Deno.test("a watchdog tells the fault once, then kills without grace", async () => {
  const { told, watch, next } = rig(() => RUNNING);
  watch();
  await next();
  await eventually("it is told", () => told.length === 2);
  assert.deepEqual(told, ["processes", "stop c 0"]);
  await next();
});

Deno.test("a watchdog looks no more at what has ended or is no longer watched, and goes on after a failed look", async () => {
  let calls = 0;
  const { told, watch, next } = rig(() => {
    calls++;
    if (calls === 1) throw new Error("Podman is away");
    return { ...RUNNING, status: "stopped", hostPid: null };
  });
  watch();
  await next();
  await next();
  assert.deepEqual([told, calls], [[], 2]);
  const other = rig(() => RUNNING);
  other.watch()();
  await other.next();
  assert.deepEqual(other.told, []);
});
