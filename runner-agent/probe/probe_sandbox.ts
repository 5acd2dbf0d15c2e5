/**
 * One agent CLI in a sandbox like a run's, for a probe: made by the same steps, with the same home, session, hooks and
 * bridge; its model is the built-in one, and its control plane nobody.
 *
 * 1. The session never ends by itself: the probe counts as a person who is attached.
 * 2. What only a fault of this machine can cause rejects with {@link ProbeFault}; it says nothing of the CLI.
 * 3. `end` takes everything away that was made.
 */
import type { ActivitySignal, HookEvent, SessionHarness, TokenUsage } from "../agent_ports.ts";
import type { HookAnswer } from "../agent/agent_session.ts";
import { type AgentTerminal, createAgentTerminal } from "../agent/terminal.ts";
import type { ControlPlane } from "../control/control_plane.ts";
import { openGate } from "../container/sandbox_gate.ts";
import { isFinal } from "../domain/agent/message_queue.ts";
import type { SessionState } from "../domain/agent/session_state.ts";
import { createModelRoute } from "../egress/model_route.ts";
import { AGENT_HOME, harnessByName, WORKSPACE } from "../harness/mod.ts";
import { AgentSlot } from "../job/agent_slot.ts";
import { sandboxSeal } from "../job/container_spec.ts";
import { hookRoute } from "../job/hook_route.ts";
import { type Hub, startHub } from "../job/hub.ts";
import { modelPath } from "../job/hub_routes.ts";
import type { RunJournal } from "../job/journal.ts";
import { operatorRoutes } from "../job/operator_routes.ts";
import type { RunAgent } from "../job/run_agent.ts";
import {
  type ConductorDeps,
  createRunContext,
  type RunContext,
  worktreeRequest,
} from "../job/run_context.ts";
import { chooseHubBase, GATE_NAME, removeHubBase, removeRunDirs } from "../job/run_dirs.ts";
import { createContainer } from "../job/run_steps.ts";
import { SESSION_PROGRAM, TMUX_SOCKET } from "../job/session_plan.ts";
import { keepAndRemove, restoreHome, stopForSuspend } from "../job/suspend.ts";
import { HUB_PORT, PROBE_ENDED_MS, STOP_GRACE_MS } from "../limits.ts";
import type { Clock, ContainerRuntime, Worktree } from "../ports.ts";
import { createWorktreeManager } from "../worktree/worktree_manager.ts";
import type { ScriptedModel } from "./model/server.ts";
import { probeJob } from "./probe_job.ts";

/** This machine could not do its part. */
export class ProbeFault extends Error {}

export interface ProbeSandboxDeps {
  readonly runtime: ContainerRuntime;
  readonly image: string;
  /** A directory that is the probe's own, which sandboxes' users may pass through. */
  readonly workDir: string;
  readonly uid: number;
  readonly clock: Clock;
  /** Breaks waits off, with a {@link ProbeFault}. */
  readonly signal: AbortSignal;
}

export interface ProbeModel {
  readonly model: ScriptedModel;
  readonly key: string;
}

const NOBODY = { serverUrl: "http://127.0.0.1:9", owner: "probe", project: "probe" };

interface Running {
  readonly containerId: string;
  readonly terminal: AgentTerminal;
  /** Resolves once the sandbox has ended, or nobody can tell. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

export class ProbeSandbox {
  /** All that hooks have told. */
  readonly signals: ActivitySignal[] = [];
  readonly #slot: AgentSlot;
  #hub: Hub | null = null;
  #agent: RunAgent | null = null;
  #running: Running | null = null;
  #exitCode: number | null = null;
  #fault: unknown = null;

  private constructor(
    private readonly deps: ProbeSandboxDeps,
    readonly harness: SessionHarness,
    private readonly at: ProbeModel,
    private readonly context: RunContext,
    private readonly worktree: Worktree,
  ) {
    this.#slot = new AgentSlot(context);
  }

