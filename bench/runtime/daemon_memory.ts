/**
 * What a runner's process needs for an agent: its resident memory before its first agent, with one, and with twenty, each
 * with its own sandbox, hub and terminal, and each within a turn. In place of a CLI, which needs its memory elsewhere, runs
 * `tiny_cli.sh`.
 */
import { join } from "node:path";
import { commandAgent } from "../../runner-agent/job/control_client.ts";
import { type RunnerRig, withRunnerRig } from "../../test/fake/runner_rig.ts";
import { imageOf, podmanOptions, settings } from "../../test/podman/podman_world.ts";
import { mustRun } from "../../tools/setup/run_command.ts";
import type { BenchRow } from "../result.ts";

const AGENTS = 20;
/** For what is thrown away after a start; memory is looked at when it has come to rest. */
const REST_MS = 3_000;
const WAIT_MAX_MS = 240_000;
const MIB = 2 ** 20;

export interface MemoryFigures {
  readonly rows: readonly BenchRow[];
  /** The mean of those after the first, in MiB. */
  readonly perAgentMib: number;
  readonly withAllMib: number;
}

export async function measureDaemonMemory(): Promise<MemoryFigures> {
  const image = await tinyImage();
  const found: MemoryFigures[] = [];
  const before = Deno.env.get("ANTHROPIC_API_KEY");
  Deno.env.set("ANTHROPIC_API_KEY", "key-of-the-bench-0001");
  try {
    await withRunnerRig(async (rig) => {
      found.push(await measured(rig, image));
    });
  } finally {
    if (before === undefined) Deno.env.delete("ANTHROPIC_API_KEY");
    else Deno.env.set("ANTHROPIC_API_KEY", before);
    await podman("forget the image", "rmi", "--force", image);
  }
  return found[0]!;
}

async function measured(rig: RunnerRig, image: string): Promise<MemoryFigures> {
  await Deno.chmod(rig.root, 0o711);
  const runner = rig.startProcess(
    ...["--jobs", String(AGENTS), "--image", image, "--no-harness-probe", "--polling-interval", "0.1"],
    ...podmanOptions(),
  );
  await runner.seen("it has started", (event) => event.event === "runner_started");
  const none = await residentMib(runner.pid);
  const jobs: string[] = [];
  const begin = async (count: number) => {
    while (jobs.length < count) {
      jobs.push(rig.addJob({
        prompt: "Begin.",
        idleTimeoutMinutes: 60,
        operatorConfig: { agent: "claude", transport: "tmux" },
      }));
    }
    await untilWorking(rig, count);
    return await residentMib(runner.pid);
  };
  try {
    const one = await begin(1);
    const all = await begin(AGENTS);
    const perAgentMib = (all - one) / (AGENTS - 1);
    const row = (name: string, agents: number, mib: number): BenchRow => ({
      name,
      agents,
      residentMib: Math.round(mib * 10) / 10,
    });
    return {
      rows: [
        row("runner without an agent", 0, none),
        row("runner with one agent", 1, one),
        row(`runner with ${AGENTS} agents`, AGENTS, all),
      ],
      perAgentMib,
      withAllMib: all,
    };
  } finally {
    await Promise.all(
      [...rig.plane.runs.values()].map(({ runId }) => commandAgent(rig.dataDir, runId, "stop")),
    );
    const isOver = () => [...rig.plane.runs.values()].every((run) => run.outcome !== null);
    await eventually("all have ended", rig, isOver);
    runner.signal("SIGTERM");
    await runner.status;
  }
}

/** Each has taken its prompt. */
function untilWorking(rig: RunnerRig, count: number): Promise<void> {
  const isWorking = () => {
    const failed = [...rig.plane.runs.values()].find((run) => run.outcome !== null)?.outcome;
    if (failed) throw new Error(`Cannot measure as agents must go on: one ended with ${failed.error}`);
    const logs = [...rig.plane.agentEvents.values()];
    return logs.filter((log) => log.some((one) => one.payload["state"] === "confirmed")).length === count;
  };
  return eventually(`${count} agents work`, rig, isWorking);
}

/** The plane waits half a minute at a time. */
async function eventually(what: string, rig: RunnerRig, test: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + WAIT_MAX_MS;
  for (;;) {
    try {
      return await rig.plane.until(what, test);
    } catch (error) {
      if (performance.now() > deadlineMs) throw error;
    }
  }
}

async function residentMib(pid: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, REST_MS));
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) * 1_024 / MIB;
}

async function tinyImage(): Promise<string> {
  const base = await imageOf("command");
  const name = `localhost/shopfloor-bench-tiny:${crypto.randomUUID()}`;
  const dir = await Deno.makeTempDir({ prefix: "shopfloor-bench-" });
  try {
    await Deno.copyFile(new URL("./tiny_cli.sh", import.meta.url), join(dir, "claude"));
    await Deno.chmod(join(dir, "claude"), 0o755);
    await Deno.writeTextFile(
      join(dir, "Containerfile"),
      `FROM ${base}\nCOPY --chmod=755 claude /usr/local/bin/claude\n`,
    );
    await podman("build the image", "build", "--tag", name, dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
  return name;
}

async function podman(what: string, ...args: string[]): Promise<void> {
  await mustRun(what, settings.podmanPath, [...settings.globalArgs, ...args], { env: settings.env });
}
