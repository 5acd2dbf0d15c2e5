/**
 * Drives one run from its journalled phase to its end, over and over the same question: what does `nextStep` say?
 *
 * It owns the run's heartbeat, hub and output for as long as the run is on this machine. The phase that a step leads
 * to is written before the next step is taken (R1). A run taken over from a dead runner is no special case: its
 * phase comes from the journal, its container from the runtime, and its lease is unknown until a heartbeat was answered.
 *
 * 1. The heartbeat has its own timer and begins before anything else.
 * 2. Output is read to its end and sent before `exited` is written, so that a report never overtakes it.
 * 3. An agent in a terminal has told all that it did before it is reported.
 * 4. A report is repeated until it was taken or refused, or until the runner must end; then it stays in the journal.
 */
import { pause } from "../control/retry.ts";
import { backoffMs } from "../domain/backoff.ts";
import {
  type ContainerSight,
  nextStep,
  type RunEnding,
  type RunPhase,
  type Step,
} from "../domain/job_phase.ts";
import {
  AGENT_EVENTS_FINISH_MS,
  EXIT_CODE_KILLED,
  RETRY_FIRST_MS,
  RETRY_MAX_MS,
  STOP_GRACE_MS,
} from "../limits.ts";
import { AgentSlot } from "./agent_slot.ts";
import { followContainer } from "./follow.ts";
import type { Hub } from "./hub.ts";
import type { JournalledRun } from "./journal.ts";
import { silence } from "./output_pump.ts";
import { RunOutput } from "./run_output.ts";
import { type ConductorDeps, createRunContext, type RunContext } from "./run_context.ts";
import { cleanUp, deliverReport } from "./run_end.ts";
import { startRunHeartbeat } from "./run_heartbeat.ts";
import { openRunHub } from "./run_hub.ts";
import { conclude, createContainer, harvest, notStarted, prepare } from "./run_steps.ts";
import { faultText } from "./run_texts.ts";
import type { RunAgent } from "./run_agent.ts";
import { listenToPeople } from "./run_commands.ts";
import { createRunWatch, type RunWatch } from "./run_watch.ts";
import { keepAndRemove, restoreHome, stopForSuspend } from "./suspend.ts";
import type { ShutdownSignals } from "./shutdown.ts";
import { startUsageMonitor, type UsageMonitor } from "./usage_monitor.ts";

/** `left`: the report or the clean-up is for the next start of this runner. */
export type ConductOutcome = "done" | "left";

/** Rejects only when the journal cannot be used. */
export async function conductRun(
  deps: ConductorDeps,
  run: JournalledRun,
  isFresh: boolean,
  shutdown: ShutdownSignals,
): Promise<ConductOutcome> {
  const context = createRunContext(deps, run);
  await context.end.load();
  await context.role.load();
  const watch = createRunWatch(isFresh ? "standing" : "unknown");
  const onStop = () => watch.askToStop("runner_stopped");
  shutdown.stop.addEventListener("abort", onStop);
  if (shutdown.stop.aborted) onStop();
  const conduct = new Conduct(context, watch, shutdown);
  try {
    return await conduct.toTheEnd();
  } finally {
    shutdown.stop.removeEventListener("abort", onStop);
    await conduct.release();
  }
}

/** The runner must end while the host does not answer. */
class AbandonedError extends Error {}

class Conduct {
  readonly #heartbeat;
  #phase: RunPhase;
  #container: ContainerSight = "absent";
  #hub: Hub | null = null;
  readonly #output: RunOutput;
  #usage: UsageMonitor | null = null;
  #failures = 0;
  readonly #agents: AgentSlot;
  #detach: (() => void) | null = null;
  /** This process has started the sandbox, or has heard what its agent did meanwhile. */
  #isCaughtUp = false;

