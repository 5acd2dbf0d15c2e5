/** Where the kernel does not bound a sandbox's memory and processes (rootless on cgroup version 1), the runner does. */
import assert from "node:assert/strict";
import { collectOutput } from "../../runner-agent/container/container_contract.ts";
import { plainSpec } from "../../runner-agent/container/test_world.ts";
import { createWatchdog } from "../../runner-agent/container/watchdog.ts";
import { systemClock } from "../../runner-agent/job/system_clock.ts";
import type { LimitFault } from "../../runner-agent/domain/agent/watchdog.ts";
import type { ContainerSpec } from "../../runner-agent/ports.ts";
import { imageOf, openPodman } from "./podman_world.ts";

/** Runs a sandbox as on a host without limits, watched, and returns how it ended. */
async function watched(
  limits: ContainerSpec["limits"],
  command: readonly string[],
  watchedLimits = limits,
) {
  const root = await Deno.makeTempDir({ prefix: "shopfloor-watchdog-" });
  const runtime = await openPodman(root, { hasResourceLimits: false });
  assert.ok(runtime.needsWatchdog);
  const image = await imageOf("command");
  const faults: LimitFault[] = [];
  const unwatch: (() => void)[] = [];
  try {
    const { containerId } = await runtime.create(
      plainSpec({ image, command, limits, workDir: "/tmp", env: { NO_COLOR: "1" } }),
    );
    await runtime.start(containerId);
    const watchdog = createWatchdog({ runtime, clock: systemClock });
    unwatch.push(
      watchdog.watch({ containerId, limits: watchedLimits, onFault: (fault) => faults.push(fault) }),
    );
    const { stdout, stderr } = await collectOutput(runtime, containerId);
    const { exitCode } = await runtime.wait(containerId, new AbortController().signal);
    return { faults, exitCode, stdout, stderr };
  } finally {
    unwatch.forEach((stop) => stop());
    for (const { containerId } of await runtime.list()) await runtime.remove(containerId);
    runtime.close();
    await Deno.remove(root, { recursive: true });
  }
}

const MEBIBYTE = 1024 * 1024;

Deno.test("the watchdog ends a sandbox whose processes take more memory than they may, and says so", async () => {
  const hungry = [
    "deno",
    "eval",
    "const all = []; for (let n = 0; n < 400; n++) all.push(new Uint8Array(1 << 20).fill(1)); console.log('full'); await new Deno.Command('sleep', { args: ['30'] }).output(); console.log(all.length)",
  ];
  const { faults, exitCode, stdout } = await watched(
    { memoryBytes: 200 * MEBIBYTE, pids: 500, cpus: 2 },
    hungry,
  );
  assert.deepEqual(faults.map((fault) => fault.limit), ["memory"]);
  assert.match(faults[0]!.message, /took \d+ MiB of memory where 200 MiB are allowed/);
  assert.ok(exitCode === 143 || exitCode === 137, String(exitCode));
  assert.ok(!stdout.includes("400"));
});

Deno.test("the watchdog counts what a sandbox's command leaves behind, and ends it for too many processes", async () => {
  // Each has left its parent. The kernel's own bound is far away, so that it is the watchdog that ends it.
  const script = "for n in $(seq 12); do ( sleep 60 & ) ; done; sleep 60";
  const limits = { memoryBytes: 4096 * MEBIBYTE, pids: 200, cpus: 2 };
  const { faults, exitCode } = await watched(limits, ["/bin/sh", "-c", script], { ...limits, pids: 10 });
  assert.deepEqual(faults.map((fault) => fault.limit), ["processes"]);
  assert.match(faults[0]!.message, /had 1[4-9] processes where 10 are allowed/);
  assert.ok(exitCode === 143 || exitCode === 137, String(exitCode));
});

Deno.test("a fork bomb stops at RLIMIT_NPROC where cgroups do not count", async () => {
  const { stderr, exitCode } = await watched(
    { memoryBytes: 4096 * MEBIBYTE, pids: 30, cpus: 2 },
    ["/bin/sh", "-c", "for n in $(seq 60); do sleep 2 & done; exit 0"],
  );
  assert.match(stderr, /can't fork|Cannot fork|Resource temporarily unavailable/i, String(exitCode));
});

Deno.test("a sandbox that keeps within its limits is left alone", async () => {
  const { faults, exitCode } = await watched(
    { memoryBytes: 400 * MEBIBYTE, pids: 100, cpus: 2 },
    ["/bin/sh", "-c", "sleep 2.5"],
  );
  assert.deepEqual([faults, exitCode], [[], 0]);
});
