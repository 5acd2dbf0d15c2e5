/**
 * How a run is reported: the agent's conclusion, its exit code, what it left behind and why it was stopped become one
 * terminal report (Line 8). Any sign of failure makes it `failed` (pick A19); silence with exit code 0 is success.
 */
import { REASON_MAX_CHARS } from "../../protocol/limits.ts";
import type { ModelUsage } from "../../protocol/line/model_usage.ts";
import { assertNever } from "../../protocol/result.ts";
import type { HarvestReading, RunEnding, StopReason } from "./job_phase.ts";
import { uncommittedText, workPaths } from "./uncommitted.ts";

/** What the agent declared. */
export interface Conclusion {
  readonly conclusion: "success" | "failure";
  readonly summary: string | null;
  readonly exitCode: number | null;
}

export type ConclusionReading =
  | { readonly kind: "none" }
  /** `tool`: told to the operator, which ends the station. `pipeline`: how that ended. Otherwise from the agent's file. */
  | { readonly kind: "read"; readonly conclusion: Conclusion; readonly by?: "tool" | "file" | "pipeline" }
  /** The agent's turn ended without the tool; `summary` is its last message. */
  | { readonly kind: "inferred"; readonly summary: string | null }
  /** There is a file, and it is not a conclusion. */
  | { readonly kind: "invalid"; readonly message: string };

/** The part of the wire's report that says how it ended; ids and epoch are added when it is sent. */
export interface TerminalReport {
  readonly jobResult: "success" | "failed";
  readonly exitCode: number;
  readonly error: string | null;
  readonly conclusion: "success" | "failure" | null;
  readonly summary: string | null;
  readonly reason: "timeout" | "idle_timeout" | "runner_stopped" | null;
  readonly baseCommit: string | null;
  readonly headCommit: string | null;
  /** What the agent used of its model since the run began; absent where nobody counted. */
  readonly usage?: ModelUsage;
}

export interface RunFacts {
  readonly ending: RunEnding;
  /** What was found where the runner stopped it for what its sandbox is or takes; null or absent where that was not why. */
  readonly stopDetail?: string | null;
  readonly conclusion: ConclusionReading;
  readonly harvest: HarvestReading;
  readonly baseCommit: string | null;
  /** Why the work branch could not be pushed; null if it was, or if there was nothing to push. */
  readonly pushError: string | null;
  readonly autoGit: boolean;
  readonly commitMessageTemplate: string;
  /** Whether an AI worked here: then what it did not conclude is inferred from how it ended (Line 8). */
  readonly isAgent: boolean;
  /** Why the agent's session was ended as a failure; null if it was not, or there was none. */
  readonly sessionFault?: string | null;
  readonly usage?: ModelUsage | null;
}

/** Line 8: no process, so no exit code. */
const NO_EXIT_CODE = -1;
/** Line 8: the summary of an agent that ended without the tool and not well. */
const UNEXPECTED_END = "session ended unexpectedly";

/** Decides the report of a run that has ended. */
export function decideReport(facts: RunFacts): TerminalReport {
  const declared = facts.conclusion.kind === "read" ? facts.conclusion.conclusion : null;
  const isFarewell = endedAfterItsConclusion(facts);
  const faults = [
    isFarewell ? null : facts.sessionFault ?? endingFault(facts.ending, facts.stopDetail ?? null),
    conclusionFault(facts.conclusion),
    ...(facts.ending.kind === "exited" || isFarewell ? [uncommittedFault(facts)] : []),
    facts.harvest.kind === "unreadable" ? `the worktree cannot be read: ${facts.harvest.message}` : null,
    facts.pushError === null ? null : `the work branch cannot be pushed: ${facts.pushError}`,
  ].filter((fault) => fault !== null);
  const { conclusion, summary } = declared ?? inferred(facts, faults.length === 0);
  return {
    jobResult: faults.length === 0 ? "success" : "failed",
    exitCode: isFarewell ? declared?.exitCode ?? 0 : exitCodeOf(facts.ending, declared),
    error: faults.length === 0 ? null : cut(faults.join("; ")),
    conclusion,
    summary: summary === null ? null : cut(summary),
    reason: facts.ending.kind === "stopped" && !isFarewell ? reasonOf(facts.ending.reason) : null,
    baseCommit: facts.baseCommit,
    headCommit: facts.harvest.kind === "harvested" ? facts.harvest.harvest.headCommit : null,
    ...(facts.usage === undefined || facts.usage === null ? {} : { usage: facts.usage }),
  };
}

