/** Tasks, as people see and change them. */
import type { RunId, TaskId } from "../../../protocol/ids.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import { authorize, checkLine } from "../../domain/authorize.ts";
import type { Caller } from "../../domain/caller.ts";
import type { Draft } from "../../domain/draft.ts";
import { findTask } from "../../domain/find_task.ts";
import { jsonText } from "../../domain/json_text.ts";
import { cancelTask } from "../../domain/intervene.ts";
import type { QueueError } from "../../domain/job_queue_api.ts";
import { pageOfTasks } from "../../domain/queue_lists.ts";
import type { Task } from "../../domain/queue_state.ts";
import { moveTask, retryTask } from "../../domain/redirect.ts";
import { heldJobs } from "../../domain/runner_registry.ts";
import { checkGrant, hasScope } from "../../domain/scope.ts";
import type { Submission } from "../../domain/submission.ts";
import { submitTask } from "../../domain/task.ts";
import { linkStream } from "../../domain/task_stream.ts";
import { draftSource, stateSource, taskSummary, taskView } from "../../domain/task_view.ts";
import type { OpenQueue } from "../open_queue.ts";
import type { Handlers } from "./handlers.ts";

type Methods =
  | "submitTask"
  | "readTask"
  | "listTasks"
  | "cancelTask"
  | "retryTask"
  | "moveTask"
  | "linkStream";

export const taskHandlers: Handlers<Methods> = {
  submitTask: (queue, caller, input) => {
    const view = (draft: Draft, task: Task) => taskView(draftSource(draft), task, input.baseUrl);
    const submitted = submitCard(queue, caller, input, view);
    return submitted.ok ? ok(jsonText(submitted.value)) : submitted;
  },
  readTask: (queue, caller, input) => {
    const { state } = queue.core;
    return queue.access.asAny(caller, () => {
      const task = findTask(state, input.taskId, input.lineId);
      return task.ok ? ok(taskView(stateSource(state), task.value, input.baseUrl)) : task;
    }, { taskId: input.taskId });
  },
  listTasks: (queue, caller, input) => {
    const { state } = queue.core;
    return queue.access.asAny(caller, (reader) => {
      const page = pageOfTasks(state, input, (lineId) => checkLine(reader, lineId).ok);
      const { owner, project } = state.settings;
      const source = stateSource(state);
      return ok({
        tasks: page.rows.map((task) => taskSummary(source, task, input.baseUrl)),
        nextCursor: page.nextCursor,
        endedTasksUrl: `${input.baseUrl}/api/owners/${owner}/projects/${project}/history/tasks`,
      });
    });
  },
  cancelTask: (queue, caller, input) => {
    const { taskId } = input;
    return queue.access.asUser(caller, { scope: "tasks:write", taskId }, (draft, actor) => {
      return shown(draft, cancelTask(draft, actor, taskId as TaskId, input.reason), input.baseUrl);
    }, { taskId });
  },
  retryTask: (queue, caller, input) => {
    const { taskId } = input;
    return queue.access.asUser(caller, { scope: "runs:dispatch", taskId }, (draft, actor) => {
      return shown(draft, retryTask(draft, actor, { ...input, taskId: taskId as TaskId }), input.baseUrl);
    }, { taskId });
  },
  moveTask: (queue, caller, input) => {
    const { taskId } = input;
    return queue.access.asUser(caller, { scope: "runs:dispatch", taskId }, (draft, actor) => {
      return shown(draft, moveTask(draft, actor, { ...input, taskId: taskId as TaskId }), input.baseUrl);
    }, { taskId });
  },
  linkStream: (queue, caller, input) => {
    const { sessionId, broadcastId } = input;
    const known = authorize(queue.core.state, caller, "user", "runner", "job");
    if (!known.ok) return known;
    queue.core.page(input);
    const task = findTask(queue.core.state, input.taskId, input.lineId);
    if (!task.ok) return task;
    const allowed = mayLink(queue, known.value, task.value);
    if (!allowed.ok) return allowed;
    return queue.core.run((draft) => {
      return shown(
        draft,
        linkStream(draft, task.value, { sessionId, broadcastId, runId: runOf(queue, task.value) }),
        input.baseUrl,
      );
    });
  },
};

/** Submits a card; `view` makes the answer, in the decision itself. */
export function submitCard<T>(
  queue: OpenQueue,
  caller: Caller,
  { lineId, card, traceparent = null }: Submission,
  view: (draft: Draft, task: Task) => T,
): Result<T, QueueError> {
  return queue.access.asUser(caller, { scope: "tasks:write", lineId }, (draft, actor, user) => {
    const mayDispatch = hasScope(user.grant, "runs:dispatch");
    const task = submitTask(draft, actor, { lineId, card, mayDispatch, traceparent });
    return task.ok ? ok(view(draft, task.value)) : task;
  });
}

type Linker = Extract<ReturnType<typeof authorize<"user" | "runner" | "job">>, { ok: true }>["value"];

/** A user who may write tasks, the job of this task, or the runner that holds it. */
function mayLink(queue: OpenQueue, who: Linker, task: Task): Result<null, QueueError> {
  const { state } = queue.core;
  switch (who.kind) {
    case "user":
      return checkGrant(state, who.grant, { scope: "tasks:write", taskId: task.id }, queue.core.nowMs());
    case "job":
      return who.taskId === task.id ? ok(null) : err({ reason: "not_found", what: "task", id: task.id });
    case "runner": {
      const isHeld = heldJobs(state, who.runnerId).some((job) => job.taskId === task.id);
      return isHeld ? ok(null) : err({ reason: "no_active_job", runnerId: who.runnerId });
    }
  }
}

/** The run of a task that is under way. */
function runOf({ core }: OpenQueue, { state }: Task): RunId | undefined {
  const job = state.kind === "at_station" ? core.state.jobs.get(state.jobId) : undefined;
  return job?.state.kind === "claimed" || job?.state.kind === "in_progress" ? job.state.runId : undefined;
}

/** The task as the decision leaves it: the answer is part of the decision. */
function shown(draft: Draft, task: Result<Task, QueueError>, baseUrl: string) {
  return task.ok ? ok(taskView(draftSource(draft), task.value, baseUrl)) : task;
}
