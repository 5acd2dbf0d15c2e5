/**
 * What a run has on this machine while its agent may run: a sandbox, and beside it the hub, the output, the measures and the
 * agent's session. The conductor says what is to be done with it, and keeps the phase.
 *
 * 1. What the runtime sees (`sight`) is asked anew after everything that changes it.
 * 2. Output is read to its end and sent before a sandbox is forgotten.
 * 3. Methods resolve with the phase that they lead to; null: it stays, and the question is asked again.
 * 4. A disk that does not keep the agent's last words costs them, not the report of the run.
 */
import type { ContainerSight, RunEnding, RunPhase } from "../domain/job_phase.ts";
import { AGENT_EVENTS_FINISH_MS, EXIT_CODE_KILLED, STOP_GRACE_MS } from "../limits.ts";
import { AgentSlot } from "./agent_slot.ts";
import { followContainer } from "./follow.ts";
import type { Hub } from "./hub.ts";
import type { RunAgent } from "./run_agent.ts";
import { listenToPeople } from "./run_commands.ts";
import { type PipelineDrive, recordedUsage } from "./pipeline/pipeline_drive.ts";
import { startStationRun } from "./pipeline/station_run.ts";
import type { RunContext } from "./run_context.ts";
import { openRunHub } from "./run_hub.ts";
import { RunOutput } from "./run_output.ts";
import { notStarted } from "./run_steps.ts";
import { faultText } from "./run_texts.ts";
import { stopFor } from "./sandbox_guards.ts";
import type { RunTries } from "./run_tries.ts";
import type { RunWatch } from "./run_watch.ts";
import { keepAndRemove, restoreHome, stopForSuspend } from "./suspend.ts";
import { startUsageMonitor, type UsageMonitor } from "./usage_monitor.ts";

type Started = RunPhase & { readonly kind: "started" };

export class RunSandbox {
  readonly agents: AgentSlot;
  readonly output: RunOutput;
  #sight: ContainerSight = "absent";
  #hub: Hub | null = null;
  #usage: UsageMonitor | null = null;
  #detach: (() => void) | null = null;
  /** Of a station that follows one; once in each life of the runner. */
  #pipeline: PipelineDrive | null = null;
  /** The run is being stopped for its budget. */
  #cutting: Promise<void> = Promise.resolve();
  /** This process has started the sandbox, or has heard what its agent did meanwhile. */
  #isCaughtUp = false;

  constructor(
    private readonly context: RunContext,
    private readonly watch: RunWatch,
    private readonly tries: RunTries,
    private readonly abandon: AbortSignal,
    private readonly phase: () => RunPhase,
  ) {
    this.agents = new AgentSlot(context);
    this.output = new RunOutput(context, watch, this.agents);
  }

  get sight(): ContainerSight {
    return this.#sight;
  }

  /** Asks the runtime what there is. */
  async look(): Promise<void> {
    const { deps, run } = this.context;
    await this.tries.until(async () => {
      const record = (await deps.runtime.list()).find((one) => one.runId === run.runId);
      this.#sight = record?.state ?? "absent";
    });
  }

