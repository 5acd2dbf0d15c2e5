/**
 * What the driver adds to a container (P11): create, start, wait, output and remove through `PodmanContainer`, with
 * all hardening and one forward, against a bare `podman run --rm` of the same image and command. Both alternate in
 * one run, so that the machine's moods hit both. Target: at most 1.2 times the bare run plus 150 ms.
 *
 *   deno run -A bench/sandbox.ts [ROUNDS]
 */

import { PodmanContainer } from "../runner-agent/container/podman_container.ts";
import { plainSpec, realClock } from "../runner-agent/container/test_world.ts";
import {
  ensureAgentImage,
  ensurePodmanSettings,
  ensurePrograms,
  startPodmanService,
} from "../tools/setup/mod.ts";
import { mustRun } from "../tools/setup/run_command.ts";
import { median, percentile, reportBench } from "./result.ts";

const TARGET = { ratio: 1.2, plusMs: 150 };
const rounds = Number(Deno.args[0] ?? 20);
const dataDir = new URL("../.shopfloor", import.meta.url).pathname;

await ensurePrograms();
const settings = await ensurePodmanSettings(dataDir);
const service = await startPodmanService(settings);
const { image } = await ensureAgentImage({ harness: "command", dataDir, settings });
const work = await Deno.makeTempDir({ prefix: "shopfloor-bench-" });
const sandboxes = new PodmanContainer({
  ...settings,
  socketPath: service.socketPath,
  instance: `bench-${crypto.randomUUID()}`,
  clock: realClock,
});
const owner = await sandboxes.hostOwner();
await Deno.chown(work, owner.uid, owner.gid);
const never = new AbortController().signal;
const phases: Record<string, number[]> = { create: [], start: [], wait: [], remove: [] };

async function timed(times: number[], action: () => Promise<unknown>): Promise<void> {
  const beganMs = performance.now();
  await action();
  times.push(performance.now() - beganMs);
}

async function station(): Promise<void> {
  const spec = plainSpec({
    image,
    command: ["true"],
    mounts: [{ source: work, target: "/workspace", isReadOnly: false }],
    forwards: { 7400: "/workspace/hub.sock" },
  });
  let containerId = "";
  await timed(phases.create!, async () => containerId = (await sandboxes.create(spec)).containerId);
  await timed(phases.start!, () => sandboxes.start(containerId));
  await timed(phases.wait!, async () => {
    const [{ exitCode }] = await Promise.all([
      sandboxes.wait(containerId, never),
      sandboxes.output(containerId, () => {}, never),
    ]);
    if (exitCode !== 0) {
      throw new Error(`Cannot measure as the command must succeed: current exit code is ${exitCode}`);
    }
  });
  await timed(phases.remove!, () => sandboxes.remove(containerId));
}

async function bare(): Promise<void> {
  const args = [...settings.globalArgs, "run", "--rm", "--network", "none", image, "true"];
  await mustRun("run a bare container", settings.podmanPath, args, { env: settings.env });
}

const stationMs: number[] = [];
const bareMs: number[] = [];
try {
  await station();
  await bare();
  for (const times of Object.values(phases)) times.length = 0;
  for (let round = 0; round < rounds; round++) {
    await timed(bareMs, bare);
    await timed(stationMs, station);
  }
} finally {
  for (const { containerId } of await sandboxes.list()) await sandboxes.remove(containerId);
  sandboxes.close();
  await service.stop();
  await Deno.remove(work, { recursive: true });
}

const limitMs = median(bareMs) * TARGET.ratio + TARGET.plusMs;
const row = (name: string, times: readonly number[]) => ({
  name,
  rounds,
  medianMs: Math.round(median(times) * 10) / 10,
  p95Ms: Math.round(percentile(times, 0.95) * 10) / 10,
});
await reportBench({
  name: "sandbox",
  at: new Date().toISOString(),
  versions: {
    deno: Deno.version.deno,
    podman: (await mustRun("ask Podman's version", settings.podmanPath, ["--version"])).trim(),
    runtime: settings.choice.runtime,
    kernel: Deno.osRelease(),
  },
  rows: [
    row("bare podman run --rm", bareMs),
    row("station", stationMs),
    ...Object.entries(phases).map(([name, times]) => row(`  ${name}`, times)),
  ],
  ratios: {
    P11_STATION_TO_BARE: median(stationMs) / median(bareMs),
    P11_STATION_TO_TARGET: median(stationMs) / limitMs,
  },
});

if (median(stationMs) > limitMs) {
  console.error(
    `P11 missed: the station takes ${median(stationMs).toFixed(0)} ms, the target is ${
      limitMs.toFixed(0)
    } ms`,
  );
  Deno.exit(1);
}
