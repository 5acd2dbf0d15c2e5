/** One runner with small limits, for attempts that are runs of their own. */
import assert from "node:assert/strict";
import { DISK_BOUNDS } from "../../../runner-agent/container/disk_guard.ts";
import { createWatchdog } from "../../../runner-agent/container/watchdog.ts";
import { SANDBOX_LOG_MAX_BYTES } from "../../../runner-agent/limits.ts";
import { runDirs } from "../../../runner-agent/job/run_dirs.ts";
import { systemClock } from "../../../runner-agent/job/system_clock.ts";
import { withRunnerRig } from "../../fake/runner_rig.ts";
import { imageOf, openPodman } from "../podman_world.ts";
import { type Ending, LIMITS, type LoneAttempt } from "./alone.ts";
import { layBaits } from "./baits.ts";
import { patiently } from "./patiently.ts";
import { SYSCALL_PROGRAM } from "./inside.ts";

const CANCEL_AFTER = /ready/;
/** From TERM to KILL: that the one comes after the other is what is tried, not how long an agent has in between. */
const STOP_GRACE_MS = 500;

export interface LoneRuns {
  /** Runs one attempt to its report. */
  attempt(
    attempt: LoneAttempt,
  ): Promise<{ readonly bound: string; readonly output: string; readonly faults: readonly string[] }>;
}

export async function withLoneRuns(body: (runs: LoneRuns) => Promise<void>): Promise<void> {
  await withRunnerRig(async (rig) => {
    await using baits = await layBaits();
    const image = await imageOf("command");
    const runtime = await openPodman(rig.root);
    const stop = runtime.stop.bind(runtime);
    runtime.stop = (containerId, graceMs) => stop(containerId, Math.min(graceMs, STOP_GRACE_MS));
    const runner = await rig.startInside(runtime, {
      image,
      settingsLayers: [{
        level: "global",
        values: Object.fromEntries(
          Object.entries(LIMITS).map(([name, value]) => [`limits.${name}`, { value, from: "the suite" }]),
        ),
        env: {},
      }],
      diskBounds: { ...DISK_BOUNDS, intervalMs: 300 },
      ...(runtime.needsWatchdog ? { watchdog: createWatchdog({ runtime, clock: systemClock }) } : {}),
    });
    const prelude = Object.entries(baits.variables).map(([name, value]) => `export ${name}='${value}'\n`)
      .join("");

    async function attempt({ script, ending: usual, watched }: LoneAttempt) {
      const ending: Ending = runtime.needsWatchdog && watched !== undefined ? watched : usual;
      const marker = crypto.randomUUID();
      const command =
        `${prelude}mkdir -p /run/shopfloor/attempts; cat >/run/shopfloor/attempts/syscall.ts <<'END'\n${SYSCALL_PROGRAM}\nEND\n` +
        `export DENO_DIR=/tmp/deno; : ${marker}; echo ready\n${script}`;
      const jobId = rig.addJob({ repository: rig.originDir, autoGit: true, operatorConfig: { command } });
      await patiently("the attempt has begun", () => CANCEL_AFTER.test(rig.plane.outputOf(jobId)));
      if (ending.isCancelled === true) rig.plane.cancel(jobId);
      const run = rig.plane.runs.get(jobId)!;
      await patiently("its report", () => run.outcome !== null);
      const { jobResult, error } = run.outcome!;
      const output = rig.plane.outputOf(jobId);
      const faults = [...await baits.touched()];
      const said = `${jobResult}: ${error}`;
      if (jobResult !== ending.jobResult) faults.push(`it ended as ${said}`);
      if (ending.error !== undefined && !ending.error.test(error ?? "")) {
        faults.push(`its report says ${said}`);
      }
      const seen = ending.seen?.exec(output);
      if (seen === null) faults.push(`it did not see ${ending.seen}`);
      if (ending.atMost !== undefined && !(Number(seen?.[1]) <= ending.atMost)) {
        faults.push(`it had ${seen?.[1]}`);
      }
      if (/ESCAPED/.test(output)) faults.push("it says that it escaped");
      const told = JSON.stringify(run.outcome) + output;
      for (const text of baits.secrets.filter((one) => told.includes(one))) faults.push(`it told ${text}`);
      const dirs = runDirs(rig.stateDir, runner.deps.hubBase, run.runId);
      await removed(runtime, dirs.root, faults);
      if (isRunning(marker)) faults.push("a process of it is left");
      return { bound: ending.bound, output, faults };
    }

    try {
      await body({ attempt });
      assert.deepEqual(rig.plane.violations, []);
      for await (const entry of Deno.readDir(`${rig.root}/logs`)) {
        assert.ok((await Deno.lstat(`${rig.root}/logs/${entry.name}`)).size <= SANDBOX_LOG_MAX_BYTES);
      }
    } finally {
      await runner.drain();
      for (const { containerId } of await runtime.list()) await runtime.remove(containerId);
      runtime.close();
    }
  });
}

/** Whether any process of this machine has a word on its command line. */
function isRunning(word: string): boolean {
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name) || Number(name) === Deno.pid) continue;
    try {
      if (Deno.readTextFileSync(`/proc/${name}/cmdline`).includes(word)) return true;
    } catch {
      // It has ended meanwhile.
    }
  }
  return false;
}

/** The runner clears up after its report. */
async function removed(
  runtime: { list(): Promise<readonly unknown[]> },
  dir: string,
  faults: string[],
): Promise<void> {
  const deadlineMs = performance.now() + 10_000;
  for (;;) {
    const isGone = await Deno.lstat(dir).then(() => false, () => true);
    if (isGone && (await runtime.list()).length === 0) return;
    if (performance.now() > deadlineMs) return void faults.push("its sandbox or its directories are left");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
