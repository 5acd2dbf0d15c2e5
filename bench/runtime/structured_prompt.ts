/**
 * P14_STRUCTURED: the same as P14 (`first_prompt.ts`) for an agent without a terminal, in its CLI's print mode: from a claimed
 * job of a runner that has never seen the project to the first request with the prompt that reaches the model, against a bare
 * `podman run` of the same image and CLI in the same mode. Both alternate in one run.
 *
 * The parts follow each other without a gap: their sum is the whole.
 */
import { withRunnerRig } from "../../test/fake/runner_rig.ts";
import { imageOf, openPodman, settings } from "../../test/podman/podman_world.ts";
import { type BenchRow, median } from "../result.ts";
import { runBareCli } from "./bare_cli.ts";
import { must, row } from "./parts.ts";
import { MODEL_KEY, type PromptModel, startPromptModel } from "./prompt_model.ts";
import { nowMs, type Span, timedRuntime } from "./timed_runtime.ts";

export const P14_STRUCTURED = { ratio: 1.2, plusMs: 300 };

export const STRUCTURED_PROMPT_NOTE =
  "First prompt without a terminal: until the model has the first request with it, with the real Claude Code in print mode. " +
  "The bare one has its prompt on its command line, and the network of this machine; ours has it on its standard input, " +
  "behind the sandbox's self-test and gate.";

/** In their order. */
const PARTS = [
  "worktree",
  "home files",
  "container create",
  "hub and journal",
  "container start",
  "self-test",
  "gate, CLI, first request",
] as const;

type Times = readonly number[];

export interface StructuredPromptFigures {
  readonly rows: readonly BenchRow[];
  readonly bareMs: number;
  readonly coldMs: number;
}

/** Measures `rounds` of each, after one that warms up. */
export async function measureStructuredPrompt(rounds: number): Promise<StructuredPromptFigures> {
  await using model = startPromptModel(true);
  const image = await imageOf("claude");
  const bare: number[] = [];
  const cold: Times[] = [];
  for (let round = 0; round <= rounds; round++) {
    const bareMs = await bareOnce(model, image);
    const boundaries = await coldRun(model, image);
    if (round === 0) continue;
    bare.push(bareMs);
    cold.push(boundaries);
  }
  const wholes = cold.map((times) => times.at(-1)! - times[0]!);
  return {
    rows: [
      row("bare podman run without a terminal to its prompt", bare),
      row("cold run without a terminal to its prompt", wholes),
      ...PARTS.map((part, n) => row(`  ${part}`, cold.map((times) => times[n + 1]! - times[n]!))),
    ],
    bareMs: median(bare),
    coldMs: median(wholes),
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
    hasTerminal: false,
  });
  return await prompted - beganMs;
}

/** A runner that is new, and one job. @returns The boundaries of the parts, one more than there are. */
async function coldRun(model: PromptModel, image: string): Promise<Times> {
  let boundaries: Times = [];
  await withRunnerRig(async (rig) => {
    const spans: Span[] = [];
    const marks: { readonly event: string; readonly phase: unknown; readonly atMs: number }[] = [];
    const podman = await openPodman(rig.root);
    const runner = await rig.startInside(timedRuntime(podman, spans), {
      image,
      agentTransport: "structured",
      heartbeatMs: 20_000,
      ability: { harnesses: ["claude"], forcedHarness: null, runtime: "podman" },
      modelKeys: new Map([["anthropic", { key: MODEL_KEY, baseUrl: model.url }]]),
      log: (event, fields) => marks.push({ event, phase: fields?.["phase"], atMs: nowMs() }),
    });
    const prompt = `Begin ${crypto.randomUUID()}.`;
    const prompted = model.prompted(prompt);
    const jobId = rig.addJob({ prompt, operatorConfig: { agent: "claude" } });
    const reported = rig.plane.until("it is reported", () => rig.plane.runs.get(jobId)?.outcome != null);
    // A run that fails never prompts.
    const atMs = await Promise.race([prompted, reported.then(() => null)]);
    await reported;
    const { jobResult, error } = rig.plane.runs.get(jobId)!.outcome!;
    if (jobResult !== "success" || atMs === null) {
      throw new Error(`Cannot measure as the run must succeed: current result is ${jobResult}: ${error}`);
    }
    const mark = (event: string, phase?: string) =>
      must(
        marks.find((one) => one.event === event && (phase === undefined || one.phase === phase))?.atMs,
        event,
      );
    const claimedMs = mark("run_claimed");
    // The runner looks at an image's programs in a container of its own, before it asks for work.
    const span = (name: string) =>
      must(spans.find((one) => one.name === name && one.beganMs >= claimedMs), name);
    boundaries = [
      claimedMs,
      mark("run_phase", "prepared"),
      span("create").beganMs,
      span("create").endedMs,
      span("start").beganMs,
      span("start").endedMs,
      span("exec sh self_test").endedMs,
      atMs,
    ];
    await runner.drain();
    podman.close();
  });
  return boundaries;
}
