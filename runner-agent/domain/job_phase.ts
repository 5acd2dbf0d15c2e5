/**
 * The life of one run on this runner, as a state machine that a crash may interrupt anywhere.
 *
 * ```
 * claimed -> prepared -> created -> started -> exited -> harvested -> pushed -> reported -> cleaned
 *    \           \          \         \-> stopping -^
 *     `-----------`----------`--------------------> exited (never started)
 * ```
 *
 * A phase says what the journal knows; {@link nextStep} compares it with what the runtime sees and says what to do.
 * The conductor writes the phase that a step leads to, then asks again. After `kill -9` the same question is asked of
 * the journal, so going on after a crash is no special case.
 *
 * 1. (R1) `start` is asked for in one situation only: the journal says `started` and the runtime says that the
 *    container was created and has never run. A container that is gone is never made again once `started` stands; only
 *    one that was suspended, which was written before it was removed, has a successor.
 * 2. Before `started` nothing of the agent has run, so every earlier step may be repeated.
 * 3. Nothing is prepared, created or started for a lease that is not known to stand.
 * 4. What the run will be reported as is written (`pushed`) before it is sent, so it is sent again unchanged.
 */
import type { Harvest, Worktree } from "../ports.ts";
import { assertNever } from "../../protocol/result.ts";
import type { ConclusionReading, TerminalReport } from "./outcome.ts";

/**
 * Why this runner ended a run before the agent did; `concluded`: the agent had said its last word and stayed; `not_sealed`: the
 * sandbox failed its self-test, and nothing of the agent has run; `pipeline_broken`: what the runner keeps of the station's
 * pipeline could not be kept; `stopped_by_person` and
 * `deleted_by_person`: at this machine (`runner stop`, `runner delete`).
 */
export type StopReason =
  | "not_sealed"
  | "limit_exceeded"
  | "over_budget"
  | "pipeline_broken"
  | "cancelled"
  | "stopped_by_person"
  | "deleted_by_person"
  | "lease_lost"
  | "idle_timeout"
  | "timeout"
  | "runner_stopped"
  | "concluded";

/** How the agent's part of a run ended. */
export type RunEnding =
  | { readonly kind: "exited"; readonly exitCode: number; readonly wasKilledForMemory: boolean }
  | { readonly kind: "stopped"; readonly reason: StopReason }
  /** The journal says started, the runtime knows no such container. */
  | { readonly kind: "lost" }
  /** It could not be started; `message` is for people and holds no secret. */
  | { readonly kind: "not_started"; readonly message: string };

/** What the agent left in its worktree, or why that cannot be told. */
export type HarvestReading =
  | { readonly kind: "harvested"; readonly harvest: Harvest }
  | { readonly kind: "unreadable"; readonly message: string }
  | { readonly kind: "none" };

export type RunPhase =
  | { readonly kind: "claimed" }
  | { readonly kind: "prepared"; readonly worktree: Worktree }
  | { readonly kind: "created"; readonly worktree: Worktree; readonly containerId: string }
  | {
    readonly kind: "started";
    readonly worktree: Worktree;
    readonly containerId: string;
    readonly startedAtMs: number;
  }
  | {
    readonly kind: "stopping";
    readonly worktree: Worktree;
    readonly containerId: string;
    readonly reason: StopReason;
  }
  /** Its agent can go on from its home, in another sandbox; this one is being taken away. */
  | { readonly kind: "suspending"; readonly worktree: Worktree; readonly containerId: string }
  /** Without a sandbox; its worktree and its agent's home are kept. */
  | { readonly kind: "suspended"; readonly worktree: Worktree }
  | { readonly kind: "exited"; readonly worktree: Worktree | null; readonly ending: RunEnding }
  | {
    readonly kind: "harvested";
    readonly worktree: Worktree | null;
    readonly ending: RunEnding;
    readonly harvest: HarvestReading;
    readonly conclusion: ConclusionReading;
  }
  | { readonly kind: "pushed"; readonly report: TerminalReport }
  | { readonly kind: "reported"; readonly delivery: ReportDelivery }
  | { readonly kind: "cleaned" };

/** `accepted`: 2xx. `refused`: 4xx, or not sent because the lease is somebody else's. */
export type ReportDelivery = "accepted" | "refused";

/** What the runtime knows about the container of a run. */
export type ContainerSight = "absent" | "created" | "running" | "exited";
/** `unknown` after a restart, until the control plane has answered one heartbeat. */
export type LeaseSight = "standing" | "unknown" | "lost";

/** The facts of the moment; everything else is in the phase. */
export interface RunView {
  readonly container: ContainerSight;
  readonly lease: LeaseSight;
  /** Set once somebody wants the run to end. */
  readonly stop: StopReason | null;
  /** What people want of the sandbox of an agent that can be suspended. */
  readonly wish: "suspend" | "resume" | null;
}

