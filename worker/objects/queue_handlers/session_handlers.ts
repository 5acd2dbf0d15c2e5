/** Live sessions, as the queue knows them: streams of its tasks, with their runs (Line 4.2, 4.3). */
import { err, ok, type Result } from "../../../protocol/result.ts";
import type { RunnerId } from "../../../protocol/ids.ts";
import { authorize } from "../../domain/authorize.ts";
import { findTask } from "../../domain/find_task.ts";
import type { QueueError } from "../../domain/job_queue_api.ts";
import type { Job } from "../../domain/queue_state.ts";
import { renewLease } from "../../domain/report.ts";
import { heldJobs, noteSeen } from "../../domain/runner_registry.ts";
import { checkGrant } from "../../domain/scope.ts";
import type { SessionPlace, SessionQueueApi } from "../../domain/session_api.ts";
import {
  findSession,
  type FoundSession,
  noteActivity,
  noteAgentSession,
  noteSessionEnd,
} from "../../domain/session_end.ts";
import { linkStream } from "../../domain/task_stream.ts";
import { jobsSpokenOf, noteTelemetry } from "../../domain/telemetry.ts";
import type { OpenQueue } from "../open_queue.ts";
import type { Handlers } from "./handlers.ts";

export const sessionHandlers: Handlers<keyof SessionQueueApi> = {
  authorizeMemory: (queue, caller, to) => {
    const { state } = queue.core;
    const known = authorize(state, caller, "runner", "user");
    if (!known.ok || known.value.kind === "runner") return known.ok ? ok(null) : known;
    const demand = { scope: to === "read" ? "tasks:read" : "runners:write", lineId: null } as const;
    return checkGrant(state, known.value.grant, demand, queue.core.nowMs());
  },
  bindSession: (queue, caller, { sessionId, broadcastId }) => {
    const { state } = queue.core;
    const known = authorize(state, caller, "job", "runner");
    if (!known.ok) return known;
    const who = known.value;
    const job: Result<Job, QueueError> = who.kind === "job"
      ? ok(state.jobs.get(who.jobId)!)
      : onlyJob(queue, who);
    if (!job.ok) return job;
    const { taskId, state: at } = job.value;
    if (at.kind !== "claimed" && at.kind !== "in_progress") {
      return err({ reason: "no_active_job", runnerId: who.name });
    }
    const { runId } = at;
    return queue.core.run((draft) => {
      const linked = linkStream(draft, draft.task(taskId)!, { sessionId, broadcastId, runId });
      if (!linked.ok) return linked;
      return ok(placeOf(taskId, findSession(draft, linked.value, sessionId)));
    });
  },
  authorizeSession: (queue, caller, { taskId, sessionId }) => {
    const { state } = queue.core;
    const known = authorize(state, caller, "job", "runner", "user");
    if (!known.ok) return known;
    const who = known.value;
    queue.core.page({ taskId });
    const task = findTask(state, taskId);
    if (!task.ok) return task;
    const source = { run: (id: never) => state.runs.get(id) };
    const found = findSession(source, task.value, sessionId);
    if (!found.ok) return found;
    const place = ok(placeOf(task.value.id, found));
    if (who.kind === "user") {
      const allowed = checkGrant(state, who.grant, { scope: "tasks:write", taskId }, queue.core.nowMs());
      return allowed.ok ? place : allowed;
    }
    const { run } = found.value;
    if (who.kind === "job") {
      return run?.jobId === who.jobId ? place : err({ reason: "not_found", what: "session", id: sessionId });
    }
    if (run?.runnerId !== who.runnerId) {
      return err({ reason: "not_your_runner", runnerId: run?.runnerId ?? "" });
    }
    if (run.state.kind !== "active") return place;
    return queue.core.run((draft) => {
      noteSeen(draft, who.runnerId);
      renewLease(draft, draft.job(run.jobId)!, run);
      return place;
    });
  },
  tellTelemetry: (queue, caller, work) => {
    const { state } = queue.core;
    const known = authorize(state, caller, "job", "runner");
    if (!known.ok) return known;
    const jobIds = jobsSpokenOf(state, known.value, work);
    return queue.core.run((draft) => {
      noteTelemetry(draft, known.value, jobIds);
      const sessionIds = jobIds.flatMap((jobId) => {
        const { taskId, runIds } = draft.job(jobId)!;
        return (draft.task(taskId)?.streams ?? []).filter((one) => one.runId === runIds.at(-1));
      }).map(({ sessionId }) => sessionId);
      return ok({ sessionIds });
    });
  },
  tellSession: (queue, { taskId, sessionId, idleMs, end, agentSessionId, note }) => {
    queue.core.page({ taskId });
    return queue.core.run((draft) => {
      const task = draft.task(taskId as never);
      if (task === undefined) return err({ reason: "not_found", what: "session", id: sessionId });
      const found = findSession(draft, task, sessionId);
      if (!found.ok) return found;
      const { run } = found.value;
      if (run?.state.kind === "active") {
        if (idleMs !== null) noteActivity(draft, draft.job(run.jobId)!, draft.nowMs - idleMs);
        if (agentSessionId !== null) noteAgentSession(draft, task.id, sessionId, agentSessionId);
        if (end !== null) noteSessionEnd(draft, task, found.value, end);
        if (note !== null) {
          const { stationId, jobId, id: runId, runnerName } = run;
          draft.note(task, "agent_event", { stationId, jobId, runId, runnerName, detail: note });
        }
      }
      return ok(placeOf(task.id, found));
    });
  },
};

function onlyJob(queue: OpenQueue, { runnerId }: { readonly runnerId: RunnerId }): Result<Job, QueueError> {
  const held = heldJobs(queue.core.state, runnerId);
  const [only] = held;
  if (only === undefined) return err({ reason: "no_active_job", runnerId });
  return held.length === 1 ? ok(only) : err({ reason: "ambiguous_job", jobIds: held.map((job) => job.id) });
}

function placeOf(taskId: SessionPlace["taskId"], found: Result<FoundSession, QueueError>): SessionPlace {
  const run = found.ok ? found.value.run : null;
  return {
    taskId,
    runId: run?.id ?? null,
    stationId: run?.stationId ?? null,
    isOver: run?.state.kind !== "active",
  };
}
