/** Agents and the subtasks of their tasks (Runtime 3.4, 3.6). Decided in `domain/subtask.ts`, written beside the log, in one write with it. */
import type { RunId, TaskId } from "../../../protocol/ids.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import type { Capability, SubtaskData } from "../../../protocol/agent/subtask.ts";
import { agentIdentity, specPlace } from "../../domain/agent_identity.ts";
import { authenticate, type Principal } from "../../domain/authorize.ts";
import { findTask } from "../../domain/find_task.ts";
import { decideOnce } from "../../domain/idempotency.ts";
import type { QueueError } from "../../domain/job_queue_api.ts";
import {
  findOwn,
  type Mover,
  moveSubtask,
  type Outcome,
  type Subtask,
  verdictOf,
} from "../../domain/subtask.ts";
import { subtaskView } from "../../domain/subtask_view.ts";
import { hasEnded } from "../../domain/task_status.ts";
import { SUBTASKS_MAX, SUBTASKS_OF_PROJECT_MAX } from "../../limits.ts";
import type { OpenQueue } from "../open_queue.ts";
import type { Handlers } from "./handlers.ts";

type Methods =
  | "authorizeAgent"
  | "locateSpecs"
  | "listSubtasks"
  | "createSubtasks"
  | "moveSubtask"
  | "verifySubtask"
  | "moveOwnSubtask";

export const subtaskHandlers: Handlers<Methods> = {
  authorizeAgent: (queue, caller, { runId }) => {
    const known = authenticate(queue.core.state, caller);
    if (!known.ok) return known;
    queue.core.page({ runId });
    return agentIdentity(queue.core.state, caller, runId);
  },
  locateSpecs: (queue, caller, { taskId, runId }) => {
    const { state } = queue.core;
    return queue.access.asAny(caller, () => {
      const task = findTask(state, taskId);
      if (!task.ok) return task;
      const run = runId === null ? undefined : state.runs.get(runId as RunId);
      return ok(specPlace(state, task.value, run?.taskId === taskId ? run : null));
    }, { taskId });
  },
  listSubtasks: (queue, caller, { taskId }) => {
    return queue.access.asAny(caller, (reader) => {
      const task = findTask(queue.core.state, taskId);
      return task.ok ? ok(viewAll(queue, taskId, reader.kind)) : task;
    }, { taskId });
  },
  createSubtasks: (queue, caller, { taskId, subtasks, isRepeatFine }) => {
    const made = queue.access.asUser(caller, { scope: "tasks:write", taskId }, (draft, _actor, user) => {
      const task = findTask(queue.core.state, taskId);
      if (!task.ok) return task;
      const known = new Set(queue.subtasks.list(taskId).map(({ id }) => id));
      const fresh = subtasks.filter(({ id }) => !known.has(id));
      const repeated = subtasks.find(({ id }) => known.has(id));
      if (repeated !== undefined && !isRepeatFine) return err({ reason: "subtask_exists", id: repeated.id });
      if (known.size + fresh.length > SUBTASKS_MAX) {
        return err({ reason: "too_many_subtasks", of: "task", subtasksMax: SUBTASKS_MAX });
      }
      const atMs = draft.nowMs;
      const rows = fresh.map((subtask): Subtask => ({
        ...{ taskId, agent: null, note: null, rationale: null },
        ...subtask,
        ...{ createdAtMs: atMs, startedAtMs: null, endedAtMs: null, changedAtMs: atMs },
      }));
      const mayGo = (id: string) => id !== taskId && !isLiving(queue, id);
      const gone = queue.subtasks.inTheWayOf(rows.length, mayGo);
      if (gone === null) {
        return err({ reason: "too_many_subtasks", of: "project", subtasksMax: SUBTASKS_OF_PROJECT_MAX });
      }
      if (rows.length > 0) {
        queue.core.beside(() => {
          queue.subtasks.removeOf(gone);
          queue.subtasks.add(rows);
        });
      }
      return ok(user.kind);
    }, { taskId });
    return made.ok ? ok(viewAll(queue, taskId, made.value)) : made;
  },
  moveSubtask: (queue, caller, { taskId, subtaskId, ...move }) => {
    const moved = queue.access.asUser(caller, { scope: "tasks:write", taskId }, (draft, actor) => {
      return change(queue, { taskId, subtaskId, move, mover: operator(actor), atMs: draft.nowMs });
    }, { taskId });
    return moved.ok ? view(queue, taskId, subtaskId, "operator") : moved;
  },
  verifySubtask: (queue, caller, { taskId, subtaskId, outcomes }) => {
    const moved = queue.access.asUser(caller, { scope: "tasks:write", taskId }, (draft, actor) => {
      const atMs = draft.nowMs;
      const state = verdictOf(outcomes);
      const rows = outcomes.map((outcome): Outcome => ({ ...outcome, by: actor, atMs }));
      const move = { state, note: null, rationale: null };
      return change(queue, { taskId, subtaskId, move, mover: operator(actor), atMs, outcomes: rows });
    }, { taskId });
    return moved.ok ? view(queue, taskId, subtaskId, "operator") : moved;
  },
  moveOwnSubtask: (queue, caller, { runId, subtaskId, ...move }) => {
    const known = authenticate(queue.core.state, caller);
    if (!known.ok) return known;
    queue.core.page({ runId });
    const agent = agentIdentity(queue.core.state, caller, runId);
    if (!agent.ok) return agent;
    const { taskId, capability, jobId, stationId } = agent.value;
    const mover: Mover = { name: `job:${jobId}`, capability, run: { runId, jobId, stationId, taskId } };
    const moved = queue.core.run((draft) =>
      decideOnce(draft, caller, true, () => {
        const own = findOwn(queue.subtasks.list(taskId), mover, subtaskId);
        if (!own.ok) return own;
        const { id, state: previous } = own.value;
        const atMs = draft.nowMs;
        // A verifier's word is a check of its own; what it said of it stands beside it.
        const isVerdict = move.state === "done" || move.state === "pending_reevaluation";
        const result = move.state === "done" ? "passed" : "failed";
        const outcomes = isVerdict
          ? [{ checkId: "agent", result, detail: move.note ?? "", by: mover.name, atMs } as const]
          : [];
        const changed = change(queue, { taskId, subtaskId: id, move, mover, atMs, outcomes });
        return changed.ok ? ok({ id, previous }) : changed;
      })
    );
    if (!moved.ok) return moved;
    const { id, previous } = moved.value;
    const subtask = view(queue, taskId, id, capability);
    return subtask.ok ? ok({ previous, subtask: subtask.value }) : subtask;
  },
};

