/**
 * One agent CLI in a sandbox of the real runner, which is a process of its own, between a scripted model and the strict
 * fake control plane: what the scenarios of `agent_scenarios.ts` do to it, and see of it.
 *
 * 1. Everything is waited for by what the runner tells the control plane, or by what the sandbox answers; nothing by time.
 * 2. People's commands go as `runner message` and its like send them: through the runner's control socket.
 */
import assert from "node:assert/strict";
import type { SessionHarness, SessionHarnessName } from "../../runner-agent/agent_ports.ts";
import { type AgentTool, isAgentTool, toolParameters } from "../../protocol/agent/tools.ts";
import type { RunnerReport } from "../../protocol/line/runner.ts";
import { sessionHarnessByName } from "../../runner-agent/harness/sessions.ts";
import { TOOLS_READY_MS } from "../../runner-agent/limits.ts";
import type { AgentView } from "../../runner-agent/job/agent_registry.ts";
import { commandAgent, localAgents } from "../../runner-agent/job/control_client.ts";
import { chooseHubBase, runDirs } from "../../runner-agent/job/run_dirs.ts";
import { type RunnerProcess, type RunnerRig, withRunnerRig } from "../fake/runner_rig.ts";
import { readScript, type ScriptedModel, startScriptedModel } from "../fake/scripted_model.ts";
import { imageOf, openPodman, podmanOptions } from "./podman_world.ts";

/** Of the runner; never an agent's. */
export const KEY = "real-key-of-the-runner-4711";
/** For what no call of the control plane tells; each look is a program in the sandbox. */
const LOOK_AGAIN_MS = 50;
const LOOKS_MAX_MS = 120_000;
/** On a busy machine: a sandbox, and a boot till the runner gives it up. */
const EVENTS_MAX_MS = TOOLS_READY_MS + 120_000;
const SCREEN_TOLD_CHARS = 2_000;

