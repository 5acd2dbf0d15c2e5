/**
 * The state of one project's queue: lines, runners, tokens, tasks, jobs and runs, as plain data.
 *
 * Owner: the `JobQueue` object. Deciders read it and return {@link Change}s; only `apply_changes.ts` writes it.
 * Every state is a `kind` union that carries what only it owns: there is a lease only on a claimed or running job.
 */
import type { AskId, GateId, JobId, LineId, RunId, RunnerId, StationId, TaskId } from "../../protocol/ids.ts";
import type { LineInput } from "../../protocol/line/line.ts";
import type { LabelMatching, Priority } from "../../protocol/line/fields.ts";
import type { SESSION_CONCLUSIONS } from "../../protocol/line/runner.ts";
import type { ModelUsage } from "../../protocol/line/model_usage.ts";
import type { TimelineEntry } from "../../protocol/line/log.ts";
import type { Outcome } from "../../protocol/line/task.ts";
import type { Scope } from "../../protocol/line/token.ts";
import type { TaskAsset } from "./asset_row.ts";
import type { FreshSource } from "./fresh_tasks.ts";
import type { KnownVersions } from "./line_versions.ts";
import type { QueueIndex } from "./queue_index.ts";

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
  /** `paused` and `draining` take no new work; absent: `open`. A draining runner is told to end once its hands are free. */
  readonly intake?: "open" | "paused" | "draining";
  /** Its reports name their jobs: it may hold several without saying how many (Line 12, pick A29). */
  readonly namesJobs?: true;
  /** What it said of itself at its newest poll; absent until then. */
  readonly said?: RunnerSays;
}

/** What a runner says of itself. Null: it does not say. */
export interface RunnerSays {
  readonly capabilities: readonly string[] | null;
  readonly version: string | null;
  readonly harnesses: readonly string[] | null;
}

/** Tokens of runs are no rows: `run_token.ts`. */
export type TokenKind = "user" | "connection" | "runner";

/** The limits of a user or connection token. */
export interface TokenGrant {
  readonly scopes: readonly Scope[];
  /** The only line that it may act on; null: every line. */
  readonly lineId: LineId | null;
  readonly expiresAtMs: number | null;
}