  constructor(
    private readonly context: RunContext,
    private readonly watch: RunWatch,
    private readonly shutdown: ShutdownSignals,
  ) {
    this.#phase = context.run.phase;
    this.#agents = new AgentSlot(context);
    this.#output = new RunOutput(context, watch, this.#agents);
    const isOver = ["pushed", "reported", "cleaned"].includes(this.#phase.kind);
    const idle = () => silence(context, this.#phase, this.#output.current);
    this.#heartbeat = isOver ? null : startRunHeartbeat(context, watch, idle);
  }

  async toTheEnd(): Promise<ConductOutcome> {
    try {
      return await this.#loop();
    } catch (error) {
      if (error instanceof AbandonedError) return "left";
      throw error;
    }
  }

  async #loop(): Promise<ConductOutcome> {
    await this.#look();
    for (;;) {
      const step = nextStep(this.#phase, {
        container: this.#container,
        lease: this.watch.lease,
        stop: this.watch.stop,
        wish: this.watch.wish,
      });
      if (step.kind === "rest") return "done";
      const next = await this.#take(step);
      if (next === "left") return "left";
      if (next !== null) await this.#enter(next);
    }
  }

  async release(): Promise<void> {
    await this.#heartbeat?.stop();
    await this.#usage?.finish();
    this.#detach?.();
    this.#detach = null;
    await this.#hub?.close();
    this.#hub = null;
    await this.#agents.close(0);
  }

  /** Null: the phase stays, and the question is asked again. */
  async #take(step: Exclude<Step, { kind: "rest" }>): Promise<RunPhase | "left" | null> {
    const { context, watch } = this;
    const { deps } = context;
    switch (step.kind) {
      case "confirm_lease":
        if (await this.#heartbeat?.beat() === "unknown") await this.#backOff();
        return null;
      case "prepare":
        return await prepare(context);
      case "create": {
        const phase = await createContainer(context, step.worktree, this.#agents, watch.resumeText);
        await this.#look();
        return phase;
      }
      case "record_start":
        return {
          kind: "started",
          worktree: step.worktree,
          containerId: step.containerId,
          startedAtMs: deps.clock.nowMs(),
        };
      case "start":
        return await this.#start(step.containerId);
      case "follow":
        return await this.#follow(step.phase);
      case "stop":
        deps.log("run_stopping", { ...context.ids, reason: watch.stop ?? "lease_lost" });
        await this.#retried(() => deps.runtime.stop(step.containerId, STOP_GRACE_MS));
        await this.#look();
        return null;
      case "suspend":
        return await this.#suspend(step.containerId);
      case "await_resume":
        this.#listen(await this.#agents.find());
        await watch.untilInterrupted(this.shutdown.abandon);
        if (this.shutdown.abandon.aborted) throw new AbandonedError("Abandoned");
        return null;
      case "harvest":
        return await harvest(context, step.phase);
      case "conclude":
        return await conclude(context, step.phase, step.canPush, await this.#agents.find());
      case "report":
        await this.#tellAll();
        await this.#heartbeat?.stop();
        return await deliverReport(context, step.report, this.shutdown.abandon);
      case "clean":
        await this.release();
        return await cleanUp(context);
      case "record":
        return step.phase;
    }
  }

  async #enter(phase: RunPhase): Promise<void> {
    const { deps, run, ids } = this.context;
    if (phase.kind === "exited" && "containerId" in this.#phase && this.#container !== "absent") {
      // Invariant 2; a container that never ran has written nothing.
      if (this.#container !== "created") {
        await this.#output.finish(this.#phase.containerId, this.shutdown.abandon);
      }
    }
    if (phase.kind === "exited") await this.#endSession(phase.ending);
    if (phase.kind === "cleaned") await deps.journal.closeRun(run.runId);
    else await deps.journal.writePhase(run.runId, phase);
    this.#phase = phase;
    this.#failures = 0;
    if (phase.kind === "suspended") this.watch.settle("suspend");
    if (phase.kind === "prepared") this.watch.settle("resume");
    deps.log("run_phase", { ...ids, phase: phase.kind });
  }

  async #start(containerId: string): Promise<RunPhase | null> {
    const { context } = this;
    try {
      const agent = await this.#agents.find();
      this.#hub ??= await openRunHub(context, agent);
      await context.deps.runtime.start(containerId);
      this.#isCaughtUp = true;
    } catch (error) {
      await this.#look();
      // It did start, and only its answer was lost: go on with what is there.
      if (this.#container !== "created" || this.#phase.kind !== "started") return null;
      return notStarted(
        this.#phase.worktree,
        `the sandbox cannot be started: ${faultText(context.secrets, error)}`,
      );
    }
    await this.#look();
    return null;
  }

  async #follow(phase: RunPhase & { kind: "started" }): Promise<RunPhase | null> {
    const { context, watch } = this;
    try {
      const agent = await this.#agents.find();
      if (!this.#isCaughtUp) await agent?.adopt();
      this.#isCaughtUp = true;
      this.#hub ??= await openRunHub(context, agent);
      this.#listen(agent);
      const pump = await this.#output.of(phase.containerId);
      this.#usage ??= startUsageMonitor(context, phase.containerId, phase.startedAtMs);
      const ended = await this.#driven(
        agent,
        phase.containerId,
        () => followContainer(context, phase, pump, watch, this.#container === "exited"),
      );
      if (ended === null) return null;
      this.#container = "exited";
      this.#usage.finish();
      if (agent !== null && await agent.session.resumeFailed()) return await this.#tryLess(agent, phase);
      return { kind: "exited", worktree: phase.worktree, ending: { kind: "exited", ...ended } };
    } catch (error) {
      context.deps.log("hub_failed", {
        ...context.ids,
        fault: error instanceof Error ? error.name : "unknown",
      });
      await this.#backOff();
      await this.#look();
      return null;
    }
  }

  /** Goes on with the agent's terminal while the sandbox is followed. */
  async #driven<T>(agent: RunAgent | null, containerId: string, follow: () => Promise<T>): Promise<T> {
    const over = new AbortController();
    const driving = this.#container === "exited" ? null : agent?.drive(containerId, over.signal);
    try {
      return await follow();
    } finally {
      over.abort();
      await driving;
    }
  }