  /** With an empty worktree; nothing is started. */
  static async prepare(
    deps: ProbeSandboxDeps,
    harness: SessionHarness,
    at: ProbeModel,
    task: string,
  ): Promise<ProbeSandbox> {
    const runId = `probe-${harness.name}-${crypto.randomUUID().slice(0, 8)}`;
    const context = createRunContext(conductorDeps(deps, harness, at), {
      runId,
      job: probeJob(runId, harness.name, task),
      phase: { kind: "claimed" },
      log: { nextSequence: 0, offset: 0, inflightBytes: 0 },
    });
    const request = await worktreeRequest(context);
    if (!request.ok) throw new ProbeFault(`the probe's own files are refused: ${request.error.reason}`);
    const worktree = await context.deps.worktrees.prepare(request.value);
    if (worktree.ok) return new ProbeSandbox(deps, harness, at, context, worktree.value);
    throw new ProbeFault(`no worktree can be made: ${worktree.error.reason}`);
  }

  get state(): SessionState {
    return this.#required().session.state;
  }

  usage(): TokenUsage {
    return this.#required().session.usage();
  }

  get model(): ScriptedModel {
    return this.at.model;
  }

  /** Makes the next sandbox and starts the CLI. @param text What is said to one that goes on. */
  async start(text: string | null = null): Promise<void> {
    const { deps, context } = this;
    const phase = await createContainer(context, this.worktree, this.#slot, text, this.deps.signal);
    if (phase.kind !== "created") {
      const why = phase.kind === "exited" && phase.ending.kind === "not_started" ? phase.ending.message : "";
      throw new ProbeFault(why);
    }
    const { containerId } = phase;
    const inner = createAgentTerminal(
      deps.runtime,
      containerId,
      { socket: TMUX_SOCKET, sessionProgram: SESSION_PROGRAM },
      deps.clock,
    );
    // Invariant 1.
    const terminal: AgentTerminal = { ...inner, isAttached: () => Promise.resolve(true) };
    this.#running = { containerId, terminal, ended: Promise.resolve(), stop: () => Promise.resolve() };
    this.#exitCode = null;
    const agent = this.#agent = await this.#slot.make();
    this.#hub ??= await this.#openHub(agent);
    await deps.runtime.start(containerId);
    const faults = await openGate({
      runtime: deps.runtime,
      containerId,
      spec: sandboxSeal(context, this.worktree),
      gateFile: `${context.dirs.hub}/${GATE_NAME}`,
    });
    if (faults.length > 0) throw new ProbeFault(`the sandbox is not sealed: ${faults.join("; ")}`);
    const over = new AbortController();
    const ended = deps.runtime.wait(containerId, over.signal).then(({ exitCode }) => {
      this.#exitCode = exitCode;
    }, (error) => {
      if (!over.signal.aborted) this.#fault = error;
    });
    const driving = agent.session.run(terminal, over.signal);
    this.#running = {
      containerId,
      terminal,
      ended,
      async stop() {
        over.abort();
        await driving;
      },
    };
  }

