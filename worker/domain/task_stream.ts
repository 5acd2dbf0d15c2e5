/** Live streams of a task's agents, as the reference's runner and operator tell of them (Line 4.2 `streams`). */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { RunId } from "../../protocol/ids.ts";
import { TASK_STREAMS_MAX } from "../limits.ts";
import type { Draft } from "./draft.ts";
import type { QueueError } from "./job_queue_api.ts";
import type { Task, TaskStream } from "./queue_state.ts";
import { putTask } from "./task.ts";
import { hasEnded, taskStatus } from "./task_status.ts";

/** Links a stream to a task; the same session again is the same stream, and only the newest are kept. */
export function linkStream(
  draft: Draft,
  task: Task,
  input: {
    readonly sessionId: string;
    readonly broadcastId: string | null;
    readonly runId?: RunId | undefined;
  },
): Result<Task, QueueError> {
  if (hasEnded(task)) return err({ reason: "task_ended", taskId: task.id, status: taskStatus(task) });
  const known = task.streams ?? [];
  const same = known.find((stream) => stream.sessionId === input.sessionId);
  const { sessionId, broadcastId, runId = same?.runId } = input;
  const isKnown = same !== undefined && same.runId === runId;
  if (isKnown && same.broadcastId === broadcastId) return ok(task);
  const stream: TaskStream = {
    ...(isKnown ? same : {}),
    sessionId,
    broadcastId,
    atMs: draft.nowMs,
    ...(runId === undefined ? {} : { runId }),
  };
  const others = known.filter((other) => other !== same);
  putTask(draft, { ...task, streams: [...others, stream].slice(-TASK_STREAMS_MAX) });
  draft.note(task, "stream_linked", {
    stationId: task.stationId,
    detail: input.broadcastId ?? input.sessionId,
  });
  return ok(draft.task(task.id)!);
}
