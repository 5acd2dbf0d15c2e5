/** The calls that this runner makes, each with the path and the shapes of the wire (Line 3 and 4.2). */
import type {
  PollAnswer,
  PolledJob,
  ReportAnswer,
  RunnerRegistered,
  RunnerReport,
} from "../../protocol/line/runner.ts";
import type { LogAnswer } from "../../protocol/line/log.ts";
import { POLL_GRACE_MS } from "../limits.ts";
import {
  health,
  logAnswer,
  pollAnswer,
  polledJob,
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
  readonly leaseEpoch: number;
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
  claim(jobId: string, runnerName: string): Promise<CallOutcome<PolledJob>>;
  report(
    run: RunRef,
    report: Omit<RunnerReport, keyof RunRef>,
    signal?: AbortSignal,
  ): Promise<CallOutcome<ReportAnswer>>;
  sendLog(run: RunRef, chunk: LogChunk): Promise<CallOutcome<LogAnswer>>;
  listRunners(): Promise<CallOutcome<readonly RunnerStatus[]>>;
}

/** The path prefix of everything in a project. */
export function projectPath(at: Pick<ProjectAddress, "owner" | "project">): string {
  return `/api/owners/${encodeURIComponent(at.owner)}/projects/${encodeURIComponent(at.project)}`;
}

/** @param runnerId Id and token as registered. */
export function createControlPlane(at: ProjectAddress, runnerId: string, token: string): ControlPlane {
  const call = createCaller(at.serverUrl, token);
  const base = projectPath(at);
  return {
    poll: (capabilities, waitMs, signal) =>
      call({
        method: "POST",
        path: `${base}/runners/jobs`,
        body: { capabilities },
        headers: { prefer: `wait=${Math.round(waitMs / 1_000)}` },
        schema: pollAnswer,
        timeoutMs: waitMs + POLL_GRACE_MS,
        signal,
      }),
    claim: (jobId, name) =>
      call({
        method: "POST",
        path: `${base}/runners/generate-jitconfig`,
        body: { jobId, name },
        schema: polledJob,
      }),
    report: (run, report, signal) =>
      call({
        method: "PATCH",
        path: `${base}/runners/${runnerId}`,
        body: { ...report, ...run },
        schema: reportAnswer,
        ...(signal === undefined ? {} : { signal }),
      }),
    sendLog: (run, chunk) =>
      call({
        method: "POST",
        path: `${base}/runs/${run.runId}/jobs/${run.jobId}/logs` +
          `?sequence=${chunk.sequence}&offset=${chunk.offset}&leaseEpoch=${run.leaseEpoch}`,
        body: chunk.bytes,
        schema: logAnswer,
      }),
    listRunners: () => call({ method: "GET", path: `${base}/runners`, schema: runnerList }),
  };
}

/** Registers a runner with a user's token; the same name again keeps the id and changes the token (pick A26). */
export function registerRunner(
  at: ProjectAddress,
  userToken: string,
  input: { readonly name: string; readonly labels: readonly string[] },
): Promise<CallOutcome<RunnerRegistered>> {
  return createCaller(at.serverUrl, userToken)({
    method: "POST",
    path: `${projectPath(at)}/runners/register`,
    body: input,
    schema: runnerRegistered,
  });
}

/** Is there a control plane at all? */
export function checkHealth(
  serverUrl: string,
): Promise<CallOutcome<{ readonly ok: true; readonly version?: string }>> {
  return createCaller(serverUrl, null)({ method: "GET", path: "/healthz", schema: health });
}
