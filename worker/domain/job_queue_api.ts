/** What may be asked of a `JobQueue` object: one project's lines, tasks, jobs, runners and tokens. Types only. */
import type {
  PollAnswer,
  PolledJob,
  progressInput,
  ReportAnswer,
  RunnerRegistered,
  RunnerReport,
  RunnerUpdate,
} from "../../protocol/line/runner.ts";
import type { z } from "zod";
import type { JobData, jobListQuery, JobPage, RunData } from "../../protocol/line/job.ts";
import type { moveInput, retryInput, TaskData, taskListQuery, TaskPage } from "../../protocol/line/task.ts";
import type { Scope, TokenInput } from "../../protocol/line/token.ts";
import type { LineInput } from "../../protocol/line/line.ts";
import type { Result } from "../../protocol/result.ts";
import type { AgentIdentity, AgentQueueApi, NewSubtask, SpecPlace } from "./agent_queue_api.ts";
import type { AgentNews } from "./agent_wait.ts";
import type { AskCaller } from "./ask_caller.ts";
import type { AssetQueueApi } from "./asset_api.ts";
import type { Caller } from "./caller.ts";
import type { ChatQueueApi } from "./chat_api.ts";
import type { JsonText } from "./json_text.ts";
import type { LineWire } from "./line_wire.ts";
import type { RequestToHold } from "./approval_hold.ts";
import type { GateAuditHead, GateResolution } from "./event.ts";
import type { ProjectInput, ProjectView } from "./project.ts";
import type { QueueError } from "./queue_error.ts";
import type { RunnerSays } from "./queue_state.ts";
import type { SessionQueueApi } from "./session_api.ts";
import type { Submission } from "./submission.ts";
import type { RepositoryAccess } from "./task_repository_api.ts";

export type { AgentIdentity, AskCaller, NewSubtask, QueueError, SpecPlace };

export interface LineView {
  readonly id: string;
  readonly version: number;
  readonly owner: string;
  readonly project: string;
  readonly createdAtMs: number;
  readonly definition: Omit<LineInput, "id" | "owner" | "project">;
  /** Stations that no path from the first one reaches: a warning, not a fault. */
  readonly warnings: readonly string[];
}

/** A version of a line as a list shows it: without its definition. */
export interface LineVersionView extends Omit<LineView, "definition"> {
  readonly name: string;
}

export interface RunnerView {
  readonly id: string;
  readonly name: string;
  readonly labels: readonly string[];
  readonly status: "online" | "offline";
  /** `paused` and `draining` take no new work; a draining runner is told to end once its hands are free. */
  readonly intake: "open" | "paused" | "draining";
  /** What it said at its newest poll; null: nothing. */
  readonly capabilities: readonly string[] | null;
  readonly version: string | null;
  readonly harnesses: readonly string[] | null;
  readonly registeredAtMs: number;
  readonly lastSeenAtMs: number;
  /** ISO-8601. */
  readonly lastSeen: string;
  readonly currentJobIds: readonly string[];
}

/** A user or connection token, without its text. */
export interface TokenView {
  readonly id: string;
  readonly name: string;
  readonly kind: "user" | "connection";
  readonly scopes: readonly Scope[];
  readonly lineId: string | null;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
}

/** The only answer that holds a token's text. */
export interface TokenCreated extends TokenView {
  readonly token: string;
}

/** A request that is held: its ask, what the decision is bound to, and when it ends without one. */
export interface RequestHeld {
  readonly askId: string;
  readonly digest: string;
  readonly expiresAtMs: number | null;
}

/** The run that a log chunk belongs to, once the queue has let it through. */
export interface RunAdmission {
  readonly taskId: string;
  readonly stationId: string;
  readonly cancel: boolean;
}

type Answer<T> = Promise<Result<T, QueueError>>;

/** `baseUrl` is the control plane's public address without a trailing slash; answers contain URLs below it. */
export interface JobQueueApi extends AgentQueueApi, AssetQueueApi, ChatQueueApi, SessionQueueApi {
  readProject(caller: Caller): Answer<ProjectView>;
  putProject(caller: Caller, input: ProjectInput): Answer<ProjectView>;
  createToken(caller: Caller, input: TokenInput): Answer<TokenCreated>;
  listTokens(caller: Caller): Answer<readonly TokenView[]>;
  deleteToken(caller: Caller, tokenId: string): Answer<null>;