export type Step =
  | { readonly kind: "confirm_lease" }
  | { readonly kind: "prepare" }
  | { readonly kind: "create"; readonly worktree: Worktree }
  /** Write {@link RunPhase} `started` with the time of now. */
  | { readonly kind: "record_start"; readonly worktree: Worktree; readonly containerId: string }
  | { readonly kind: "start"; readonly phase: RunPhase & { kind: "started" } }
  /** Stream output and wait for the end, or for a reason to stop. */
  | { readonly kind: "follow"; readonly phase: RunPhase & { kind: "started" } }
  | { readonly kind: "stop"; readonly containerId: string }
  /** End the agent so that it can be continued, keep what it needs, and remove its container. */
  | { readonly kind: "suspend"; readonly containerId: string }
  /** Wait until somebody wants it to go on, or to end. */
  | { readonly kind: "await_resume" }
  | { readonly kind: "harvest"; readonly phase: RunPhase & { kind: "exited" } }
  /** Push the work branch if there is anything to push, and decide the report. */
  | { readonly kind: "conclude"; readonly phase: RunPhase & { kind: "harvested" }; readonly canPush: boolean }
  | { readonly kind: "report"; readonly report: TerminalReport }
  | { readonly kind: "clean" }
  /** Nothing to do in the world: the phase moves on by itself. */
  | { readonly kind: "record"; readonly phase: RunPhase }
  | { readonly kind: "rest" };

/** What to do next. Total: every phase and every view has an answer. */
export function nextStep(phase: RunPhase, view: RunView): Step {
  switch (phase.kind) {
    case "claimed":
    case "prepared":
    case "created":
      return beforeStart(phase, view);
    case "started":
      return afterStart(phase, view);
    case "stopping":
      if (view.container === "running") return { kind: "stop", containerId: phase.containerId };
      return record({
        kind: "exited",
        worktree: phase.worktree,
        ending: { kind: "stopped", reason: phase.reason },
      });
    case "suspending":
    case "suspended":
      return aside(phase, view);
    case "exited":
      if (phase.ending.kind === "stopped" && phase.ending.reason === "lease_lost") {
        return record({ kind: "reported", delivery: "refused" });
      }
      return { kind: "harvest", phase };
    case "harvested":
      return { kind: "conclude", phase, canPush: phase.harvest.kind === "harvested" };
    case "pushed":
      return { kind: "report", report: phase.report };
    case "reported":
      return { kind: "clean" };
    case "cleaned":
      return { kind: "rest" };
    default:
      return assertNever(phase);
  }
}

type EarlyPhase = Extract<RunPhase, { kind: "claimed" | "prepared" | "created" }>;

function beforeStart(phase: EarlyPhase, view: RunView): Step {
  const stop = stopWanted(view);
  if (stop !== null) {
    const worktree = phase.kind === "claimed" ? null : phase.worktree;
    return record({ kind: "exited", worktree, ending: { kind: "stopped", reason: stop } });
  }
  if (view.lease === "unknown") return { kind: "confirm_lease" };
  if (phase.kind === "claimed") return { kind: "prepare" };
  if (phase.kind === "prepared" || view.container === "absent") {
    return { kind: "create", worktree: phase.worktree };
  }
  return { kind: "record_start", worktree: phase.worktree, containerId: phase.containerId };
}

function afterStart(phase: RunPhase & { kind: "started" }, view: RunView): Step {
  const { worktree, containerId } = phase;
  if (view.container === "absent") return record({ kind: "exited", worktree, ending: { kind: "lost" } });
  const stop = stopWanted(view);
  if (stop !== null && view.container !== "exited") {
    return record({ kind: "stopping", worktree, containerId, reason: stop });
  }
  if (view.wish === "suspend" && view.container === "running") {
    return record({ kind: "suspending", worktree, containerId });
  }
  if (view.container !== "created") return { kind: "follow", phase };
  return view.lease === "unknown" ? { kind: "confirm_lease" } : { kind: "start", phase };
}

function aside(phase: Extract<RunPhase, { kind: "suspending" | "suspended" }>, view: RunView): Step {
  const stop = stopWanted(view);
  const { worktree } = phase;
  if (phase.kind === "suspending" && view.container !== "absent") {
    if (stop !== null && view.container === "running") {
      return record({ kind: "stopping", worktree, containerId: phase.containerId, reason: stop });
    }
    return { kind: "suspend", containerId: phase.containerId };
  }
  if (stop !== null) return record({ kind: "exited", worktree, ending: { kind: "stopped", reason: stop } });
  if (phase.kind === "suspending") return record({ kind: "suspended", worktree });
  if (view.lease === "unknown") return { kind: "confirm_lease" };
  return view.wish === "resume" ? record({ kind: "prepared", worktree }) : { kind: "await_resume" };
}

/** A lost lease outweighs every other reason: the run is somebody else's. */
function stopWanted(view: RunView): StopReason | null {
  return view.lease === "lost" ? "lease_lost" : view.stop;
}

function record(phase: RunPhase): Step {
  return { kind: "record", phase };
}
