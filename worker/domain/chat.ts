/**
 * Chats with running jobs (Line 4.5), as the queue has them: a run whose channel was opened once, its replies counted.
 *
 * Pure; owner: the `JobQueue` object.
 */
import { CHAT_MODEL_NEED } from "../../protocol/line/chat.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { JobId } from "../../protocol/ids.ts";
import { CHAT_REPLIES_MAX, CHAT_REPLY_SHOWN_MAX_CHARS } from "../limits.ts";
import type { ChannelPlace } from "./chat_api.ts";
import type { Draft } from "./draft.ts";
import type { QueueError } from "./queue_error.ts";
import type { Job, QueueState, Run } from "./queue_state.ts";
import { noteActivity } from "./session_end.ts";

/** Does the job serve a model? */
export function servesModel(job: Pick<Job, "needs">): boolean {
  return job.needs.includes(CHAT_MODEL_NEED);
}

/** The run of a job that a runner holds. */
export function heldRun(
  state: Pick<QueueState, "jobs" | "runs">,
  jobId: string,
): Result<{ readonly job: Job; readonly run: Run }, QueueError> {
  const job = state.jobs.get(jobId as JobId);
  if (job === undefined) return err({ reason: "not_found", what: "job", id: jobId });
  if (job.state.kind !== "claimed" && job.state.kind !== "in_progress") {
    return err({ reason: "job_not_held", jobId, status: job.state.kind });
  }
  return ok({ job, run: state.runs.get(job.state.runId)! });
}

/** As a channel needs to know it. */
export function channelPlace({ job, run }: { readonly job: Job; readonly run: Run }): ChannelPlace {
  return { jobId: job.id, runId: run.id, isModel: servesModel(job) };
}

/** Notes that the run has a channel: from then on it is told of messages. */
export function noteChannel(draft: Draft, run: Run): void {
  if (run.chat !== undefined) return;
  draft.put({ kind: "run", row: { ...run, chat: { replies: 0 } } });
  noteOnTimeline(draft, run, "chat_opened", "");
}

/** A reply of the agent: a line of the timeline, as long as there are not too many, and a sign that it is at work. */
export function noteReply(draft: Draft, run: Run, text: string): void {
  noteActivity(draft, draft.job(run.jobId)!, draft.nowMs);
  const replies = run.chat?.replies ?? 0;
  if (replies >= CHAT_REPLIES_MAX) return;
  draft.put({ kind: "run", row: { ...run, chat: { replies: replies + 1 } } });
  const shown = text.length > CHAT_REPLY_SHOWN_MAX_CHARS;
  noteOnTimeline(draft, run, "chat_reply", shown ? `${text.slice(0, CHAT_REPLY_SHOWN_MAX_CHARS)}…` : text);
}

function noteOnTimeline(draft: Draft, run: Run, kind: "chat_opened" | "chat_reply", detail: string): void {
  const task = draft.task(run.taskId);
  if (task === undefined) return;
  const { stationId, jobId, id: runId, runnerName } = run;
  draft.note(task, kind, { stationId, jobId, runId, runnerName, detail });
}