  /** `lineId` null: an import without an id makes a new id. */
  putLine(
    caller: Caller,
    input: {
      readonly lineId: string | null;
      readonly line: LineInput;
      /** Put before the line's own in the answer. */
      readonly warnings?: readonly string[];
      /** Refuse when the newest version is another one; 0: when there is any. */
      readonly expectedVersion?: number | undefined;
    },
  ): Answer<LineView>;
  readLine(caller: Caller, lineId: string): Answer<LineView>;
  /** The same as it goes over the wire. */
  readLineJson(caller: Caller, lineId: string): Answer<JsonText<LineWire>>;
  listLines(caller: Caller): Answer<readonly LineView[]>;
  listLineVersions(
    caller: Caller,
    input: { readonly lineId: string; readonly limit: number; readonly cursor?: string | undefined },
  ): Answer<{ readonly versions: readonly LineVersionView[]; readonly nextCursor: string | null }>;
  /** Any version of a line: a task keeps the one that it started with. */
  readLineVersion(
    caller: Caller,
    input: { readonly lineId: string; readonly version: string },
  ): Answer<LineView>;
  /**
   * May the caller make lines? Asked before a repository is fetched for it. `known`: the line that this very request
   * (by its idempotency key) made before.
   */
  authorizeImport(caller: Caller): Answer<{ readonly known: LineView | null }>;
  deleteLine(caller: Caller, lineId: string): Answer<null>;

  submitTask(caller: Caller, input: Submission & { readonly baseUrl: string }): Answer<JsonText<TaskData>>;
  /** `lineId`: the line of the path, which must be the task's. */
  readTask(
    caller: Caller,
    input: { readonly taskId: string; readonly lineId?: string; readonly baseUrl: string },
  ): Answer<TaskData>;
  listTasks(
    caller: Caller,
    input: z.infer<typeof taskListQuery> & { readonly baseUrl: string },
  ): Answer<TaskPage>;
  retryTask(
    caller: Caller,
    input: z.infer<typeof retryInput> & { readonly taskId: string; readonly baseUrl: string },
  ): Answer<TaskData>;
  moveTask(
    caller: Caller,
    input: z.infer<typeof moveInput> & { readonly taskId: string; readonly baseUrl: string },
  ): Answer<TaskData>;
  /** By a user, by the task's own job, or by the runner that holds the task's job. */
  linkStream(
    caller: Caller,
    input: {
      readonly taskId: string;
      readonly lineId?: string;
      readonly sessionId: string;
      readonly broadcastId: string | null;
      readonly baseUrl: string;
    },
  ): Answer<TaskData>;

  listJobs(caller: Caller, input: z.infer<typeof jobListQuery>): Answer<JobPage>;
  readJob(caller: Caller, jobId: string): Answer<JobData>;
  readRun(caller: Caller, runId: string): Answer<RunData>;
  cancelTask(
    caller: Caller,
    input: { readonly taskId: string; readonly reason: string; readonly baseUrl: string },
  ): Answer<TaskData>;

  registerRunner(
    caller: Caller,
    input: { readonly name: string; readonly labels: readonly string[] },
  ): Answer<RunnerRegistered>;
  /** A token that registers runners for an hour; for whoever may keep runners. */
  createRegistrationToken(caller: Caller): Answer<TokenCreated>;
  listRunners(caller: Caller): Answer<readonly RunnerView[]>;
  readRunner(caller: Caller, runnerId: string): Answer<RunnerView>;
  updateRunner(
    caller: Caller,
    input: { readonly runnerId: string; readonly update: RunnerUpdate },
  ): Answer<RunnerView>;
  rotateRunner(caller: Caller, runnerId: string): Answer<RunnerRegistered>;
  setRunnerIntake(
    caller: Caller,
    input: { readonly runnerId: string; readonly intake: "open" | "paused" | "draining" },
  ): Answer<RunnerView>;
  /** Its runs end as lost. */
  deleteRunner(caller: Caller, runnerId: string): Answer<null>;
  /** Null: nothing to do (204). Waits up to `waitMs` for work; a runner that should drain is told at once. */
  poll(
    caller: Caller,
    input: {
      readonly capabilities: readonly string[] | null;
      readonly maxJobs?: number;
      readonly said?: RunnerSays;
      readonly waitMs: number;
      readonly baseUrl: string;
    },
  ): Answer<JsonText<PollAnswer> | null>;
  claim(
    caller: Caller,
    input: {
      readonly jobId: string;
      readonly capabilities: readonly string[] | null;
      readonly maxJobs?: number;
      readonly baseUrl: string;
    },
  ): Answer<JsonText<PolledJob>>;
  report(
    caller: Caller,
    input: { readonly runnerId: string; readonly report: RunnerReport },
  ): Answer<ReportAnswer>;
  /** A report that names its run instead of its runner (Line 4.2). `stream` is linked to the run's task. */
  reportRun(
    caller: Caller,
    input: {
      readonly runId: string;
      readonly report: RunnerReport;
      readonly stream?: { readonly sessionId: string; readonly broadcastId: string | null };
    },
  ): Answer<ReportAnswer>;
  tellProgress(
    caller: Caller,
    input: z.infer<typeof progressInput> & { readonly runId: string; readonly jobId: string },
  ): Answer<ReportAnswer>;
  /** Lets a log chunk in, or what a run's agent did, and renews the lease. `news`: what that says of its waiting. */
  admitLog(
    caller: Caller,
    input: {
      readonly runId: string;
      readonly jobId: string;
      readonly leaseEpoch: number | null;
      readonly news?: readonly AgentNews[];
    },
  ): Answer<RunAdmission>;

