/**
 * The ports of the runner: what the conductor (`job/`) needs from the world, as contracts. Each shell folder
 * implements one; shells never import each other and meet only in `job/` and `main.ts`.
 *
 * Rules for every port: methods reject only for faults of the host (disk full, Podman gone); outcomes that the
 * conductor must decide about are return values. All methods are safe to call again with the same arguments
 * after a crash (R1), unless the comment says otherwise.
 */
import type { AgentName } from "../protocol/line/agent_names.ts";
import type { McpServerConfig } from "./agent_ports.ts";
import type { ContainerMount } from "./container_ports.ts";
import type { JobFile } from "./domain/job_files.ts";

/** Reads the wall clock, in integer Unix milliseconds. */
export interface Clock {
  nowMs(): number;
  /** Resolves after `ms`, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

// ---------------------------------------------------------------------------------------------- containers

export type {
  ContainerLimits,
  ContainerMount,
  ContainerRecord,
  ContainerRuntime,
  ContainerSpec,
  ContainerState,
  DoctorLine,
  ExecRequest,
  ExecResult,
  ImageBuild,
  NetworkProfile,
  OutputStream,
  SandboxUsage,
  Terminal,
  TerminalSize,
} from "./container_ports.ts";

// ------------------------------------------------------------------------------------------------ worktree

export interface WorktreeRequest {
  readonly runId: string;
  readonly taskId: string;
  /** The project repository: an https/ssh URL or an allowed local path. Null: an empty workspace. */
  readonly projectUrl: string | null;
  /** Branch to start from; null for the repository's default. */
  readonly projectBranch: string | null;
  readonly initBranch: boolean;
  /**
   * The task's repository on the control plane, where the work branch lives between stations (design 4a). Null where a
   * server keeps none: then work goes on from the task's branch in the project's origin.
   */
  readonly taskRepository: { readonly url: string; readonly authorization: string } | null;
  /** Without a task's repository: push the work to the task's branch in the project's origin (Line 2.2, `autoGit`). */
  readonly pushesToOrigin: boolean;
  /** Placed in the workspace, hidden from git. */
  readonly files: readonly JobFile[];
  /** Lines of gitignore(5) for this run's repository alone; absent: none. */
  readonly ignoreLines?: readonly string[];
  readonly plugins: readonly PluginSource[];
  /** Paths of the workspace that the sandbox will hide: git takes what is tracked there for unchanged. Absent: none. */
  readonly shadows?: readonly string[];
  /** Copy what `.worktreeinclude` of a project on this machine names (Runtime 2.3.5); default: nothing is carried over. */
  readonly includesIgnored?: boolean;
  readonly owner: { readonly uid: number; readonly gid: number };
}

/** A plugin of a job (Line 16). */
export interface PluginSource {
  readonly id: string;
  readonly sourceUrl: string;
  /**
   * The value of the header `Authorization` that its place wants, and then no credential of the host's; null: none. The error
   * says why there is none that may be sent, for people. Absent: none is wanted.
   */
  readonly authorize?: () => Promise<Ok<string | null> | Err<string>>;
}

export interface Worktree {
  /** Host directories; `worktreeDir` is mounted as `/workspace`, `gitDir` and `objectsDir` as its private git. */
  readonly worktreeDir: string;
  readonly mounts: readonly ContainerMount[];
  /** The branch that is checked out, `task-{taskId}` or the project's default. */
  readonly branch: string;
  /** The commit that the task's work began from: what the gate page diffs against. */
  readonly baseCommit: string;
  /** What HEAD was when the station started. */
  readonly startCommit: string;
  /** What is not as a person would expect, in sentences: pointers in place of large files, empty submodules. */
  readonly notes?: readonly string[];
}

/** One worktree of this runner, for people (Runtime 1.3). */
export interface WorktreeInfo {
  readonly runId: string;
  readonly taskId: string;
  readonly path: string;
  readonly branch: string;
  /** The project's branch that the work is for. */
  readonly baseBranch: string;
  readonly baseCommit: string;
  /** Null where `fault` says why. */
  readonly headCommit: string | null;
  /** Commits since the run began; null where `fault` says why. */
  readonly ahead: number | null;
  readonly isDirty: boolean | null;
  /** The branch is none that this runner would name: the project's own, or one of another setting. */
  readonly isForeign: boolean;
  /** Runs that have the same branch of the same project checked out; each in a repository of its own. */
  readonly sharesBranchWith: readonly string[];
  /** {@link Worktree.notes}. */
  readonly notes: readonly string[];
  readonly fault: string | null;
}

