/** The calls that this runner makes, each with the path and the shapes of the wire (Line 3 and 4.2). */
import { z } from "zod";
import type { AgentCommand, CommandOutcome } from "../../protocol/agent/commands.ts";
import type { WorktreeAsk } from "../../protocol/agent/worktree.ts";
import type { PollAnswer, ReportAnswer, RunnerRegistered, RunnerReport } from "../../protocol/line/runner.ts";
import type { LogAnswer } from "../../protocol/line/log.ts";
import { POLL_ANSWER_MS, POLL_GRACE_MS } from "../limits.ts";
import {
  type ClaimAnswer,
  claimAnswer,
  health,
  logAnswer,
  pollAnswer,
  reportAnswer,
  runnerList,
  runnerRegistered,
  type RunnerStatus,
} from "./answers.ts";
import { type CallOutcome, createCaller } from "./http_call.ts";

/** A project on a control plane. */
export interface ProjectAddress {
  /** Without a path, e.g. `https://plane.example`. */
  readonly serverUrl: string;
  readonly owner: string;
  readonly project: string;
}

/** Names one run in every call about it, so that an old lease is refused (Q1). */
export interface RunRef {
  readonly jobId: string;
  readonly runId: string;
  /** Absent where the server counts none. */
  readonly leaseEpoch?: number;
  /** The server is the reference's kind: it settles a job by the report of its run (Line 4.2). */
  readonly reportsByRun?: boolean;
}

