/**
 * From `POST /agents/RUN/messages` to the receipt: the hook by which Claude Code tells that it has the prompt. The agent is
 * real and sits at its prompt; each message begins a turn, and the next one comes after its end.
 */
import { type AgentRegistry, createAgentRegistry } from "../../runner-agent/job/agent_registry.ts";
import { claudeSession } from "../../runner-agent/harness/claude_session.ts";
import { controlSocketPath } from "../../runner-agent/job/control_path.ts";
import { serveControlSocket } from "../../runner-agent/job/control_socket.ts";
import { withRunnerRig } from "../../test/fake/runner_rig.ts";
import { imageOf, openPodman } from "../../test/podman/podman_world.ts";
import { type BenchRow, median, percentile } from "../result.ts";
import { MODEL_KEY, startPromptModel } from "./prompt_model.ts";
import { nowMs } from "./timed_runtime.ts";

const LOOK_MS = 5;
const IDLE_MAX_MS = 60_000;

/** In their order, without a gap. */
const PARTS = ["taken", "written as pasted", "paste and Enter, less the settle", "settle"] as const;
type Times = Record<"whole" | (typeof PARTS)[number], number[]>;

export interface MessageFigures {
  readonly rows: readonly BenchRow[];
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export async function measureMessages(messages: number): Promise<MessageFigures> {
  await using model = startPromptModel(false);
  const image = await imageOf("claude");
  const times: Times = {
    whole: [],
    taken: [],
    "written as pasted": [],
    "paste and Enter, less the settle": [],
    settle: [],
  };
  await withRunnerRig(async (rig) => {
    const podman = await openPodman(rig.root);
    const agents = createAgentRegistry();
    const runner = await rig.startInside(podman, {
      image,
      agents,
      agentTransport: "tmux",
      isOnce: true,
      heartbeatMs: 20_000,
      ability: { harnesses: ["claude"], forcedHarness: null, runtime: "podman" },
      modelKeys: new Map([["anthropic", { key: MODEL_KEY, baseUrl: model.url }]]),
    });
    const socket = controlSocketPath(rig.stateDir, Deno.uid() ?? 0);
    const control = await serveControlSocket(socket, agents);
    using client = Deno.createHttpClient({ proxy: { transport: "unix", path: socket } });
    const begun = model.prompted("Begin.");
    const jobId = rig.addJob({ prompt: "Begin.", operatorConfig: { agent: "claude" } });
    await begun;
    const { runId } = rig.plane.runs.get(jobId)!;
    const posted: { readonly id: string; readonly atMs: number }[] = [];
    // The first one warms up.
    for (let n = 0; n <= messages; n++) {
      await untilIdle(agents, runId);
      const atMs = nowMs();
      const answer = await fetch(`http://runner/agents/${runId}/messages`, {
        client,
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ id: `m-${n}`, text: `Message ${n} of the bench.` }),
      });
      const { outcome } = await answer.json() as { outcome: string };
      if (outcome !== "confirmed") {
        throw new Error(`Cannot measure as each message must arrive: current outcome is ${outcome}`);
      }
      posted.push({ id: `m-${n}`, atMs });
    }
    await rig.plane.until("it is reported", () => rig.plane.runs.get(jobId)!.outcome !== null);
    await runner.outcome;
    await control.close();
    podman.close();
    const told = rig.plane.agentEvents.get(runId) ?? [];
    for (const { id, atMs } of posted.slice(1)) {
      const stateMs = (state: string) =>
        told.find(({ payload }) => payload["id"] === id && payload["state"] === state)!.atMs;
      const confirmedMs = stateMs("confirmed");
      const boundaries = [
        atMs,
        stateMs("queued"),
        stateMs("pasted"),
        confirmedMs - (claudeSession.seenSettleMs ?? claudeSession.pasteSettleMs),
        confirmedMs,
      ];
      times.whole.push(boundaries.at(-1)! - atMs);
      PARTS.forEach((part, at) => times[part].push(boundaries[at + 1]! - boundaries[at]!));
    }
  });
  return {
    rows: [
      row("message, POST to receipt", times.whole),
      ...PARTS.map((part) => row(`  ${part}`, times[part])),
    ],
    p50Ms: median(times.whole),
    p99Ms: percentile(times.whole, 0.99),
  };
}

async function untilIdle(agents: AgentRegistry, runId: string): Promise<void> {
  const deadlineMs = performance.now() + IDLE_MAX_MS;
  while (agents.find(runId)?.view().activity !== "idle") {
    if (performance.now() > deadlineMs) {
      throw new Error(
        `Cannot measure as the agent must come to its prompt: current value is ${
          agents.find(runId)?.view().activity
        }`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

function row(name: string, times: readonly number[]): BenchRow {
  return {
    name,
    rounds: times.length,
    medianMs: Math.round(median(times) * 10) / 10,
    p99Ms: Math.round(percentile(times, 0.99) * 10) / 10,
  };
}