  async #suspend(containerId: string): Promise<null> {
    const agent = await this.#agents.find();
    await this.#retried(async () => {
      if (agent !== null && this.#container === "running") {
        await stopForSuspend(this.context, agent, containerId);
      }
      await this.#setAside(agent, containerId);
    });
    await this.#look();
    return null;
  }

  /** Takes a sandbox away whose agent goes on in another. */
  async #setAside(agent: RunAgent | null, containerId: string): Promise<void> {
    await this.#output.finish(containerId, this.shutdown.abandon);
    this.#output.forget();
    await this.#usage?.finish();
    this.#usage = null;
    if (agent === null) await this.context.deps.runtime.remove(containerId);
    else await keepAndRemove(this.context, agent, containerId);
  }

  /** The agent's session could not be continued: once more, by less, from the home of before. */
  async #tryLess(agent: RunAgent, phase: RunPhase & { kind: "started" }): Promise<RunPhase> {
    await this.#setAside(agent, phase.containerId);
    await restoreHome(this.context);
    await this.#look();
    this.watch.askFor("resume", this.watch.resumeText);
    return { kind: "suspended", worktree: phase.worktree };
  }

  #listen(agent: RunAgent | null): void {
    this.#detach ??= listenToPeople(this.context, agent, this.watch, () => this.#phase);
  }

  async #endSession(ending: RunEnding): Promise<void> {
    const agent = await this.#agents.find();
    const exitCode = ending.kind === "exited" ? ending.exitCode : EXIT_CODE_KILLED;
    await agent?.session.end(exitCode, ending.kind === "stopped");
  }

  /** Invariant 3. */
  async #tellAll(): Promise<void> {
    if (this.shutdown.abandon.aborted || !this.#agents.isOpen) return;
    const left = await this.#agents.close(AGENT_EVENTS_FINISH_MS);
    if (left > 0) this.context.deps.log("events_left", { ...this.context.ids, events: left });
  }

  /** Asks the runtime what there is. */
  async #look(): Promise<void> {
    const { deps, run } = this.context;
    await this.#retried(async () => {
      const record = (await deps.runtime.list()).find((one) => one.runId === run.runId);
      this.#container = record?.state ?? "absent";
    });
  }

  /** Repeats what only a fault of the host can keep from succeeding, until the runner must end. */
  async #retried(act: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await act();
        return;
      } catch (error) {
        if (this.shutdown.abandon.aborted) throw new AbandonedError("Abandoned", { cause: error });
        await this.#backOff();
      }
    }
  }

  async #backOff(): Promise<void> {
    const { clock, random } = this.context.deps;
    const waitMs = backoffMs(++this.#failures, { firstMs: RETRY_FIRST_MS, maxMs: RETRY_MAX_MS }, random());
    await pause(clock, waitMs, this.shutdown.abandon);
  }
}
