/**
 * P14: from a claimed job to the moment at which the model has the agent's first prompt, with the real Claude Code, against
 * a bare `podman run` of the same image and CLI. All three alternate in one run:
 *
 * - cold: the first run of a runner that has never seen the project;
 * - warm: its next run, whose project is in the cache;
 * - bare: `bare_cli.ts`.
 *
 * The parts follow each other without a gap: their sum is the whole.
 */
import { join } from "node:path";
import type { InnerRunner, RunnerRig } from "../../test/fake/runner_rig.ts";
import { withRunnerRig } from "../../test/fake/runner_rig.ts";
import { imageOf, openPodman, settings } from "../../test/podman/podman_world.ts";
import { createAgentRegistry } from "../../runner-agent/job/agent_registry.ts";
import { claudeSession } from "../../runner-agent/harness/claude_session.ts";
import { runDirs } from "../../runner-agent/job/run_dirs.ts";
import { type BenchRow, median } from "../result.ts";
import { runBareCli } from "./bare_cli.ts";
import { must, row } from "./parts.ts";
import { MODEL_KEY, type PromptModel, startPromptModel } from "./prompt_model.ts";
import { nowMs, type Span, timedRuntime } from "./timed_runtime.ts";

export const P14 = { ratio: 1.2, plusMs: 300 };

export const FIRST_PROMPT_NOTES: readonly string[] = [
  "First prompt: until the model has it, with the real Claude Code and a scripted model. The bare one has its prompt on its " +
  "command line, and the network of this machine; ours is pasted once the agent has listed its tools and its box is at rest.",
  "Cold: the first run of a runner that is new, without a cache of the project. Warm: its second.",
];

/** In their order. */
const PARTS = [
  "worktree",
  "home and session files",
  "container create",
  "hub and journal",
  "container start",
  "self-test",
  "gate, services, terminal",
  "harness boot to tools listed",
  "ready to paste",
  "paste and Enter, less the settle",
  "settle",
  "receipt to the model",
] as const;

type Parts = Readonly<Record<(typeof PARTS)[number], number>>;

interface Prompted {
  readonly wholeMs: number;
  readonly parts: Parts;
}

export interface FirstPromptFigures {
  readonly rows: readonly BenchRow[];
  readonly bareMs: number;
  readonly coldMs: number;
  readonly warmMs: number;
}

/** Measures `rounds` of each, after one that warms up. */
export async function measureFirstPrompt(rounds: number): Promise<FirstPromptFigures> {
  await using model = startPromptModel(true);
  const image = await imageOf("claude");
  const bare: number[] = [];
  const cold: Prompted[] = [];
  const warm: Prompted[] = [];
  for (let round = 0; round <= rounds; round++) {
    const bareMs = await bareOnce(model, image);
    const [first, second] = await twoRuns(model, image);
    if (round === 0) continue;
    bare.push(bareMs);
    cold.push(first);
    warm.push(second);
  }
  const wholes = (all: readonly Prompted[]) => all.map((one) => one.wholeMs);
  return {
    rows: [
      row("bare podman run to its prompt", bare),
      row("cold run to its prompt", wholes(cold)),
      ...PARTS.map((part) => row(`  ${part}`, cold.map((one) => one.parts[part]))),
      row("warm run to its prompt", wholes(warm)),
      ...PARTS.map((part) => row(`  ${part}`, warm.map((one) => one.parts[part]))),
    ],
    bareMs: median(bare),
    coldMs: median(wholes(cold)),
    warmMs: median(wholes(warm)),
  };
}

async function bareOnce(model: PromptModel, image: string): Promise<number> {
  const prompt = `Begin ${crypto.randomUUID()}.`;
  const prompted = model.prompted(prompt);
  const beganMs = await runBareCli({
    settings,
    image,
    prompt,
    prompted,
    modelUrl: model.url,
    modelKey: MODEL_KEY,
    hasTerminal: true,
  });
  return await prompted - beganMs;
}

/** A runner that is new, and two jobs of one project after each other. */
async function twoRuns(model: PromptModel, image: string): Promise<readonly [Prompted, Prompted]> {
  const results: Prompted[] = [];
  await withRunnerRig(async (rig) => {
    const spans: Span[] = [];
    const marks: { readonly event: string; readonly phase: unknown; readonly atMs: number }[] = [];
    const podman = await openPodman(rig.root);
    const runner = await rig.startInside(timedRuntime(podman, spans), {
      image,
      agents: createAgentRegistry(),
      agentTransport: "tmux",
      heartbeatMs: 20_000,
      ability: { harnesses: ["claude"], forcedHarness: null, runtime: "podman" },
      modelKeys: new Map([["anthropic", { key: MODEL_KEY, baseUrl: model.url }]]),
      log: (event, fields) => marks.push({ event, phase: fields?.["phase"], atMs: nowMs() }),
    });
    for (let run = 0; run < 2; run++) {
      spans.length = marks.length = 0;
      const prompt = `Begin ${crypto.randomUUID()}.`;
      const prompted = model.prompted(prompt);
      const jobId = rig.addJob({ prompt, operatorConfig: { agent: "claude" } });
      const atMs = await prompted;
      const { runId } = rig.plane.runs.get(jobId)!;
      const pidMs = await harnessStartedMs(rig, runner, runId);
      await rig.plane.until("it is reported", () => rig.plane.runs.get(jobId)!.outcome !== null);
      const { jobResult, error } = rig.plane.runs.get(jobId)!.outcome!;
      if (jobResult !== "success") {
        throw new Error(`Cannot measure as the run must succeed: current result is ${jobResult}: ${error}`);
      }
      const told = rig.plane.agentEvents.get(runId) ?? [];
      const toldMs = (field: string, value: string) =>
        must(told.find((one) => one.payload[field] === value)?.atMs, `event with ${field} ${value}`);
      const mark = (event: string, phase?: string) =>
        must(
          marks.find((one) => one.event === event && (phase === undefined || one.phase === phase))?.atMs,
          phase ?? event,
        );
      const claimedMs = mark("run_claimed");
      // The runner looks at an image's programs in a container of its own, before it asks for work.
      const span = (name: string) =>
        must(spans.find((one) => one.name === name && one.beganMs >= claimedMs), name);
      const confirmedMs = toldMs("state", "confirmed");
      results.push(
        partsOf([
          claimedMs,
          mark("run_phase", "prepared"),
          span("create").beganMs,
          span("create").endedMs,
          span("start").beganMs,
          span("start").endedMs,
          span("exec sh self_test").endedMs,
          pidMs,
          toldMs("phase", "running"),
          toldMs("state", "pasted"),
          confirmedMs - (claudeSession.seenSettleMs ?? claudeSession.pasteSettleMs),
          confirmedMs,
          atMs,
        ]),
      );
    }
    await runner.drain();
    podman.close();
  });
  return [results[0]!, results[1]!];
}

/** The file that says the harness' pid is written right before the harness. */
async function harnessStartedMs(rig: RunnerRig, runner: InnerRunner, runId: string): Promise<number> {
  const { out } = runDirs(rig.stateDir, runner.deps.hubBase, runId);
  const { mtime } = await Deno.stat(join(out, "agent.pid"));
  return must(mtime, "the time of agent.pid").getTime();
}

/** @param boundaries One more than there are parts. */
function partsOf(boundaries: readonly number[]): Prompted {
  const parts = PARTS.map((part, n) => [part, boundaries[n + 1]! - boundaries[n]!] as const);
  return {
    wholeMs: boundaries.at(-1)! - boundaries[0]!,
    parts: Object.fromEntries(parts) as unknown as Parts,
  };
}