export interface LogChunk {
  /** Counts the run's chunks from 0. */
  readonly sequence: number;
  /** Byte offset within the run. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** What a registered runner may ask. Every method may be called again. */
export interface ControlPlane {
  /** Offers only; nothing is claimed. Waits up to `waitMs` for work. */
  poll(
    capabilities: readonly string[],
    waitMs: number,
    signal: AbortSignal,
  ): Promise<CallOutcome<PollAnswer>>;
  /** The claim; repeated by the same runner it answers the same run. */
  claim(jobId: string, runnerName: string): Promise<CallOutcome<ClaimAnswer>>;
  report(
    run: RunRef,
    report: Omit<RunnerReport, keyof RunRef>,
    signal?: AbortSignal,
  ): Promise<CallOutcome<ReportAnswer>>;
  sendLog(run: RunRef, chunk: LogChunk): Promise<CallOutcome<LogAnswer>>;
  listRunners(): Promise<CallOutcome<readonly RunnerStatus[]>>;
  /**
   * Calls back when the control plane says by itself that something about this run has changed, which the next heartbeat
   * tells; never, where it cannot say so. Returns how to stop.
   */
  onNews(runId: string, listen: () => void): () => void;
  /**
   * Calls back when the control plane says by itself that somebody begins to watch this run's output; never, where it
   * cannot say so. Returns how to stop.
   */
  onWatched(runId: string, listen: () => void): () => void;
  /**
   * Calls back when the control plane says by itself that a held request was decided, or when it may have said so in vain.
   * Null: it cannot say so now, so who waits has to ask. Returns how to stop.
   */
  onApproval(requestId: string, listen: () => void): (() => void) | null;
  /** Calls back with commands to agents of this runner; the same ones come again until {@link commandDone}. */
  onCommands(listen: (commands: readonly AgentCommand[]) => void): void;
  /** Calls back when somebody wants to look into a worktree; never, where the control plane cannot say so by itself. */
  onWorktreeAsks(listen: (asks: readonly WorktreeAsk[]) => void): void;
  /** Says that a command is over. */
  commandDone(command: AgentCommand, outcome: CommandOutcome): Promise<CallOutcome<unknown>>;
  /** Ends connections. */
  close(): void;
}

/** The path prefix of everything in a project. */
export function projectPath(at: Pick<ProjectAddress, "owner" | "project">): string {
  return `/api/owners/${encodeURIComponent(at.owner)}/projects/${encodeURIComponent(at.project)}`;
}

/**
 * @param runnerId Id and token as registered.
 * @param jobsMax How many jobs this runner holds at once; one needs no word (Line 12).
 */
export function createControlPlane(
  at: ProjectAddress,
  runnerId: string,
  token: string,
  jobsMax = 1,
): ControlPlane {
  const call = createCaller(at.serverUrl, token);
  const base = projectPath(at);
  const several = jobsMax > 1 ? { maxJobs: jobsMax } : {};
  let hear: (commands: readonly AgentCommand[]) => void = () => {};

  /** The reference's report of one run. */
  const reportRun = (
    { runId, jobId }: RunRef,
    report: Omit<RunnerReport, keyof RunRef>,
    signal?: AbortSignal,
  ) =>
    call({
      method: "PATCH",
      path: `${base}/runs/${runId}/jobs/${jobId}`,
      body: report.jobResult === "in_progress" ? { status: "in_progress" } : {
        status: "completed",
        conclusion: report.jobResult === "success" ? "success" : "failure",
        completionReason: report.reason ?? (report.jobResult === "success" ? "success" : "failure"),
      },
      schema: reportAnswer,
      ...(signal === undefined ? {} : { signal }),
    });

  return {
    async poll(capabilities, waitMs, signal) {
      const cut = cutLater(signal);
      try {
        return await call({
          method: "POST",
          path: `${base}/runners/jobs`,
          body: { capabilities, ...several },
          headers: { prefer: `wait=${Math.round(waitMs / 1_000)}` },
          schema: pollAnswer,
          timeoutMs: waitMs + POLL_GRACE_MS,
          signal: cut.signal,
        });
      } finally {
        cut.end();
      }
    },
    claim: (jobId, name) =>
      call({
        method: "POST",
        path: `${base}/runners/generate-jitconfig`,
        body: { jobId, name, ...several },
        schema: claimAnswer,
      }),
    async report({ reportsByRun = false, ...run }, report, signal) {
      const settled = reportsByRun ? await reportRun(run, report, signal) : null;
      if (settled?.kind === "unreachable") return settled;
      const outcome = await call({
        method: "PATCH",
        path: `${base}/runners/${runnerId}`,
        body: run.leaseEpoch === undefined ? plainReport(run.jobId, report) : { ...report, ...run },
        schema: reportAnswer,
        ...(signal === undefined ? {} : { signal }),
      });
      if (outcome.kind === "ok") hear(outcome.value.agentCommands ?? []);
      // What the run's own report settled, the runner's may find settled.
      return settled?.kind === "ok" && outcome.kind === "refused" ? settled : outcome;
    },
    sendLog: (run, chunk) =>
      call({
        method: "POST",
        path: `${base}/runs/${run.runId}/jobs/${run.jobId}/logs` +
          `?sequence=${chunk.sequence}&offset=${chunk.offset}` +
          (run.leaseEpoch === undefined ? "" : `&leaseEpoch=${run.leaseEpoch}`),
        body: chunk.bytes,
        schema: logAnswer,
      }),
    listRunners: () => call({ method: "GET", path: `${base}/runners`, schema: runnerList }),
    onNews: () => () => {},
    onWatched: () => () => {},
    onApproval: () => null,
    onCommands: (listen) => void (hear = listen),
    onWorktreeAsks: () => {},
    commandDone: ({ runId, commandId }, outcome) =>
      call({
        method: "POST",
        path: `${base}/runs/${encodeURIComponent(runId)}/commands/${encodeURIComponent(commandId)}`,
        body: outcome,
        schema: z.unknown(),
      }),
    close: () => {},
  };
}

/**
 * A poll may be a claim, and is then answered at once: a runner that ends waits {@link POLL_ANSWER_MS} for that, counted
 * from the poll. What takes longer is being held by a server that offers.
 */
function cutLater(signal: AbortSignal): { readonly signal: AbortSignal; end(): void } {
  const cut = new AbortController();
  let isHeld = false;
  const check = () => {
    if (isHeld && signal.aborted) cut.abort();
  };
  const timer = setTimeout(() => {
    isHeld = true;
    check();
  }, POLL_ANSWER_MS);
  signal.addEventListener("abort", check);
  return {
    signal: cut.signal,
    end() {
      clearTimeout(timer);
      signal.removeEventListener("abort", check);
    },
  };
}

/**
 * The report as the spec has it: all three fields always, `jobId` (Line 12) and `reason` (pick A5). Servers that count no
 * epochs are not ours, and may take no other field.
 */
function plainReport(jobId: string, report: Omit<RunnerReport, keyof RunRef>): RunnerReport {
  return {
    jobResult: report.jobResult,
    exitCode: report.exitCode ?? 0,
    error: report.error ?? null,
    jobId,
    ...(report.reason === undefined ? {} : { reason: report.reason }),
  };
}

/**
 * Registers a runner with a user's token; the same name again keeps the id and changes the token (pick A26). A server
 * that does not know the spec's path is asked at the reference's (pick A1).
 */
export async function registerRunner(
  at: ProjectAddress,
  userToken: string,
  input: { readonly name: string; readonly labels: readonly string[] },
): Promise<CallOutcome<RunnerRegistered>> {
  const register = (path: string) =>
    createCaller(at.serverUrl, userToken)({
      method: "POST",
      path: projectPath(at) + path,
      body: input,
      schema: runnerRegistered(input.name),
    });
  const outcome = await register("/runners/register");
  const isUnknown = outcome.kind === "refused" && (outcome.status === 404 || outcome.status === 405);
  return isUnknown ? await register("/runners") : outcome;
}

/** Is there a control plane at all? Any answer but a server's fault says so. */
export function checkHealth(serverUrl: string): Promise<CallOutcome<unknown>> {
  return createCaller(serverUrl, null)({ method: "GET", path: "/healthz", schema: health });
}