/** A person, with all that the machine allows. */
function operator(actor: string): Mover {
  return { name: actor, capability: "operator", run: null };
}

function isLiving(queue: OpenQueue, taskId: string): boolean {
  const task = queue.core.state.tasks.get(taskId as TaskId);
  return task !== undefined && !hasEnded(task);
}

function viewAll(queue: OpenQueue, taskId: string, reader: Principal["kind"]): readonly SubtaskData[] {
  const outcomes = queue.subtasks.outcomes(taskId);
  const capability = reader === "user" ? "operator" : "implementor";
  return queue.subtasks.list(taskId).map((subtask) =>
    subtaskView(subtask, outcomes.get(subtask.id) ?? [], capability)
  );
}

/**
 * One as it is by now. Answers are made behind the decision: what is remembered of it for a repeated request is small, and
 * the repeat is told how things stand.
 */
function view(
  queue: OpenQueue,
  taskId: string,
  id: string,
  capability: Capability,
): Result<SubtaskData, QueueError> {
  const subtask = queue.subtasks.read(taskId, id);
  if (subtask === null) return err({ reason: "subtask_not_found", id });
  return ok(subtaskView(subtask, queue.subtasks.outcomes(taskId).get(id) ?? [], capability));
}

function change(queue: OpenQueue, { taskId, subtaskId, move, mover, atMs, outcomes = [] }: {
  readonly taskId: string;
  readonly subtaskId: string;
  readonly move: Parameters<typeof moveSubtask>[2];
  readonly mover: Mover;
  readonly atMs: number;
  readonly outcomes?: readonly Outcome[];
}): Result<null, QueueError> {
  const task = findTask(queue.core.state, taskId);
  if (!task.ok) return task;
  const known = queue.subtasks.read(taskId, subtaskId);
  if (known === null) return err({ reason: "subtask_not_found", id: subtaskId });
  const moved = moveSubtask(known, mover, move, atMs);
  if (!moved.ok) return moved;
  queue.core.beside(() => queue.subtasks.change(moved.value, outcomes));
  return ok(null);
}
