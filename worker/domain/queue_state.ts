/**
 * The state of one project's queue: lines, runners, tokens, tasks, jobs and runs, as plain data.
 *
 * Owner: the `JobQueue` object. Deciders read it and return {@link Change}s; only `apply_changes.ts` writes it.
 * Every state is a `kind` union that carries what only it owns: there is a lease only on a claimed or running job.
 */
import type { AskId, GateId, JobId, LineId, RunId, RunnerId, StationId, TaskId } from "../../protocol/ids.ts";
import type { LineInput } from "../../protocol/line/line.ts";
import type { Priority } from "../../protocol/line/fields.ts";
import type { Outcome } from "../../protocol/line/task.ts";

/** One version of a line; a task keeps the version it started with. */
export interface LineVersion {
  readonly id: LineId;
  /** 1, 2, 3, ... for each put. */
  readonly version: number;
  readonly definition: Omit<LineInput, "id" | "owner" | "project">;
  readonly createdAtMs: number;
  /** A deleted line takes no new tasks; the ones on it go on. */
  readonly isDeleted: boolean;
}

export interface Runner {
  readonly id: RunnerId;
  readonly name: string;
  readonly labels: readonly string[];
  readonly registeredAtMs: number;
  readonly lastSeenAtMs: number;
  /** Its newest run: what a report without ids is about when nothing is active (Line 3, row 3). */
  readonly lastRunId: RunId | null;
}

export type TokenKind = "user" | "runner" | "job" | "repository";

/** A secret that we handed out; only its SHA-256 is kept (S1). */
export interface TokenRecord {
  /** Hex of SHA-256 of the whole token text. */
  readonly hash: string;
  readonly kind: TokenKind;
  readonly name: string;
  readonly runnerId: RunnerId | null;
  readonly jobId: JobId | null;
  readonly taskId: TaskId | null;
  readonly createdAtMs: number;
}

export type TaskState =
  | {
    readonly kind: "at_station";
    readonly jobId: JobId;
    readonly phase: "queued" | "claimed" | "in_progress";
  }
  /** At a station of type `none` that has rules: somebody must move it (Line 7 item 6). */
  | { readonly kind: "waiting" }
  | {
    readonly kind: "awaiting_review";
    readonly askId: AskId;
    readonly gateId: GateId;
    readonly toStationId: StationId;
  }
  | { readonly kind: "completed"; readonly endedAtMs: number }
  | { readonly kind: "failed"; readonly reason: string; readonly endedAtMs: number };

export interface Task {
  readonly id: TaskId;
  readonly lineId: LineId;
  readonly lineVersion: number;
  readonly title: string;
  readonly description: string;
  readonly priority: Priority;
  readonly labels: readonly string[];
  readonly stationId: StationId;
  /** Jobs made so far per station; `attempt` of the next one is this plus one. */
  readonly attempts: Readonly<Record<string, number>>;
  /** Every job of this task, in order of creation. */
  readonly jobIds: readonly JobId[];
  /** The newest ask of each gate that this task came to: a decision that is repeated finds its record there. */
  readonly asks: Readonly<Record<string, AskId>>;
  /** True once a station with `createAssemblyLineRepo` was reached: from then on agents get its URL (Line 9). */
  readonly hasAgentRepository: boolean;
  readonly state: TaskState;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export type JobState =
  | { readonly kind: "queued" }
  | {
    readonly kind: "claimed" | "in_progress";
    readonly runId: RunId;
    readonly runnerId: RunnerId;
    readonly leaseUntilMs: number;
    /** The wall-clock end of the run (Q3). */
    readonly deadlineMs: number;
  }
  | {
    readonly kind: "finished";
    readonly outcome: Outcome;
    readonly reason: string | null;
    readonly endedAtMs: number;
  };

export interface Job {
  readonly id: JobId;
  readonly taskId: TaskId;
  readonly stationId: StationId;
  readonly attempt: number;
  readonly labels: readonly string[];
  readonly needs: readonly string[];
  readonly priority: Priority;
  /** Grows at each claim (Q1). */
  readonly leaseEpoch: number;
  readonly lostRuns: number;
  readonly runIds: readonly RunId[];
  readonly queuedAtMs: number;
  readonly state: JobState;
}

/** What a runner reported at the end, kept so that the same report again is recognised (Q2). */
export interface FinalReport {
  readonly result: "success" | "failed";
  readonly exitCode: number | null;
  readonly error: string | null;
  readonly summary: string | null;
  readonly reason: string | null;
  readonly baseCommit: string | null;
  readonly headCommit: string | null;
}

export type RunState =
  | { readonly kind: "active" }
  | {
    readonly kind: "finished";
    readonly outcome: Outcome | "lost";
    readonly report: FinalReport | null;
    readonly endedAtMs: number;
  };

export interface Run {
  readonly id: RunId;
  readonly jobId: JobId;
  readonly taskId: TaskId;
  readonly stationId: StationId;
  readonly runnerId: RunnerId;
  readonly runnerName: string;
  readonly leaseEpoch: number;
  readonly claimedAtMs: number;
  readonly startedAtMs: number | null;
  readonly state: RunState;
}

export interface ProjectSettings {
  readonly owner: string;
  readonly project: string;
  /** The project repository that stations work on; null until it is set. */
  readonly gitUrl: string | null;
  /** Branch that work starts from; null for the repository's default. */
  readonly gitBranch: string | null;
  /** A project exists once something was put into it. */
  readonly createdAtMs: number | null;
}

export interface QueueState {
  readonly settings: ProjectSettings;
  /** Key: `{lineId}@{version}`. */
  readonly lines: ReadonlyMap<string, LineVersion>;
  readonly latestLineVersion: ReadonlyMap<LineId, number>;
  readonly runners: ReadonlyMap<RunnerId, Runner>;
  readonly tokens: ReadonlyMap<string, TokenRecord>;
  readonly tasks: ReadonlyMap<TaskId, Task>;
  readonly jobs: ReadonlyMap<JobId, Job>;
  /** Those of `jobs` that are not finished: what is searched at every poll. */
  readonly openJobs: ReadonlyMap<JobId, Job>;
  readonly runs: ReadonlyMap<RunId, Run>;
}

/** A row to write; `deleteToken` is the only thing that ever disappears. */
export type Change =
  | { readonly kind: "settings"; readonly row: ProjectSettings }
  | { readonly kind: "line"; readonly row: LineVersion }
  | { readonly kind: "runner"; readonly row: Runner }
  | { readonly kind: "token"; readonly row: TokenRecord }
  | { readonly kind: "delete_token"; readonly hash: string }
  | { readonly kind: "task"; readonly row: Task }
  | { readonly kind: "job"; readonly row: Job }
  | { readonly kind: "run"; readonly row: Run };
