/**
 * The subtask machine (Runtime 3.4): which state follows which, and who may say so. Pure.
 *
 * Invariants
 *   1. Only the edges of `NEXT` exist; `dropped` is terminal and needs a rationale, whoever drops.
 *   2. An agent that works (implementor, designer, reviewer, shepherd) moves only its own subtask, and only
 *      queued -> in_progress -> awaiting_verification. Its own are those of its task that its station may take.
 *   3. `done` and `pending_reevaluation` are set by verification: a verifier, never for work of its own station.
 *   4. A person is an operator and may take every edge.
 */
import type { Capability, SubtaskState, VerificationResult } from "../../protocol/agent/subtask.ts";
import { err, ok, type Result } from "../../protocol/result.ts";

export interface Outcome {
  readonly checkId: string;
  readonly result: VerificationResult;
  readonly detail: string;
  readonly by: string;
  readonly atMs: number;
}

export interface SubtaskAgent {
  readonly runId: string;
  readonly jobId: string;
  readonly stationId: string;
}

export interface Subtask {
  readonly taskId: string;
  readonly id: string;
  readonly spec: string | null;
  readonly title: string;
  readonly requirementIds: readonly string[];
  /** The station whose agents may take it; null: any. */
  readonly stationId: string | null;
  readonly state: SubtaskState;
  readonly agent: SubtaskAgent | null;
  readonly note: string | null;
  readonly rationale: string | null;
  readonly createdAtMs: number;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly changedAtMs: number;
}

/** Who moves: a person (`run` null), or the agent of a run with what its station says that it may. */
export interface Mover {
  readonly name: string;
  readonly capability: Capability;
  readonly run: (SubtaskAgent & { readonly taskId: string }) | null;
}

export interface Move {
  readonly state: SubtaskState;
  readonly note: string | null;
  readonly rationale: string | null;
}

export type SubtaskError =
  | { readonly reason: "subtask_not_found"; readonly id: string }
  | { readonly reason: "subtask_not_own"; readonly id: string }
  | { readonly reason: "no_own_subtask" }
  | { readonly reason: "subtask_ambiguous"; readonly ids: readonly string[] }
  | { readonly reason: "rationale_required"; readonly id: string }
  | { readonly reason: "subtask_exists"; readonly id: string }
  | { readonly reason: "too_many_subtasks"; readonly of: "task" | "project"; readonly subtasksMax: number }
  | {
    readonly reason: "subtask_transition_refused";
    readonly id: string;
    readonly state: SubtaskState;
    readonly to: SubtaskState;
    /** What this caller may move it to. */
    readonly allowedNext: readonly SubtaskState[];
  };

export const NEXT: Readonly<Record<SubtaskState, readonly SubtaskState[]>> = {
  pending: ["queued", "dropped"],
  queued: ["in_progress", "pending", "dropped"],
  in_progress: ["awaiting_verification", "dropped"],
  awaiting_verification: ["done", "pending_reevaluation", "dropped"],
  done: ["pending_reevaluation"],
  pending_reevaluation: ["pending", "dropped"],
  dropped: [],
};

const WORKERS: readonly Capability[] = ["implementor", "ui_designer", "pr_reviewer", "pr_shepherd"];
const LEADERS: readonly Capability[] = ["planner", "coordinator"];

/** Who besides the operator may take an edge. */
const MAY: Readonly<Record<string, readonly Capability[]>> = {
  "pending>queued": LEADERS,
  "pending>dropped": LEADERS,
  "queued>in_progress": [...WORKERS, "coordinator"],
  "queued>pending": ["coordinator"],
  "queued>dropped": ["coordinator"],
  "in_progress>awaiting_verification": WORKERS,
  "awaiting_verification>done": ["verifier"],
  "awaiting_verification>pending_reevaluation": ["verifier"],
  "done>pending_reevaluation": ["verifier", "coordinator"],
  "pending_reevaluation>pending": ["coordinator"],
  "pending_reevaluation>dropped": ["coordinator"],
};

/** The states that this caller may move the subtask to. */
export function allowedNext(
  subtask: Pick<Subtask, "state">,
  capability: Capability,
): readonly SubtaskState[] {
  return NEXT[subtask.state].filter((to) =>
    capability === "operator" || (MAY[`${subtask.state}>${to}`] ?? []).includes(capability)
  );
}

/** Is it this agent's to move? A leader moves all of its task's; a verifier those that others have worked on. */
export function isOwn(subtask: Subtask, { capability, run }: Mover): boolean {
  if (run === null) return true;
  if (subtask.taskId !== run.taskId) return false;
  if (LEADERS.includes(capability)) return true;
  if (capability === "verifier") return subtask.agent?.stationId !== run.stationId;
  const station = subtask.agent?.stationId ?? subtask.stationId;
  return station === null || station === run.stationId;
}

/** The one that an agent means which names none: what it works on, else the only one that it may begin with. */
export function findOwn(
  subtasks: readonly Subtask[],
  mover: Mover,
  id: string | undefined,
): Result<Subtask, SubtaskError> {
  if (id !== undefined) {
    const named = subtasks.find((subtask) => subtask.id === id);
    if (named === undefined) return err({ reason: "subtask_not_found", id });
    return isOwn(named, mover) ? ok(named) : err({ reason: "subtask_not_own", id });
  }
  const own = subtasks.filter((subtask) =>
    isOwn(subtask, mover) && allowedNext(subtask, mover.capability).length > 0
  );
  const underWay = own.filter(({ state }) => state === "in_progress");
  const found = underWay.length > 0 ? underWay : own;
  if (found.length === 1) return ok(found[0]!);
  return found.length === 0
    ? err({ reason: "no_own_subtask" })
    : err({ reason: "subtask_ambiguous", ids: found.map((subtask) => subtask.id) });
}

/** Moves a subtask, or says what may be done instead. */
export function moveSubtask(
  subtask: Subtask,
  mover: Mover,
  { state: to, note, rationale }: Move,
  nowMs: number,
): Result<Subtask, SubtaskError> {
  if (!isOwn(subtask, mover)) return err({ reason: "subtask_not_own", id: subtask.id });
  const allowed = allowedNext(subtask, mover.capability);
  if (!allowed.includes(to)) {
    const { id, state } = subtask;
    return err({ reason: "subtask_transition_refused", id, state, to, allowedNext: allowed });
  }
  if (to === "dropped" && (rationale ?? "").trim() === "") {
    return err({ reason: "rationale_required", id: subtask.id });
  }
  const isOver = to === "done" || to === "dropped";
  const begins = to === "in_progress";
  const returns = to === "pending" || to === "queued";
  return ok({
    ...subtask,
    state: to,
    note: note ?? subtask.note,
    rationale: to === "dropped" ? rationale : subtask.rationale,
    agent: begins ? agentOf(mover) ?? subtask.agent : returns ? null : subtask.agent,
    startedAtMs: begins ? nowMs : returns ? null : subtask.startedAtMs,
    endedAtMs: isOver ? nowMs : null,
    changedAtMs: nowMs,
  });
}

/** What a verification means: `done` when something passed and nothing failed. */
export function verdictOf(outcomes: readonly Pick<Outcome, "result">[]): "done" | "pending_reevaluation" {
  const hasFailed = outcomes.some(({ result }) => result === "failed");
  const hasPassed = outcomes.some(({ result }) => result === "passed");
  return hasPassed && !hasFailed ? "done" : "pending_reevaluation";
}

function agentOf({ run }: Mover): SubtaskAgent | null {
  if (run === null) return null;
  const { runId, jobId, stationId } = run;
  return { runId, jobId, stationId };
}
