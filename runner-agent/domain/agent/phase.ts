/**
 * The phases of an agent (Runtime 1.5), as a table in which every pair of a phase and an event has an answer: the phases
 * that it leads through, or a refusal that says what is allowed.
 *
 * ```
 * created -> provisioning -> starting -> running -> stopping -> stopped -> provisioning (fresh start)
 *                                         \-> suspended -> starting (resume)
 * provisioning | starting | running -> error -> provisioning (retry)
 * ```
 *
 * The gaps of the table, closed:
 * 1. A harness that ends by itself with 0 while `running` passes through `stopping`, with the cause `exited`.
 * 2. A stop that needed KILL ends in `stopped` with exit code 137 and `isForced`.
 * 3. `delete` while `provisioning` or `starting` cancels: `error`, and then the agent is removed. A running one is stopped
 *    first: then `delete` waits in `stopping` for the end.
 * 4. `adopt`, a restarted runner that finds the container, is the one way into `running` beside the table.
 * 5. `suspend` of an agent whose turn goes on needs an interrupt first; one without resume cannot be suspended.
 */
import { err, ok, type Result } from "../../../protocol/result.ts";
import { EXIT_CODE_KILLED } from "../../limits.ts";

/** Why an agent is stopping. */
export type StopCause = "exited" | "stopped" | "deleted";

export type AgentPhase =
  | { readonly kind: "created" }
  | { readonly kind: "provisioning" }
  | { readonly kind: "starting"; readonly isResume: boolean }
  | { readonly kind: "running" }
  | { readonly kind: "stopping"; readonly cause: StopCause }
  | { readonly kind: "stopped"; readonly exitCode: number; readonly isForced: boolean }
  | { readonly kind: "suspended" }
  | { readonly kind: "error"; readonly message: string; readonly exitCode: number | null };

export type AgentPhaseEvent =
  /** Fresh: from `created`, `stopped` or `error`. */
  | { readonly kind: "provision" }
  /** The home is filled; the container is being started. */
  | { readonly kind: "start" }
  /** The harness is up. */
  | { readonly kind: "up" }
  | { readonly kind: "stop" }
  /** The harness ended. */
  | { readonly kind: "exited"; readonly exitCode: number }
  /** TERM did not do: the container was killed. */
  | { readonly kind: "killed" }
  | { readonly kind: "suspend"; readonly supportsResume: boolean }
  | { readonly kind: "resume" }
  | { readonly kind: "fail"; readonly message: string }
  | { readonly kind: "adopt" }
  | { readonly kind: "delete" };

export interface PhaseMove {
  /** Every phase on the way; the last is the new one. Empty: the event changes nothing. */
  readonly through: readonly AgentPhase[];
  /** The agent is to be forgotten once the last phase was reached. */
  readonly isRemoved: boolean;
}

export interface PhaseRefusal {
  readonly reason: "phase_refused";
  readonly phase: AgentPhase["kind"];
  readonly event: AgentPhaseEvent["kind"];
  /** For people. */
  readonly message: string;
}

