/**
 * What the reference's operator says of the end of its session, and what that makes of the run's report (Line 4.3, 8).
 *
 * Its runner knows nothing of the outcome and reports `success` whenever the session is over: what the operator said goes
 * before it. Any sign of failure wins (A19): neither of the two makes a failure of the other a success.
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { RunId } from "../../protocol/ids.ts";
import type { AgentDefinition, RunnerReport } from "../../protocol/line/runner.ts";
import type { Draft } from "./draft.ts";
import type { QueueError } from "./queue_error.ts";
import type { Job, Run, SessionEnd, Task, TaskStream } from "./queue_state.ts";
import { putTask } from "./task.ts";

/** A stream of a task, with the run that it shows. */
export interface FoundSession {
  readonly stream: TaskStream;
  readonly run: Run | null;
}

/** The session among a task's streams. */
export function findSession(
  source: Pick<Draft, "run">,
  task: Task,
  sessionId: string,
): Result<FoundSession, QueueError> {
  const stream = task.streams?.find((one) => one.sessionId === sessionId);
  if (stream === undefined) return err({ reason: "not_found", what: "session", id: sessionId });
  return ok({ stream, run: stream.runId === undefined ? null : source.run(stream.runId) ?? null });
}

/**
 * Notes how a session ended, as long as its run is under way: a finished run never moves (Q2). The first end that says
 * something stays, unless a later one is worse.
 */
export function noteSessionEnd(
  draft: Draft,
  task: Task,
  { stream, run }: FoundSession,
  end: SessionEnd,
): void {
  if (run?.state.kind !== "active" || !Object.values(end).some((part) => part !== null)) return;
  if (stream.end !== undefined && (isBad(stream.end) || !isBad(end))) return;
  const now = draft.task(task.id)!;
  const streams = now.streams!.map((one) => one.sessionId === stream.sessionId ? { ...one, end } : one);
  putTask(draft, { ...now, streams });
  const { stationId, jobId, id: runId, runnerName } = run;
  const detail = `session_end ${end.conclusion ?? ""}`.trim();
  draft.note(task, "agent_event", { stationId, jobId, runId, runnerName, detail });
}

/** Notes by which session of its own the agent can go on, when it is another than before. */
export function noteAgentSession(
  draft: Draft,
  taskId: Task["id"],
  sessionId: string,
  agentSessionId: string,
): void {
  const task = draft.task(taskId)!;
  const stream = task.streams?.find((one) => one.sessionId === sessionId);
  if (stream === undefined || stream.agentSessionId === agentSessionId) return;
  const streams = task.streams!.map((one) => one === stream ? { ...one, agentSessionId } : one);
  putTask(draft, { ...task, streams });
}

/** What a sandbox chose may end in a script of somebody's runner: only what no shell reads as more than a word goes on. */
function isWord(text: string | null | undefined): boolean {
  return text != null && /^[\w.-]{1,200}$/.test(text);
}

/** What a job's agent can go on from: the sessions of the task before. Nothing for a task that was never broadcast. */
export function resumeFields(
  runs: ReadonlyMap<RunId, Pick<Run, "stationId">>,
  task: Task,
  stationId: string,
): Pick<AgentDefinition, "broadcastId" | "resumeSessionId" | "resumeBroadcastId"> {
  const { streams } = task;
  if (streams === undefined) return {};
  const broadcastId = streams.findLast((one) => isWord(one.broadcastId))?.broadcastId;
  const before = streams.findLast((one) =>
    isWord(one.agentSessionId) && one.runId !== undefined &&
    runs.get(one.runId)?.stationId === stationId
  );
  return {
    ...(broadcastId == null ? {} : { broadcastId }),
    ...(before === undefined ? {} : { resumeSessionId: before.agentSessionId! }),
    ...(before?.broadcastId == null || !isWord(before.broadcastId)
      ? {}
      : { resumeBroadcastId: before.broadcastId }),
  };
}

/** Notes that the agent of a held job did something; that says nothing of its runner, and renews no lease. */
export function noteActivity(draft: Draft, job: Job, atMs: number): void {
  const { state } = job;
  if (state.kind !== "claimed" && state.kind !== "in_progress") return;
  if (atMs <= (state.activeAtMs ?? 0)) return;
  draft.put({ kind: "job", row: { ...job, state: { ...state, activeAtMs: atMs } } });
}

const COMMIT = /^[0-9a-f]{40}$/;
const CANCELLED = { cancelled: "cancelled", idle_timeout: "idle_timeout", timeout: "timeout" } as const;

/** The report of a run with what its sessions said of their ends. A heartbeat stays what it is. */
export function withSessionEnds(task: Task, runId: RunId, report: RunnerReport): RunnerReport {
  if (report.jobResult === "in_progress" || task.streams === undefined) return report;
  const ends = task.streams.filter((stream) => stream.runId === runId).map((stream) => stream.end)
    .filter((end) => end !== undefined);
  if (ends.length === 0) return report;
  const failed = ends.find(isBad);
  const cancelled = ends.map((end) => end.conclusion).find((word) => word !== null && word in CANCELLED);
  const commit = ends.map((end) => end.gitCommit).findLast((text) => text !== null && COMMIT.test(text));
  const summary = report.summary ?? ends.findLast((end) => end.message !== null)?.message ?? null;
  const reason = report.reason ??
    (cancelled == null ? undefined : CANCELLED[cancelled as keyof typeof CANCELLED]);
  return {
    ...report,
    summary,
    headCommit: report.headCommit ?? commit ?? null,
    ...(reason === undefined ? {} : { reason }),
    ...(failed === undefined ? {} : { jobResult: "failed", error: report.error ?? whyOf(failed) }),
  };
}

function isBad(end: SessionEnd): boolean {
  return (end.conclusion !== null && end.conclusion !== "success") || Boolean(end.gitPushError);
}

function whyOf(end: SessionEnd): string {
  return end.gitPushError || end.message || `the operator concluded ${end.conclusion}`;
}