/** What one cache of a project's repository was given up for, or why it stays. */
export interface CacheResult {
  readonly path: string;
  readonly result: "removed" | "would_remove" | "kept";
  readonly reason: string;
}

/** What people ask of the worktrees of a runner; beside {@link WorktreeManager}, which runs need. */
export interface WorktreeInventory {
  /** All that are whole, by run; also while agents work. What one of them is about is in its `fault`. */
  list(): Promise<readonly WorktreeInfo[]>;
  /** Removes caches that no run stands on and that were not used for `unusedMs`. */
  reclaimCaches(
    request: { readonly nowMs: number; readonly unusedMs: number; readonly isDryRun: boolean },
  ): Promise<readonly CacheResult[]>;
}

export interface Harvest {
  readonly headCommit: string;
  /** Commits made by this station. */
  readonly commitCount: number;
  /** Paths that are changed but not committed; bounded to 100. */
  readonly uncommittedPaths: readonly string[];
}

export type WorktreeError =
  | { readonly reason: "repository_not_allowed"; readonly url: string; readonly hint: string }
  | {
    readonly reason: "git_failed";
    readonly action: string;
    readonly exitCode: number;
    readonly stderr: string;
  }
  /** A file that the job brings cannot be placed in the worktree. */
  | { readonly reason: "file_refused"; readonly path: string; readonly hint: string }
  | { readonly reason: "plugin_failed"; readonly pluginId: string; readonly detail: string }
  /** Somebody else's branch has the name, or stands in its way. */
  | { readonly reason: "branch_taken"; readonly branch: string; readonly hint: string }
  | { readonly reason: "include_refused"; readonly hint: string }
  | { readonly reason: "submodule_refused"; readonly path: string; readonly hint: string };

/** A file of a commit; `text` null: a link, other bytes than text, or too large. */
export interface CommitFile {
  readonly text: string | null;
  readonly isExecutable: boolean;
}

/** Keeps a cache of the project's repository, and a private worktree per run. */
export interface WorktreeManager {
  /** Fetches, creates (or finds again, after a crash) and checks out. */
  prepare(request: WorktreeRequest): Promise<Ok<Worktree> | Err<WorktreeError>>;
  /**
   * Reads what the agent committed; never executes anything that the agent's git configuration names. Also while the
   * agent runs.
   */
  harvest(runId: string): Promise<Ok<Harvest> | Err<WorktreeError>>;
  /**
   * Text files below a folder at the task's base commit, by their paths below it: the project's own, not what an agent made
   * of them. The run must be prepared.
   */
  filesAtBase(
    runId: string,
    under: string,
  ): Promise<Ok<ReadonlyMap<string, CommitFile>> | Err<WorktreeError>>;
  /** The same for one file of the project, by its path; null: there is none. */
  fileAtBase(runId: string, path: string): Promise<Ok<CommitFile | null> | Err<WorktreeError>>;
  /** Pushes the work branch as `refs/heads/work/task-{taskId}` to the task's repository, if there is one. */
  pushWork(request: WorktreeRequest): Promise<Ok<null> | Err<WorktreeError>>;
  /**
   * Pushes the work to the task's branch of a repository besides, with this credential and none of the host's; never by
   * force. Without commits of the task there is nothing to push.
   */
  pushBack(
    runId: string,
    target: { readonly url: string; readonly authorization: string },
  ): Promise<Ok<null> | Err<WorktreeError>>;
  /**
   * A bare repository that `git http-backend` may serve to this run as the project's origin: fetch sees the
   * project's branches; a push is accepted for `refs/heads/task-{taskId}` only and is pushed on to the real origin,
   * with the host's credentials, before the agent is told that it succeeded.
   */
  projectGateway(
    request: WorktreeRequest & { readonly projectUrl: string },
  ): Promise<Ok<{ readonly gitDir: string }> | Err<WorktreeError>>;
  /** Deletes the run's directories. */
  remove(runId: string): Promise<void>;
}

type Ok<T> = { readonly ok: true; readonly value: T };
type Err<E> = { readonly ok: false; readonly error: E };

// ----------------------------------------------------------------------------------------------- approvals

/** A request of an agent that is held until a person has decided (Line 15). */
export interface HeldRequest {
  readonly jobId: string;
  readonly method: string;
  readonly url: string;
  /** Null: none. What is no text, or long, is shown to the person in part; the decision is bound to all of it. */
  readonly body: string | Uint8Array | null;
  readonly labels: readonly string[];
  /** After this without a decision it is expired; absent: the project's policy says. */
  readonly timeoutMinutes?: number;
}

