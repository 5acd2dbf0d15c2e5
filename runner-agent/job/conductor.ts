/**
 * Drives one run from its journalled phase to its end, over and over the same question: what does `nextStep` say?
 *
 * It owns the run's heartbeat, hub and output for as long as the run is on this machine. The phase that a step leads
 * to is written before the next step is taken (R1). A run taken over from a dead runner is no special case: its
 * phase comes from the journal, its container from the runtime, and its lease is unknown until a heartbeat was answered.
 *
 * 1. The heartbeat has its own timer and begins before anything else.
 * 2. Output is read to its end and sent before `exited` is written, so that a report never overtakes it.
 * 3. A report is repeated until it was taken or refused, or until the runner must end; then it stays in the journal.
 */
import { pause } from "../control/retry.ts";
import { backoffMs } from "../domain/backoff.ts";
import { type ContainerSight, nextStep, type RunPhase, type Step } from "../domain/job_phase.ts";
import { RETRY_FIRST_MS, RETRY_MAX_MS, STOP_GRACE_MS } from "../limits.ts";
import { followContainer } from "./follow.ts";
import type { Hub } from "./hub.ts";
import type { JournalledRun } from "./journal.ts";
import { type OutputPump, silence, startOutputPump } from "./output_pump.ts";
import { type ConductorDeps, createRunContext, type RunContext } from "./run_context.ts";
import { cleanUp, deliverReport } from "./run_end.ts";
import { startRunHeartbeat } from "./run_heartbeat.ts";
import { openRunHub } from "./run_hub.ts";
import { conclude, createContainer, harvest, notStarted, prepare } from "./run_steps.ts";
import { faultText } from "./run_texts.ts";
import { createRunWatch, type RunWatch } from "./run_watch.ts";
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
  #pump: OutputPump | null = null;
  #usage: UsageMonitor | null = null;
  #failures = 0;

  constructor(
    private readonly context: RunContext,
    private readonly watch: RunWatch,
    private readonly shutdown: ShutdownSignals,
  ) {
    this.#phase = context.run.phase;
    const isOver = ["pushed", "reported", "cleaned"].includes(this.#phase.kind);
    const idle = () => silence(context, this.#phase, this.#pump);
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
    await this.#hub?.close();
    this.#hub = null;
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
        const phase = await createContainer(context, step.worktree);
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
      case "harvest":
        return await harvest(context, step.phase);
      case "conclude":
        return await conclude(context, step.phase, step.canPush);
      case "report":
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
        await this.#pumpOf(this.#phase.containerId).finish(this.shutdown.abandon);
      }
    }
    if (phase.kind === "cleaned") await deps.journal.closeRun(run.runId);
    else await deps.journal.writePhase(run.runId, phase);
    this.#phase = phase;
    this.#failures = 0;
    deps.log("run_phase", { ...ids, phase: phase.kind });
  }

  async #start(containerId: string): Promise<RunPhase | null> {
    const { context } = this;
    try {
      this.#hub ??= await openRunHub(context);
      await context.deps.runtime.start(containerId);
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
      this.#hub ??= await openRunHub(context);
      const pump = this.#pumpOf(phase.containerId);
      this.#usage ??= startUsageMonitor(context, phase.containerId, phase.startedAtMs);
      const ended = await followContainer(context, phase, pump, watch, this.#container === "exited");
      if (ended === null) return null;
      this.#container = "exited";
      this.#usage.finish();
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

  #pumpOf(containerId: string): OutputPump {
    return this.#pump ??= startOutputPump(this.context, containerId, this.watch);
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