  async start({ worktree, containerId }: Started): Promise<RunPhase | null> {
    const { context } = this;
    try {
      this.#hub ??= await openRunHub(context, await this.agents.any());
      await context.deps.runtime.start(containerId);
      this.#isCaughtUp = true;
    } catch (error) {
      await this.look();
      // It did start, and only its answer was lost: go on with what is there.
      if (this.#sight !== "created") return null;
      return notStarted(
        worktree,
        `the sandbox cannot be started: ${faultText(context.secrets, error)}`,
      );
    }
    await this.look();
    return null;
  }

  async follow(phase: Started): Promise<RunPhase | null> {
    const { context, watch } = this;
    try {
      const agent = await this.agents.find();
      const either = await this.agents.any();
      if (!this.#isCaughtUp) await either.adopt();
      this.#isCaughtUp = true;
      this.#hub ??= await openRunHub(context, either);
      this.listen(agent);
      if (agent === null && this.#sight !== "exited") await this.#bound(phase);
      if (this.#sight !== "exited") await this.#followPipeline(phase.worktree.branch);
      const pump = await this.output.of(phase.containerId);
      this.#usage ??= startUsageMonitor(context, phase.containerId, phase.startedAtMs);
      const ended = await this.#driven(
        agent,
        phase.containerId,
        () => followContainer(context, phase, pump, watch, this.#sight === "exited"),
      );
      if (ended === null) return null;
      this.#sight = "exited";
      this.#usage.finish();
      if (agent !== null && await agent.session.resumeFailed()) return await this.#tryLess(agent, phase);
      return { kind: "exited", worktree: phase.worktree, ending: { kind: "exited", ...ended } };
    } catch (error) {
      context.deps.log("hub_failed", {
        ...context.ids,
        fault: error instanceof Error ? error.name : "unknown",
      });
      await this.tries.backOff();
      await this.look();
      return null;
    }
  }

  async stop(containerId: string): Promise<null> {
    // What is cut by the stop is no answer.
    await this.#pipeline?.leave(true);
    await this.tries.until(() => this.context.deps.runtime.stop(containerId, STOP_GRACE_MS));
    await this.look();
    return null;
  }

  async suspend(containerId: string): Promise<null> {
    const agent = await this.agents.find();
    await this.tries.until(async () => {
      if (agent !== null && this.#sight === "running") await stopForSuspend(this.context, agent, containerId);
      await this.#setAside(agent, containerId);
    });
    await this.look();
    return null;
  }

  /** From now on people's commands reach the agent. */
  listen(agent: RunAgent | null): void {
    this.#detach ??= listenToPeople(this.context, agent, this.watch, this.phase);
  }

  /** The agent's part of the run is over. Invariant 2; a container that never ran has written nothing. */
  async ended(containerId: string | null, ending: RunEnding): Promise<void> {
    await this.#leavePipeline(containerId !== null);
    if (containerId !== null && this.#sight !== "absent" && this.#sight !== "created") {
      await this.output.finish(containerId, this.abandon);
    }
    const agent = await this.agents.find();
    const exitCode = ending.kind === "exited" ? ending.exitCode : EXIT_CODE_KILLED;
    try {
      if (agent !== null) await agent.session.end(exitCode, ending.kind === "stopped");
      // Without a sandbox there is nobody, and no place to write of them.
      else if (containerId !== null) await (await this.agents.structured())?.end();
    } catch (error) {
      // Invariant 4.
      const fault = error instanceof Error ? error.name : "unknown";
      this.context.deps.log("session_fault", { ...this.context.ids, fault });
    }
  }

  /** Brings what the agent told to the control plane, for a bounded time. */
  async tellAll(): Promise<void> {
    if (this.abandon.aborted) return;
    const left = await this.agents.close(AGENT_EVENTS_FINISH_MS);
    if (left > 0) this.context.deps.log("events_left", { ...this.context.ids, events: left });
  }

  /** Lets go of everything but the sandbox. */
  async release(): Promise<void> {
    await this.#cutting;
    await this.#pipeline?.leave(false);
    await this.#usage?.finish();
    this.#detach?.();
    this.#detach = null;
    await this.#hub?.close();
    this.#hub = null;
    await this.agents.close(0);
  }

  /** Nobody goes on with it. What it used while no runner was there is counted. */
  async #leavePipeline(hadSandbox: boolean): Promise<void> {
    if (this.#pipeline !== null) return await this.#pipeline.leave(true);
    const { pipeline, dirs } = this.context;
    if (pipeline.decided === null || !hadSandbox) return;
    (await this.agents.structured())?.pipelineBudget.used(await recordedUsage(dirs.root));
  }

  /** Begins to drive the pipeline that the station's agent follows; it goes on until the run ends, or is left. */
  async #followPipeline(branch: string): Promise<void> {
    if (this.context.pipeline.decided === null) return;
    const agent = await this.agents.structured();
    if (agent !== null) this.#pipeline ??= startStationRun(this.context, this.watch, branch, agent);
  }

  /** An agent without a terminal is held to its budget here; a session does it itself. */
  async #bound({ startedAtMs }: Started): Promise<void> {
    const { context, watch } = this;
    const structured = await this.agents.structured();
    structured?.bound(startedAtMs, (why) => {
      this.#cutting = stopFor(context, watch, "over_budget", why);
    });
  }

  /** Goes on with the agent's terminal while the sandbox is followed. */
  async #driven<T>(agent: RunAgent | null, containerId: string, follow: () => Promise<T>): Promise<T> {
    const over = new AbortController();
    const driving = this.#sight === "exited" ? null : agent?.drive(containerId, over.signal);
    try {
      return await follow();
    } finally {
      over.abort();
      await driving;
    }
  }

  /** Takes a sandbox away whose agent goes on in another. */
  async #setAside(agent: RunAgent | null, containerId: string): Promise<void> {
    await this.output.finish(containerId, this.abandon);
    this.output.forget();
    await this.#usage?.finish();
    this.#usage = null;
    if (agent === null) await this.context.deps.runtime.remove(containerId);
    else await keepAndRemove(this.context, agent, containerId);
  }

  /** The agent's session could not be continued: once more, by less, from the home of before. */
  async #tryLess(agent: RunAgent, phase: Started): Promise<RunPhase> {
    await this.#setAside(agent, phase.containerId);
    await restoreHome(this.context);
    await this.look();
    this.watch.askFor("resume", this.watch.resumeText);
    return { kind: "suspended", worktree: phase.worktree };
  }
}
