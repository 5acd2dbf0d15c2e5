/**
 * Drives one run from its journalled phase to its end, over and over the same question: what does `nextStep` say?
 *
 * It owns the run's heartbeat and, by `run_sandbox.ts`, all that the run has on this machine. The phase that a step leads
 * to is written before the next step is taken (R1). A run taken over from a dead runner is no special case: its
 * phase comes from the journal, its container from the runtime, and its lease is unknown until a heartbeat was answered.
 *
 * 1. The heartbeat has its own timer and begins before anything else.
 * 2. Output is read to its end and sent before `exited` is written, so that a report never overtakes it.
 * 3. An agent in a terminal has told all that it did before it is reported.
 * 4. A report is repeated until it was taken or refused, or until the runner must end; then it stays in the journal.
 * 5. A run that waits for people has no sandbox and takes no place; a runner that drains leaves it to its next start. One that
 *    goes on waits for a place, and ends without one.
 */
import { nextStep, type RunPhase, type Step } from "../domain/job_phase.ts";
import { readDeletion } from "./deletion.ts";
import type { JournalledRun } from "./journal.ts";
import { silence } from "./output_pump.ts";
import { type ConductorDeps, createRunContext, type RunContext } from "./run_context.ts";
import { cleanUp, deliverReport } from "./run_end.ts";
import { startRunHeartbeat } from "./run_heartbeat.ts";
import { RunSandbox } from "./run_sandbox.ts";
import { conclude, createContainer, harvest, prepare } from "./run_steps.ts";
import { AbandonedError, RunTries } from "./run_tries.ts";
import { createRunWatch, type RunWatch } from "./run_watch.ts";
import type { ShutdownSignals } from "./shutdown.ts";
import type { RunPlace } from "./slots.ts";

/** `left`: the run, its report or its clean-up is for the next start of this runner. */
export type ConductOutcome = "done" | "left";

/** @param place Left while the run waits for people. Rejects only when the journal cannot be used. */
export async function conductRun(
  deps: ConductorDeps,
  run: JournalledRun,
  isFresh: boolean,
  shutdown: ShutdownSignals,
  place: RunPlace,
): Promise<ConductOutcome> {
  const context = createRunContext(deps, run);
  await context.end.load();
  await context.role.load();
  await context.pipeline.load();
  const watch = createRunWatch(isFresh ? "standing" : "unknown");
  const onStop = () => watch.askToStop("runner_stopped");
  if (await readDeletion(context.dirs.root) !== null) watch.askToStop("deleted_by_person");
  shutdown.stop.addEventListener("abort", onStop);
  if (shutdown.stop.aborted) onStop();
  const conduct = new Conduct(context, watch, shutdown, place);
  try {
    return await conduct.toTheEnd();
  } finally {
    shutdown.stop.removeEventListener("abort", onStop);
    await conduct.release();
  }
}

class Conduct {
  readonly #heartbeat;
  readonly #tries: RunTries;
  readonly #sandbox: RunSandbox;
  #phase: RunPhase;

  constructor(
    private readonly context: RunContext,
    private readonly watch: RunWatch,
    private readonly shutdown: ShutdownSignals,
    private readonly place: RunPlace,
  ) {
    this.#phase = context.run.phase;
    this.#tries = new RunTries(context.deps, shutdown.abandon);
    this.#sandbox = new RunSandbox(context, watch, this.#tries, shutdown.abandon, () => this.#phase);
    const isOver = ["pushed", "reported", "cleaned"].includes(this.#phase.kind);
    const idle = () => silence(context, this.#phase, this.#sandbox.output.current);
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
    await this.#sandbox.look();
    for (;;) {
      const step = nextStep(this.#phase, {
        container: this.#sandbox.sight,
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
    await this.#sandbox.release();
  }

  /** Null: the phase stays, and the question is asked again. */
  async #take(step: Exclude<Step, { kind: "rest" }>): Promise<RunPhase | "left" | null> {
    const { context, watch } = this;
    const { deps } = context;
    const sandbox = this.#sandbox;
    switch (step.kind) {
      case "confirm_lease":
        if (await this.#heartbeat?.beat() === "unknown") await this.#tries.backOff();
        return null;
      case "prepare":
        return await prepare(context);
      case "create": {
        const phase = await createContainer(
          context,
          step.worktree,
          sandbox.agents,
          watch.resumeText,
          watch.ended,
        );
        await sandbox.look();
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
        return await sandbox.start(step.phase);
      case "follow":
        return await sandbox.follow(step.phase);
      case "stop":
        deps.log("run_stopping", { ...context.ids, reason: watch.stop ?? "lease_lost" });
        return await sandbox.stop(step.containerId);
      case "suspend":
        return await sandbox.suspend(step.containerId);
      case "await_resume":
        return await this.#awaitPeople();
      case "harvest":
        return await harvest(context, step.phase);
      case "conclude":
        return await conclude(context, step.phase, step.canPush, await sandbox.agents.find());
      case "report":
        // Invariant 3.
        await sandbox.tellAll();
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
    // Invariant 2.
    if (phase.kind === "exited") {
      const containerId = "containerId" in this.#phase ? this.#phase.containerId : null;
      await this.#sandbox.ended(containerId, phase.ending);
    }
    if (phase.kind === "cleaned") await deps.journal.closeRun(run.runId);
    else await deps.journal.writePhase(run.runId, phase);
    this.#phase = phase;
    this.#tries.succeeded();
    if (phase.kind === "suspended") this.watch.settle("suspend");
    if (phase.kind === "prepared") this.watch.settle("resume");
    deps.log("run_phase", { ...ids, phase: phase.kind });
  }

  /** Invariant 5. A runner that is told to stop at once ends the run as any other. */
  async #awaitPeople(): Promise<null> {
    const { drain, stop, abandon } = this.shutdown;
    const { watch, context: { deps, ids } } = this;
    this.#sandbox.listen(await this.#sandbox.agents.find());
    this.place.leave();
    await watch.untilInterrupted(AbortSignal.any([drain, abandon]));
    if (watch.interrupted.aborted) {
      // What is resumed needs a place; a run that is to end needs none.
      const over = AbortSignal.any([watch.ended, abandon]);
      await this.place.enter(over, () => deps.log("resume_waits", ids));
    }
    const hasNews = watch.interrupted.aborted && !abandon.aborted;
    if (!hasNews && !stop.aborted) throw new AbandonedError("Abandoned");
    return null;
  }
}