  /** Whether the session comes to be so in time; false at once when its sandbox ends. */
  async until(test: (state: SessionState) => boolean, maxMs: number): Promise<boolean> {
    const { session } = this.#required();
    const over = new AbortController();
    const late = this.deps.clock.sleep(maxMs, AbortSignal.any([over.signal, this.deps.signal]))
      .catch(() => undefined);
    const held = session.until(test).catch(() => undefined);
    await Promise.race([held, late, this.#running?.ended ?? late]);
    over.abort();
    if (this.deps.signal.aborted) throw new ProbeFault("the runner ends");
    if (this.#fault !== null) throw new ProbeFault("the sandbox cannot be watched", { cause: this.#fault });
    return test(session.state);
  }

  /** What became of one of the session's own messages (`task-1`, `resume-2`). */
  async delivered(id: string, maxMs: number): Promise<boolean> {
    const find = (state: SessionState) => state.queue.messages.find((one) => one.id === id);
    await this.until((state) => {
      const found = find(state);
      return found !== undefined && isFinal(found);
    }, maxMs);
    return find(this.state)?.state.kind === "confirmed";
  }

  /** Says something as a person would; what came of it. */
  async say(text: string): Promise<string> {
    const { session } = this.#required();
    const command = { runId: this.context.run.runId, commandId: crypto.randomUUID() };
    return (await session.carryOut({ ...command, kind: "message", text, interrupt: false })).outcome;
  }

  async interrupt(): Promise<void> {
    const command = { runId: this.context.run.runId, commandId: crypto.randomUUID() };
    await this.#required().session.carryOut({ ...command, kind: "interrupt" });
  }

  /** As a person's `suspend`: the CLI gets TERM, its sandbox goes, its home stays. */
  async suspend(): Promise<void> {
    const { containerId } = this.#running!;
    await stopForSuspend(this.context, this.#required(), containerId);
    await this.#running!.stop();
    await keepAndRemove(this.context, this.#required(), containerId);
    this.#running = null;
  }

  /** The CLI that was to continue ended instead: a `start` after this tries less. False: it did not end so. */
  async tryLess(): Promise<boolean> {
    const agent = this.#required();
    const { containerId } = this.#running!;
    await this.deps.runtime.stop(containerId, STOP_GRACE_MS);
    await this.#running!.stop();
    if (!await agent.session.resumeFailed()) return false;
    await keepAndRemove(this.context, agent, containerId);
    await restoreHome(this.context);
    this.#running = null;
    return true;
  }

  /** The last lines of what a person would see, or how the sandbox has ended. */
  async look(): Promise<string> {
    if (this.#exitCode !== null) return `it ended with status ${this.#exitCode}`;
    try {
      const screen = await this.#running!.terminal.screen();
      const lines = screen.split("\n").map((line) => line.trim().replaceAll(/\s+/g, " "))
        .filter((line) => /\w/.test(line));
      return `the screen: ${lines.slice(-LINES_SEEN).join("\n")}`;
    } catch (error) {
      // Its end may be told a moment later than its terminal is gone. A terminal that does not answer while it runs is no
      // doing of the CLI's (invariant 2).
      await Promise.race([this.#running?.ended, this.deps.clock.sleep(PROBE_ENDED_MS)]);
      if (this.#exitCode !== null) return `it ended with status ${this.#exitCode}`;
      throw new ProbeFault("the agent's terminal does not answer", { cause: error });
    }
  }

  /** Invariant 3. */
  async end(): Promise<void> {
    const { context, deps } = this;
    const running = this.#running;
    if (running !== null) {
      await deps.runtime.remove(running.containerId);
      await running.stop();
    }
    await this.#hub?.close();
    await this.#slot.close(0);
    await removeRunDirs(context.dirs);
    await removeHubBase(context.deps.hubBase);
    await context.deps.worktrees.remove(context.run.runId);
  }

  async #openHub(agent: RunAgent): Promise<Hub> {
    const { harness, at, context } = this;
    const { provider } = harness;
    const onHook = (event: HookEvent): Promise<HookAnswer> => {
      this.signals.push(...harness.signalsOf(event));
      return agent.session.onHook(event);
    };
    const prefix = modelPath(provider.name);
    const { baseUrl } = context.deps.modelKeys.get(provider.name)!;
    return await startHub(context.dirs, [
      { path: `${prefix}/`, handle: createModelRoute({ provider, key: at.key, baseUrl, prefix }) },
      ...operatorRoutes(context.end, agent.bridge),
      hookRoute(onHook),
    ], () => {});
  }

  #required(): RunAgent {
    if (this.#agent !== null) return this.#agent;
    throw new TypeError("Cannot look at the probe's session as it must have been started");
  }
}

const LINES_SEEN = 12;

/** What a run shares with others; what a probe has no use for is missing, and would fail loudly. */
function conductorDeps(
  { runtime, image, workDir, uid, clock }: ProbeSandboxDeps,
  { name, provider }: SessionHarness,
  { model, key }: ProbeModel,
): ConductorDeps {
  const baseUrl = provider.name === "openai" ? `${model.url}/v1` : model.url;
  return {
    address: NOBODY,
    runnerToken: key,
    ability: { harnesses: [name], forcedHarness: name, runtime: runtime.name },
    modelKeys: new Map([[provider.name, { key, baseUrl }]]),
    harnessByName,
    sandboxPaths: { agentHome: AGENT_HOME, workspace: WORKSPACE },
    image,
    stateDir: workDir,
    hubBase: chooseHubBase(workDir, uid, "probe"),
    heartbeatMs: 0,
    runtime,
    networkProfile: "sealed",
    worktrees: createWorktreeManager({ dataDir: workDir, localRepositoryRoots: [], hubPort: HUB_PORT }),
    controlPlane: {} as ControlPlane,
    sendUsage: () => Promise.reject(new TypeError("a probe tells nobody")),
    agentTransport: "tmux",
    journal: {} as RunJournal,
    clock,
    random: Math.random,
    log: () => {},
    print: null,
  };
}