/** A secret that we handed out; only its SHA-256 is kept (S1). */
export interface TokenRecord {
  /** Hex of SHA-256 of the whole token text. */
  readonly hash: string;
  readonly kind: TokenKind;
  readonly name: string;
  readonly runnerId: RunnerId | null;
  readonly createdAtMs: number;
  /** Of user and connection tokens; absent from those made before there were limits, which may do everything. */
  readonly grant?: TokenGrant;
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
  /** `outcome` is that of the last job, which a terminal station's status may not show (Line 7 item 6). */
  | { readonly kind: "completed"; readonly endedAtMs: number; readonly outcome?: Outcome | null }
  | {
    readonly kind: "failed";
    readonly reason: string;
    readonly endedAtMs: number;
    readonly outcome?: Outcome | null;
  };

/** A live stream of an agent's terminal, as the reference's operator tells of it (Line 4.2). */
export interface TaskStream {
  readonly sessionId: string;
  readonly broadcastId: string | null;
  readonly atMs: number;
  /** The run that it shows; absent: none was under way when it was linked. */
  readonly runId?: RunId;
  /** By which its agent can go on where it was; opaque (Line 5). */
  readonly agentSessionId?: string;
  /** What its operator said of the end (Line 4.3), as long as the run was under way. */
  readonly end?: SessionEnd;
}

/** How an operator ended its session; null: it did not say. */
export interface SessionEnd {
  readonly conclusion: (typeof SESSION_CONCLUSIONS)[number] | null;
  readonly message: string | null;
  readonly gitCommit: string | null;
  readonly gitPushError: string | null;
}

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
  /** The newest live streams, oldest first; absent while there is none. */
  readonly streams?: readonly TaskStream[];
  /** Files beside its card, and how often one was put: each time may have left bytes. Absent: never. */
  readonly assets?: readonly TaskAsset[];
  readonly assetPuts?: number;
  /** W3C Trace Context of the request that submitted it, for all its jobs; absent: it had none. */
  readonly traceparent?: string;
  readonly state: TaskState;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** An agent that waits for a person (`agent_wait.ts`). */
export interface AgentWait {
  readonly kind: "waiting" | "blocked" | "stalled";
  /** In its own words; null: it said none. */
  readonly says: string | null;
  /** The sequence of the event with which it began, which tells spells of a run apart. */
  readonly since: number;
  readonly sinceMs: number;
  /** Null: nobody was asked. */
  readonly askId: AskId | null;
}

/** A question of a run that people have not answered yet (`run_question_open.ts`). */
export interface OpenQuestion {
  readonly id: string;
  readonly askId: AskId;
  readonly stepId: string;
  /** The beginning of what it asks, for lists; null: it has no words. */
  readonly says: string | null;
  readonly askedAtMs: number;
  /** Its own time; null: as long as the run. */
  readonly expiresAtMs: number | null;
}

/** `sequence`: of the last event of the run that changed it. `asks`: how many were made. */
export interface AgentStanding {
  readonly sequence: number;
  readonly asks: number;
  readonly waits: AgentWait | null;
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
    /** The agent's last sign of activity; absent until the first one: such a run is not judged by its silence. */
    readonly activeAtMs?: number;
    /** Silence after that at which the control plane ends the run: the station's limit and a grace. */
    readonly idleLimitMs?: number;
    /** Requests of the run that wait for a person: meanwhile its silence is not judged. Absent: none. */
    readonly heldAskIds?: readonly AskId[];
    /** Questions of the run that wait for a person, oldest first, which does the same. Absent: none. */
    readonly questions?: readonly OpenQuestion[];
    /** What the run's events said of its agent's waiting; absent: nothing yet. */
    readonly agent?: AgentStanding;
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
  /** The newest stage that the runner told of (Line 4.2 `progress`). */
  readonly progress?: { readonly stage: string; readonly message: string; readonly atMs: number };
  /** What its agent used of its model, as told so far; absent: nothing was told. */
  readonly usage?: ModelUsage;
  /** Its chat channel was opened; `replies`: lines of the timeline that came of it. Absent: it never was. */
  readonly chat?: { readonly replies: number };
  readonly state: RunState;
}

/** The answer to a request that carried an idempotency key, for the same request again. */
export interface Remembered {
  /** Who asked, and the key: `{principal} {key}`. */
  readonly id: string;
  /** SHA-256 of method, path and body. */
  readonly fingerprint: string;
  /** JSON of the answer; null when it held a secret or was too large to keep. */
  readonly answer: string | null;
  readonly atMs: number;
}

/** A line of a task's timeline; `ends` is set on its last one. */
export type TaskNote = Omit<TimelineEntry, "eventId"> & { readonly ends: "completed" | "failed" | null };

/** What of a task's timeline its log was not told yet (`task_notes.ts`). */
export interface TaskNotes {
  /** The task's. */
  readonly id: TaskId;
  /** The task has a log: it is told everything at once, and `entries` is empty for ever. */
  readonly hasLog: boolean;
  readonly entries: readonly TaskNote[];
}

/** Lines take turns (`queue.ts`): the turn at which one of the line's jobs was claimed last. */
export interface LineTurn {
  readonly id: LineId;
  readonly turn: number;
}

export interface ProjectSettings {
  readonly owner: string;
  readonly project: string;
  /** The project repository that stations work on; null until it is set. */
  readonly gitUrl: string | null;
  /** Branch that work starts from; null for the repository's default. */
  readonly gitBranch: string | null;
  /** How stations' labels are held against runners'; absent: `superset`. */
  readonly labelMatching?: LabelMatching;
  /** False: no ask is made for an agent that waits. Absent: one is. */
  readonly asksForAgents?: boolean;
  /** A project exists once something was put into it. */
  readonly createdAtMs: number | null;
}

/** Rows, of which those that nobody touched are made when they are asked for. */
export interface RowsByNeed<K, V> extends ReadonlyMap<K, V> {
  /** Where a row is as long as nobody asked for it; null: it was made, or there is none. */
  sourceOf(key: K): { readonly source: FreshSource<V>; readonly at: number } | null;
}

export interface QueueState {
  readonly settings: ProjectSettings;
  /** Key: `{lineId}@{version}`. */
  readonly lines: KnownVersions;
  readonly latestLineVersion: ReadonlyMap<LineId, number>;
  readonly runners: ReadonlyMap<RunnerId, Runner>;
  readonly tokens: ReadonlyMap<string, TokenRecord>;
  readonly tasks: RowsByNeed<TaskId, Task>;
  readonly jobs: RowsByNeed<JobId, Job>;
  readonly runs: ReadonlyMap<RunId, Run>;
  /** Absent for a task that was only submitted. */
  readonly notes: ReadonlyMap<TaskId, TaskNotes>;
  /** By id, the oldest first. */
  readonly remembered: ReadonlyMap<string, Remembered>;
  /** When it was each line's turn the last time, as a number that only grows; absent: never. */
  readonly lineTurns: ReadonlyMap<LineId, number>;
  /** What is asked all the time, derived from the rows above. */
  readonly index: QueueIndex;
}

/** A row to write, or one that disappears. */
export type Change =
  | { readonly kind: "settings"; readonly row: ProjectSettings }
  | { readonly kind: "line"; readonly row: LineVersion }
  | { readonly kind: "runner"; readonly row: Runner }
  | { readonly kind: "delete_runner"; readonly id: RunnerId }
  | { readonly kind: "token"; readonly row: TokenRecord }
  | { readonly kind: "delete_token"; readonly hash: string }
  | { readonly kind: "task"; readonly row: Task }
  | { readonly kind: "job"; readonly row: Job }
  | { readonly kind: "run"; readonly row: Run }
  | { readonly kind: "notes"; readonly row: TaskNotes }
  | { readonly kind: "line_turn"; readonly row: LineTurn }
  | { readonly kind: "remembered"; readonly row: Remembered }
  | { readonly kind: "forget"; readonly id: string };

/** A change that carries the last form of a row. */
export type RowChange = Extract<Change, { readonly row: unknown }>;