  /** May the caller read this task's log and timeline? If so the log is told all of it, now and from now on. */
  authorizeTask(
    caller: Caller,
    taskId: string,
  ): Answer<{ readonly taskId: string; readonly askId: string | null }>;
  /** The ask that a task waits on at this gate; for a gate already decided, the ask it was. `userName` goes on record. */
  authorizeGate(
    caller: Caller,
    input: { readonly taskId: string; readonly gateId: string; readonly lineId?: string },
  ): Answer<{ readonly askId: string; readonly userName: string }>;
  /** Who is the caller to an ask of this project, of that task or of none? Users and runners; an agent is nobody to it. */
  authorizeAsk(caller: Caller, input: { readonly taskId: string | null }): Answer<AskCaller>;
  authorizeRepository(
    caller: Caller,
    input: { readonly taskId: string },
  ): Answer<RepositoryAccess>;
  /** For the page behind a gate link, which proves itself by the gate's token and not to the queue. */
  repositoryForGate(taskId: string): Answer<RepositoryAccess>;
  /**
   * May the caller look at the project at all? `name` is how the audit would call it; `lineId` is the one line that its
   * token is locked to, null for all.
   */
  authorizeReader(caller: Caller): Answer<{ readonly name: string; readonly lineId: string | null }>;
  /**
   * May this user do what needs the scope? Who they are, as a principal: `user:NAME`, `connection:NAME`, or the identity of
   * who signed in. A token that is locked to a line passes only where `isLineFine`, and then `lineId` is that line.
   */
  authorizeScope(
    caller: Caller,
    input: { readonly scope: Scope; readonly isLineFine: boolean },
  ): Answer<{
    readonly principal: string;
    readonly lineId: string | null;
    /** May do everything. */
    readonly isAdmin: boolean;
    readonly mayDecide: boolean;
  }>;
  /** May the caller subscribe to `job_available`? Answers the runner's id. */
  authorizeRunner(caller: Caller): Answer<{ readonly runnerId: string }>;
  /** Opens an ask for a request that a runner holds until a person has decided (Line 3 row 7). The same key: the same ask. */
  holdRequest(
    caller: Caller,
    input: RequestToHold & { readonly runnerId: string },
  ): Answer<RequestHeld>;
  /** Its runner does not wait for the decision any more. One that nobody waits for is left as it is. */
  withdrawRequest(
    caller: Caller,
    input: {
      readonly runnerId: string;
      readonly askId: string;
      readonly jobId: string;
      readonly reason: string;
    },
  ): Answer<null>;
  /**
   * Takes an approval into use, once: the same idempotency key again is the same use. `isSpent`: the ask says that it was
   * used already.
   */
  spendApproval(
    caller: Caller,
    input: {
      readonly runnerId: string;
      readonly runId: string;
      readonly askId: string;
      readonly isSpent: boolean;
    },
  ): Answer<null>;
  /**
   * May the caller see a held request (`read`: its runner, and users), answer it (`decide`: users), or use the answer (`settle`:
   * its runner)? `taskId` null: not known yet, asked again then. `actor`: as the audit calls them; `isHeld`: a run waits for it.
   */
  authorizeApproval(
    caller: Caller,
    input: {
      readonly runnerId: string;
      readonly askId: string;
      readonly taskId: string | null;
      readonly to: "read" | "decide" | "settle";
    },
  ): Answer<{ readonly actor: string; readonly isHeld: boolean }>;
  /** Was this message of a channel acted upon before? */
  hasHeard(messageId: string): Answer<boolean>;
  /** It was acted upon now. Idempotent. */
  noteHeard(messageId: string): Answer<null>;
  /** Whose artifact is it? A job's own token names its task and job; a user's names neither. */
  authorizeArtifact(
    caller: Caller,
  ): Answer<{ readonly taskId: string | null; readonly jobId: string | null }>;
  /** Server-sent events: one `job_available` per matching job that becomes queued (Line 3, row 6). */
  fetch(request: Request): Promise<Response>;

  /** From a `HumanGate`'s outbox. Idempotent by ask. `tookEffect` false: the task had gone another way. */
  gateResolved(eventId: string, resolution: GateResolution): Promise<{ readonly tookEffect: boolean }>;
  /** From a `HumanGate`'s outbox: the head of its audit chain, for the task's timeline. */
  gateNoted(head: GateAuditHead): Promise<void>;
}