/** What an event does to an agent. Total: no pair throws. */
export function movePhase(phase: AgentPhase, event: AgentPhaseEvent): Result<PhaseMove, PhaseRefusal> {
  switch (event.kind) {
    case "provision":
      return phase.kind === "created" || phase.kind === "stopped" || phase.kind === "error"
        ? to({ kind: "provisioning" })
        : refuse(
          phase,
          event,
          "an agent is provisioned before its first start, after its end, or after an error",
        );
    case "start":
      return phase.kind === "provisioning"
        ? to({ kind: "starting", isResume: false })
        : refuse(phase, event, "an agent starts once its home is filled");
    case "up":
      return phase.kind === "starting"
        ? to({ kind: "running" })
        : refuse(phase, event, "only a starting agent comes up");
    case "stop":
      if (isOver(phase) || phase.kind === "stopping") return nothing();
      return phase.kind === "running"
        ? to({ kind: "stopping", cause: "stopped" })
        : refuse(phase, event, "only a running agent is stopped; delete one that has not come up");
    case "exited":
      return exited(phase, event.exitCode);
    case "killed":
      if (phase.kind === "running") {
        return to({ kind: "stopping", cause: "stopped" }, FORCED);
      }
      return phase.kind === "stopping"
        ? last(FORCED, phase.cause === "deleted")
        : refuse(phase, event, "only an agent that is running or stopping is killed");
    case "suspend":
      if (phase.kind === "suspended") return nothing();
      if (phase.kind !== "running") return refuse(phase, event, "only a running agent is suspended");
      return event.supportsResume
        ? to({ kind: "suspended" })
        : refuse(phase, event, "this agent's program cannot resume a session");
    case "resume":
      return phase.kind === "suspended"
        ? to({ kind: "starting", isResume: true })
        : refuse(phase, event, "only a suspended agent is resumed");
    case "fail":
      return phase.kind === "provisioning" || phase.kind === "starting" || phase.kind === "running"
        ? to({ kind: "error", message: event.message, exitCode: null })
        : refuse(phase, event, "only an agent that is being brought up, or runs, can fail");
    case "adopt":
      return phase.kind === "running"
        ? nothing()
        : phase.kind === "starting"
        ? to({ kind: "running" })
        : refuse(phase, event, "only an agent that was starting or running is adopted");
    case "delete":
      return deleted(phase);
  }
}

/** Deletes an agent for a person: one that is at work only where it is to be stopped for it. */
export function deleteAgent(phase: AgentPhase, stop: boolean): Result<PhaseMove, PhaseRefusal> {
  const isAtWork = phase.kind === "provisioning" || phase.kind === "starting" || phase.kind === "running";
  return isAtWork && !stop
    ? refuse(phase, { kind: "delete" }, "an agent that is at work must be stopped, or suspended, before")
    : movePhase(phase, { kind: "delete" });
}

/** Whether nothing of the agent runs any more. */
export function isOver(phase: AgentPhase): boolean {
  return phase.kind === "stopped" || phase.kind === "error";
}

const FORCED = { kind: "stopped", exitCode: EXIT_CODE_KILLED, isForced: true } as const;

function exited(phase: AgentPhase, exitCode: number): Result<PhaseMove, PhaseRefusal> {
  switch (phase.kind) {
    case "stopping":
      // Who was told to stop has ended as it was told, whatever its code.
      return last({ kind: "stopped", exitCode, isForced: false }, phase.cause === "deleted");
    case "running":
      return exitCode === 0
        ? to({ kind: "stopping", cause: "exited" }, { kind: "stopped", exitCode, isForced: false })
        : to({ kind: "error", message: `the agent ended with exit code ${exitCode}`, exitCode });
    case "starting":
      return to({
        kind: "error",
        message: `the agent ended with exit code ${exitCode} before it was up`,
        exitCode,
      });
    case "created":
    case "provisioning":
    case "stopped":
    case "suspended":
    case "error":
      return refuse(phase, { kind: "exited", exitCode }, "nothing of the agent runs in this phase");
  }
}

function deleted(phase: AgentPhase): Result<PhaseMove, PhaseRefusal> {
  switch (phase.kind) {
    case "provisioning":
    case "starting":
      return last({ kind: "error", message: "cancelled: the agent was deleted", exitCode: null }, true);
    case "running":
      return to({ kind: "stopping", cause: "deleted" });
    case "stopping":
      return phase.cause === "deleted" ? nothing() : to({ kind: "stopping", cause: "deleted" });
    case "created":
    case "stopped":
    case "suspended":
    case "error":
      return ok({ through: [], isRemoved: true });
  }
}

function to(...through: readonly AgentPhase[]): Result<PhaseMove, never> {
  return ok({ through, isRemoved: false });
}

function last(phase: AgentPhase, isRemoved: boolean): Result<PhaseMove, never> {
  return ok({ through: [phase], isRemoved });
}

function nothing(): Result<PhaseMove, never> {
  return ok({ through: [], isRemoved: false });
}

function refuse(phase: AgentPhase, event: AgentPhaseEvent, rule: string): Result<never, PhaseRefusal> {
  return err({
    reason: "phase_refused",
    phase: phase.kind,
    event: event.kind,
    message: `Cannot ${event.kind} as ${rule}: current value is ${phase.kind}`,
  });
}
