/** What may be asked of a queue and of a session about live sessions (Line 4.2, 4.3). Types only. */
import type { RunId, StationId, TaskId } from "../../protocol/ids.ts";
import type {
  ActivityAnswer,
  LiveQuestion,
  SessionMetadata,
  SessionStarted,
} from "../../protocol/line/live.ts";
import type { Result } from "../../protocol/result.ts";
import type { Caller } from "./caller.ts";
import type { AnswerError } from "./live_question.ts";
import type { QueueError } from "./queue_error.ts";
import type { SessionEnd } from "./queue_state.ts";
import type { TelemetryWork } from "./telemetry.ts";

/** What a session shows. */
export interface SessionPlace {
  readonly taskId: TaskId;
  /** Null: the task had no run when the session was linked. */
  readonly runId: RunId | null;
  readonly stationId: StationId | null;
  /** Nothing that the session does matters any more. */
  readonly isOver: boolean;
}

type Answer<T> = Promise<Result<T, QueueError>>;

/** The part of `JobQueueApi` that is about live sessions and what agents remember. */
export interface SessionQueueApi {
  /** May the caller read, or replace, what the project's agents remember between machines? */
  authorizeMemory(caller: Caller, to: "read" | "write"): Answer<null>;
  /** Links a session to the run of a job's token, or to the one that a runner holds. */
  bindSession(
    caller: Caller,
    input: { readonly sessionId: string; readonly broadcastId: string | null },
  ): Answer<SessionPlace>;
  /** May the caller speak for this session: the run's runner (that renews its lease), its job, or a user? */
  authorizeSession(
    caller: Caller,
    input: { readonly taskId: string; readonly sessionId: string },
  ): Answer<SessionPlace>;
  /** Telemetry of a run's own token, or of its runner, about jobs. Answers the live sessions of those that are at work. */
  tellTelemetry(caller: Caller, work: TelemetryWork): Answer<{ readonly sessionIds: readonly string[] }>;
  /** By whoever knows the session's id: the agent did something, or the session ended. Renews no lease. */
  tellSession(input: {
    readonly taskId: string;
    readonly sessionId: string;
    /** How long ago the agent was active, in milliseconds; null: nothing is said of it. */
    readonly idleMs: number | null;
    readonly end: SessionEnd | null;
    /** By which the agent can go on; null: nothing new. */
    readonly agentSessionId: string | null;
    /** A line for the task's timeline; null: none. */
    readonly note: string | null;
  }): Answer<SessionPlace>;
}

/** Where a session belongs. */
export interface SessionHome {
  readonly owner: string;
  readonly project: string;
  readonly taskId: string;
}

/** One `LiveSession` object, named by its id. */
export interface LiveSessionApi {
  /** Null: nobody has linked it. */
  home(): Promise<SessionHome | null>;
  /** Links it. False: it is another project's. */
  bind(home: SessionHome & { readonly broadcastId: string | null }): Promise<boolean>;
  started(): Promise<Pick<SessionStarted, "claudeSessionId" | "project" | "workspace" | "startedAt">>;
  /** False: nobody has linked it. */
  hear(event: SessionMetadata): Promise<boolean>;
  /** Something else than the session itself says that its agent is at work. */
  stir(): Promise<void>;
  activity(idleThresholdMs: number): Promise<ActivityAnswer | null>;
  setPrompts(
    prompts: { readonly taskPrompt: string | null; readonly systemPrompt: string | null },
  ): Promise<void>;
  prompts(): Promise<{ readonly taskPrompt: string | null; readonly systemPrompt: string | null }>;
  /** What its agent asked, the oldest first. */
  questions(): Promise<readonly LiveQuestion[]>;
  /** A person's answer, one for each part of the question. */
  answer(questionId: string, answers: readonly string[], by: string): Promise<Result<null, AnswerError>>;
  /** Lines of its transcript, for the activity log of a run. Answers how many entries were new. */
  sync(
    lines: readonly string[],
    of: { readonly runId: string; readonly stationId: string },
  ): Promise<number>;
  /** With `?viewer`: a socket that says nothing. Else a broadcaster: GET with `Upgrade: websocket`, whose caller was proven. */
  fetch(request: Request): Promise<Response>;
}