/** Only `approved` lets the request through, once, and exactly as it was asked about. */
export type ApprovalOutcome =
  | {
    readonly kind: "approved";
    readonly requestId: string;
    readonly decidedBy: string;
    readonly reason: string;
  }
  | {
    readonly kind: "denied";
    readonly requestId: string;
    readonly decidedBy: string;
    readonly reason: string;
  }
  /** Nobody has decided in time, or the run is over. */
  | { readonly kind: "expired"; readonly requestId: string; readonly reason: string }
  /** Nobody waits any more: `signal` aborted. */
  | { readonly kind: "withdrawn" }
  /** The control plane takes no such request, or not this one. */
  | { readonly kind: "refused"; readonly code: string; readonly message: string };

/**
 * Asks people to let requests through. May be called for many requests at a time.
 *
 * Waits as long as it takes: a control plane that is away is asked again, also after it started anew, and no request is asked
 * about twice. Never rejects.
 */
export interface ApprovalDesk {
  /**
   * @param signal Ends the wait: the job is over, or who sent the request has gone. The question is taken back.
   * @param onWaiting Called again and again, at least every minute, while a person is waited for: who waits is not idle.
   */
  requestApproval(
    request: HeldRequest,
    signal: AbortSignal,
    onWaiting?: () => void,
  ): Promise<ApprovalOutcome>;
}

// ------------------------------------------------------------------------------------------------- harness

export type HarnessName = AgentName;

export interface HarnessRequest {
  readonly prompt: string;
  readonly appendSystemPrompt: string;
  /** The station's own command line (a shell script); only the command harness uses it. */
  readonly command: string | null;
  /** Directories of the job's plugins, inside the sandbox. */
  readonly pluginDirs: readonly string[];
  /** MCP servers for the agent, by name; our own among them. */
  readonly mcpServers: Readonly<Record<string, McpServerConfig>>;
  /** A shell command for the CLI's hooks: the event's name is appended, its JSON comes on stdin; null: no hooks. */
  readonly hookCommand: string | null;
  /** Appended to the command line. */
  readonly args: readonly string[];
  /** Where the sandbox reaches the model, e.g. `http://127.0.0.1:7400/model/anthropic`; the runner adds the key. */
  readonly modelBaseUrl: string | null;
  /** Whose API the CLI speaks there; absent: the provider's own. */
  readonly modelDialect?: ModelDialect;
  readonly model: string | null;
}

export interface HarnessPlan {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Files to place below the agent's home before the start, path -> text. */
  readonly homeFiles: Readonly<Record<string, string>>;
}

export type HarnessError = { readonly reason: "command_missing" } | {
  readonly reason: "model_key_missing";
  readonly variable: string;
};

/** Turns a job into an argv and the files that its agent CLI wants. Pure: no I/O. */
export interface HarnessAdapter {
  readonly name: HarnessName;
  /** The model provider whose base URL and key the runner must offer; null when it needs no model. */
  readonly provider: ModelProvider | null;
  plan(request: HarnessRequest): Ok<HarnessPlan> | Err<HarnessError>;
}

/** Whose API a CLI speaks to reach its models: a cloud's has other paths and bodies. Names no secret. */
export type ModelDialect =
  | { readonly kind: "direct" }
  | { readonly kind: "vertex"; readonly project: string; readonly region: string }
  | { readonly kind: "bedrock"; readonly region: string };

/** Where short-lived tokens of a model come from. */
export interface ModelTokens {
  /** The token that is good now; from the cache while it is. Rejects if there is none. */
  current(): Promise<string>;
  /** The provider refused this one: it is not given again. */
  drop(token: string): void;
}

/** One upstream that the runner may add a key for. */
export interface ModelProvider {
  readonly name: "anthropic" | "openai" | "gemini";
  readonly defaultBaseUrl: string;
  /** Environment variable of the runner that holds the key. */
  readonly keyVariable: string;
  /** Environment variable of the runner that replaces `defaultBaseUrl`. */
  readonly baseUrlVariable: string;
  /** The request header that carries the key, and how the key is written in it. */
  readonly keyHeader: { readonly name: string; readonly prefix: string };
}

/**
 * How a runner talks to its control plane: one socket for everything, polls when an event stream says so, or long polls.
 * `auto` tries the socket first.
 */
export type Transport = "auto" | "socket" | "sse" | "poll";

/** What a person says of the registration that they mean; null where they say nothing. */
export interface RegistrationWish {
  readonly name: string | null;
  readonly server: string | null;
  readonly owner: string | null;
  readonly project: string | null;
}
