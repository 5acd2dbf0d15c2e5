/**
 * Routine decisions of one turn as a text for the log: what many of them have in common is written once.
 *
 *   ["routine", [common, ...], [index of the common part of each, ...], ids in one text, [milliseconds since the one before, ...]]
 *
 *   common   ["c", leaseMs, maxMs, idleLimitMs]             ids: of job, run and runner
 *            ["h", leaseMs, activeAgoMs]                     ids: of job
 *            ["e", outcome, reason, report | null, next]    ids: of run, and of the next job
 *   next     0 (completed), why it failed, or [station, labels, needs, has a repository]
 *
 * Pure.
 */
import type { JobId, RunId, RunnerId, StationId } from "../../../protocol/ids.ts";
import type { Outcome } from "../../../protocol/line/task.ts";
import type { EndRoutine, Next, PackedReport, Routine } from "./routine.ts";

export const ROUTINE_CODE = "routine";
const ID_CHARS = 26;

type ClaimCommon = readonly ["c", leaseMs: number, maxMs: number, idleLimitMs: number | null];
type RenewCommon = readonly ["h", leaseMs: number, activeAgoMs: number | null];
type EndCommon = readonly [
  "e",
  outcome: Outcome,
  reason: string | null,
  report: PackedReport | null,
  next: PackedNext,
];
type Common = ClaimCommon | RenewCommon | EndCommon;
type PackedNext =
  | 0
  | string
  | readonly [StationId, labels: readonly string[], needs: readonly string[], hasAgentRepository: boolean];
type RoutineBlockText = readonly [
  typeof ROUTINE_CODE,
  commons: readonly Common[],
  common: readonly number[],
  ids: string,
  times: readonly number[],
];

/** Collects routine decisions, in the order in which they were made. */
export class RoutineBlock {
  /** Their JSON: it is what they are known by, and what is written. */
  readonly #commons: string[] = [];
  readonly #indexOf = new Map<string, number>();
  readonly #common: number[] = [];
  readonly #times: number[] = [];
  #ids = "";
  #lastMs = 0;

  get size(): number {
    return this.#times.length;
  }

  /** When the newest was decided. */
  get lastMs(): number {
    return this.#lastMs;
  }

  /** False: it does not fit in here, and nothing was added. */
  add(routine: Routine, nowMs: number): boolean {
    const ids = idsOf(routine);
    if (ids.some((id) => id.length !== ID_CHARS)) return false;
    this.#common.push(this.#place(JSON.stringify(commonOf(routine))));
    this.#ids += ids.join("");
    this.#times.push(nowMs - this.#lastMs);
    this.#lastMs = nowMs;
    return true;
  }

  /** The block's JSON. */
  text(): string {
    const commons = this.#commons.join(",");
    return `["${ROUTINE_CODE}",[${commons}],[${this.#common}],${JSON.stringify(this.#ids)},[${this.#times}]]`;
  }

  #place(common: string): number {
    const known = this.#indexOf.get(common);
    if (known !== undefined) return known;
    this.#indexOf.set(common, this.#commons.length);
    return this.#commons.push(common) - 1;
  }
}

function idsOf(routine: Routine): readonly string[] {
  if (routine.kind === "claim") return [routine.jobId, routine.runId, routine.runnerId];
  if (routine.kind === "renew") return [routine.jobId];
  return routine.next.kind === "station" ? [routine.runId, routine.next.jobId] : [routine.runId];
}

function commonOf(routine: Routine): Common {
  if (routine.kind === "claim") return ["c", routine.leaseMs, routine.maxMs, routine.idleLimitMs];
  if (routine.kind === "renew") return ["h", routine.leaseMs, routine.activeAgoMs];
  const { outcome, reason, report, next } = routine;
  return ["e", outcome, reason, report, packNext(next)];
}

function packNext(next: Next): PackedNext {
  switch (next.kind) {
    case "completed":
      return 0;
    case "failed":
      return next.reason;
    case "station":
      return [next.stationId, next.labels, next.needs, next.hasAgentRepository];
  }
}

/** How many decisions a block of a log holds; 0 if it is no block of them. */
export function routineCount(block: readonly unknown[]): number {
  return block[0] === ROUTINE_CODE ? (block as unknown as RoutineBlockText)[4].length : 0;
}

/** The decisions of a block, each with its time. */
export function* decodeRoutines(
  block: readonly unknown[],
): Iterable<{ readonly routine: Routine; readonly nowMs: number }> {
  const [, commons, common, ids, times] = block as unknown as RoutineBlockText;
  let nowMs = 0;
  let at = 0;
  const nextId = () => ids.slice(at, at += ID_CHARS);
  for (let i = 0; i < times.length; i++) {
    nowMs += times[i]!;
    yield { routine: routineOf(commons[common[i]!]!, nextId), nowMs };
  }
}

function routineOf(common: Common, nextId: () => string): Routine {
  if (common[0] === "c") {
    const [, leaseMs, maxMs, idleLimitMs] = common;
    return {
      kind: "claim",
      jobId: nextId() as JobId,
      runId: nextId() as RunId,
      runnerId: nextId() as RunnerId,
      leaseMs,
      maxMs,
      idleLimitMs,
    };
  }
  if (common[0] === "h") {
    const [, leaseMs, activeAgoMs] = common;
    return { kind: "renew", jobId: nextId() as JobId, leaseMs, activeAgoMs };
  }
  const [, outcome, reason, report, packed] = common;
  const runId = nextId() as RunId;
  return {
    kind: "end",
    runId,
    outcome,
    reason,
    report,
    next: unpackNext(packed, nextId),
  } satisfies EndRoutine;
}

function unpackNext(packed: PackedNext, nextId: () => string): Next {
  if (packed === 0) return { kind: "completed" };
  if (typeof packed === "string") return { kind: "failed", reason: packed };
  const [stationId, labels, needs, hasAgentRepository] = packed;
  return { kind: "station", jobId: nextId() as JobId, stationId, labels, needs, hasAgentRepository };
}