/** Who has concluded and is stopped by us afterwards has ended well: only its process had not. */
function endedAfterItsConclusion({ ending, conclusion }: RunFacts): boolean {
  if (ending.kind !== "stopped") return false;
  const hasConcluded = conclusion.kind === "read" && conclusion.by === "tool";
  return hasConcluded && (ending.reason === "concluded" || ending.reason === "runner_stopped");
}

/** What an agent would have told the tool, from how it ended; scripts conclude by their exit code alone. */
function inferred(
  { ending, conclusion, isAgent }: RunFacts,
  isWell: boolean,
): Pick<TerminalReport, "conclusion" | "summary"> {
  const hasEnded = ending.kind === "exited" || ending.kind === "lost";
  if (!isAgent || !hasEnded) return { conclusion: null, summary: null };
  const isCrash = ending.kind === "lost" || ending.exitCode !== 0;
  const lastMessage = conclusion.kind === "inferred" ? conclusion.summary : null;
  return { conclusion: isWell ? "success" : "failure", summary: isCrash ? UNEXPECTED_END : lastMessage };
}

function endingFault(ending: RunEnding, stopDetail: string | null): string | null {
  switch (ending.kind) {
    case "exited":
      if (ending.wasKilledForMemory) return "the sandbox ran out of memory";
      return ending.exitCode === 0 ? null : `the agent ended with exit code ${ending.exitCode}`;
    case "stopped":
      return STOP_TEXTS[ending.reason] +
        (isStopFound(ending.reason) && stopDetail !== null ? `: ${stopDetail}` : "");
    case "lost":
      return "container lost";
    case "not_started":
      return ending.message;
    default:
      return assertNever(ending);
  }
}

/** Reasons of which the runner has found more to say. */
function isStopFound(reason: StopReason): boolean {
  return reason === "not_sealed" || reason === "limit_exceeded" || reason === "over_budget" ||
    reason === "pipeline_broken";
}

const STOP_TEXTS: Readonly<Record<StopReason, string>> = {
  cancelled: "cancelled by the control plane",
  stopped_by_person: "stopped by a person at the runner's machine",
  deleted_by_person: "deleted by a person at the runner's machine",
  lease_lost: "the lease was lost",
  idle_timeout: "the agent wrote nothing for longer than the station's idle timeout",
  timeout: "the run took longer than the station's maximum timeout",
  runner_stopped: "the runner was told to stop",
  concluded: "the agent did not end after its conclusion",
  not_sealed: "the sandbox is not as sealed as it must be",
  limit_exceeded: "the sandbox took more than it may",
  over_budget: "the agent used more than it may",
  pipeline_broken: "the station's pipeline could not go on",
};

function conclusionFault(reading: ConclusionReading): string | null {
  if (reading.kind === "none" || reading.kind === "inferred") return null;
  if (reading.kind === "invalid") return `the conclusion file is invalid: ${reading.message}`;
  const { conclusion, exitCode, summary } = reading.conclusion;
  if (conclusion === "failure") {
    // Why is among the faults of the end.
    if (reading.by === "pipeline") return null;
    return `the agent concluded with failure${summary === null || summary === "" ? "" : `: ${summary}`}`;
  }
  return exitCode === null || exitCode === 0 ? null : `the agent concluded with exit code ${exitCode}`;
}

function uncommittedFault(facts: RunFacts): string | null {
  if (!facts.autoGit || facts.harvest.kind !== "harvested") return null;
  const paths = workPaths(facts.harvest.harvest.uncommittedPaths);
  return paths.length === 0 ? null : uncommittedText(paths, facts.commitMessageTemplate);
}

/** The process's own code if it says failure, else the one that the agent declared. */
function exitCodeOf(ending: RunEnding, declared: Conclusion | null): number {
  if (ending.kind !== "exited") return NO_EXIT_CODE;
  return ending.exitCode !== 0 ? ending.exitCode : declared?.exitCode ?? 0;
}

function reasonOf(reason: StopReason): TerminalReport["reason"] {
  return reason === "timeout" || reason === "idle_timeout" || reason === "runner_stopped" ? reason : null;
}

function cut(text: string): string {
  return text.length <= REASON_MAX_CHARS ? text : `${text.slice(0, REASON_MAX_CHARS - 1)}…`;
}