/** One event of the agent's activity log. */
export interface ToldEvent {
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** A call of one of the agent's tools, as the control plane took it. */
export interface ToolUse {
  readonly tool: AgentTool;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface AgentStage {
  readonly harness: SessionHarness;
  readonly rig: RunnerRig;
  readonly model: ScriptedModel;
  readonly jobId: string;
  readonly toolUses: readonly ToolUse[];
  startRunner(): RunnerProcess;
  events(): readonly ToldEvent[];
  /** Resolves once `test` holds of what was told. */
  until(what: string, test: () => boolean): Promise<void>;
  /** Resolves once the sandbox's shell says yes to `script`; without a runner, of the sandbox that was last seen. */
  untilInside(what: string, script: string): Promise<void>;
  /** What a shell in the sandbox prints; it must succeed. */
  inside(script: string): Promise<string>;
  agent(): Promise<AgentView>;
  tell(
    act: "messages" | "suspend" | "resume",
    body?: Readonly<Record<string, unknown>>,
  ): Promise<{ readonly outcome: string; readonly detail: string | null }>;
  /** The states of a message so far. */
  statesOf(id: string): readonly unknown[];
  /** The turn in which it was taken; it must have been. */
  turnOf(id: string): number;
  /** Where the sandbox's hub is, on this side. */
  hubSocket(): string;
  report(): Promise<RunnerReport>;
}

/** Sets all of it up for a job with that prompt, and takes it down. */
export async function withAgentStage(
  name: SessionHarnessName,
  work: { readonly prompt: string; readonly script: string },
  body: (stage: AgentStage) => Promise<void>,
): Promise<void> {
  const harness = sessionHarnessByName(name);
  const { provider } = harness;
  const image = await imageOf(name);
  await using model = startScriptedModel({
    keys: { [provider.name]: KEY },
    script: await readScript(work.script),
  });
  Deno.env.set(provider.keyVariable, KEY);
  Deno.env.set(provider.baseUrlVariable, provider.name === "openai" ? `${model.url}/v1` : model.url);
  await withRunnerRig(async (rig) => {
    const runtime = await openPodman(rig.root);
    const toolUses: ToolUse[] = [];
    rig.plane.intercept = (method, path, bytes) => answerTool(rig, toolUses, method, path, bytes);
    const jobId = rig.addJob({
      prompt: work.prompt,
      operatorConfig: { agent: name, transport: "tmux", model: "scripted" },
    });
    const runId = () => rig.plane.runs.get(jobId)!.runId;
    const events = () => rig.plane.agentEvents.get(rig.plane.runs.get(jobId)?.runId ?? "") ?? [];
    const messageEvents = (id: string) =>
      events().filter((one) => one.type === "message" && one.payload["id"] === id);
    let lastContainer: string | null = null;
    async function agent(): Promise<AgentView> {
      const found = (await localAgents(rig.dataDir)).map((one) => one.agent).find((one) =>
        one.jobId === jobId
      );
      assert.ok(found, "the agent runs here");
      return found;
    }
    async function run(script: string): Promise<{ readonly exitCode: number | null; readonly text: string }> {
      const containerId = (await agent().catch(() => null))?.containerId ?? lastContainer;
      assert.ok(containerId, "the agent has a sandbox");
      lastContainer = containerId;
      const done = await runtime.exec(containerId, {
        argv: ["sh", "-c", script],
        timeoutMs: 10_000,
        maxBytes: 100_000,
      });
      const [stdout, stderr] = [done.stdout, done.stderr].map((bytes) => new TextDecoder().decode(bytes));
      return { exitCode: done.timedOut ? null : done.exitCode, text: `${stdout}${stderr}` };
    }
    const stage: AgentStage = {
      harness,
      rig,
      model,
      jobId,
      toolUses,
      startRunner: () =>
        rig.startProcess(
          ...["--once", "--image", image, "--no-harness-probe", "--polling-interval", "0.1"],
          ...["--heartbeat-seconds", "1", ...podmanOptions()],
        ),
      events,
      until: (what, test) => rig.plane.until(what, test, EVENTS_MAX_MS),
      async untilInside(what, script) {
        const deadlineMs = performance.now() + LOOKS_MAX_MS;
        while ((await run(script)).exitCode !== 0) {
          assert.ok(performance.now() < deadlineMs, `still not true: ${what}`);
          await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
        }
      },
      async inside(script) {
        const { exitCode, text } = await run(script);
        assert.equal(exitCode, 0, `${script}: ${text}`);
        return text.trim();
      },
      agent,
      tell: (act, body) => commandAgent(rig.dataDir, runId(), act, body),
      statesOf: (id) => messageEvents(id).map((one) => one.payload["state"]),
      turnOf(id) {
        const turn = messageEvents(id).find((one) => one.payload["state"] === "confirmed")?.payload["turn"];
        assert.ok(typeof turn === "number", `'${id}' was taken: ${JSON.stringify(messageEvents(id))}`);
        return turn;
      },
      hubSocket() {
        const hubBase = chooseHubBase(rig.stateDir, Deno.uid() ?? 0, rig.registration.id);
        return runDirs(rig.stateDir, hubBase, runId()).hubSocket;
      },
      async report() {
        await stage.until("it is reported", () => rig.plane.runs.get(jobId)!.outcome !== null);
        return rig.plane.runs.get(jobId)!.outcome!;
      },
    };
    try {
      await body(stage);
    } catch (error) {
      const last = events().slice(-12).map((one) => JSON.stringify(one).slice(0, 300)).join("\n");
      const said = error instanceof Error ? error.message : String(error);
      throw new Error(`${said}\n${last}\n${await screenOf(agent, run)}`, { cause: error });
    } finally {
      await removeSandboxes(rig, runtime, agent);
      runtime.close();
    }
  });
}

/** The control plane's part of the eight tools, as strict about who asks, and for what, as the real one. */
function answerTool(
  rig: RunnerRig,
  uses: ToolUse[],
  method: string,
  path: string,
  bytes: Uint8Array,
): Response | null {
  const [, runId, tool] = /\/runs\/([^/]+)\/tools\/([^/]+)$/.exec(path) ?? [];
  if (method !== "POST" || runId === undefined || tool === undefined) return null;
  const isKnown = [...rig.plane.runs.values()].some((run) => run.runId === runId);
  const parsed = isAgentTool(tool) && isKnown
    ? toolParameters[tool].safeParse(JSON.parse(new TextDecoder().decode(bytes)))
    : null;
  if (!parsed?.success || !isAgentTool(tool)) {
    rig.plane.violations.push(`tool ${tool} of ${runId}: ${parsed?.error?.message ?? "unknown"}`);
    return Response.json({ error: { code: "invalid_input", message: "not as it must be" } }, { status: 400 });
  }
  uses.push({ tool, parameters: parsed.data as Record<string, unknown> });
  return Response.json({ result: { tool, text: `said-by-the-control-plane-${uses.length}` } });
}

async function screenOf(
  agent: () => Promise<AgentView>,
  run: (script: string) => Promise<{ readonly text: string }>,
): Promise<string> {
  try {
    await agent();
    return (await run("tmux -S /run/shopfloor/tmux.sock capture-pane -p -t agent:agent")).text.slice(
      -SCREEN_TOLD_CHARS,
    );
  } catch {
    return "(no terminal is left)";
  }
}

/** What a step that failed left behind. */
async function removeSandboxes(
  rig: RunnerRig,
  runtime: Awaited<ReturnType<typeof openPodman>>,
  agent: () => Promise<AgentView>,
): Promise<void> {
  if ([...rig.plane.runs.values()].every((run) => run.outcome !== null)) return;
  const containerId = await agent().then((one) => one.containerId, () => null);
  if (containerId !== null) await runtime.remove(containerId).catch(() => undefined);
}

/** Where the task's repository is. */
export function taskRepository({ rig, jobId }: AgentStage): string {
  return rig.plane.gitDirOf(rig.plane.runs.get(jobId)!.job.agentDefinition.taskId);
}

/** Resolves once the script's command has come to its gate. */
export function untilAt(stage: AgentStage, gate: string): Promise<void> {
  return stage.untilInside(`it is at the gate '${gate}'`, `[ -e /tmp/at-${gate} ]`);
}

/** Lets the command through that waits there. */
export async function openGate(stage: AgentStage, gate: string): Promise<void> {
  await stage.inside(`touch /tmp/gate-${gate}`);
}
