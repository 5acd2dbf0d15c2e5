/** Refusals about subtasks and running agents: a part of `errors.ts`, with the same words and no default branch either. */
import { WORKTREE_LOOKS_MAX, WORKTREE_WAIT_MS } from "../protocol/agent/limits.ts";
import type { QueueError } from "./domain/job_queue_api.ts";
import type { SubtaskError } from "./domain/subtask.ts";
import { type HttpRefusal, refusal } from "./errors.ts";

export type AgentError =
  | SubtaskError
  | Extract<
    QueueError,
    {
      readonly reason:
        | "run_not_active"
        | "job_not_held"
        | "too_many_commands"
        | "too_many_looks"
        | "too_many_questions"
        | "question_differs"
        | "runner_not_connected"
        | "runner_silent"
        | "worktree_refused";
    }
  >;

const REASONS: Readonly<Record<AgentError["reason"], true>> = {
  run_not_active: true,
  job_not_held: true,
  too_many_commands: true,
  too_many_looks: true,
  too_many_questions: true,
  question_differs: true,
  runner_not_connected: true,
  runner_silent: true,
  worktree_refused: true,
  subtask_not_found: true,
  subtask_not_own: true,
  no_own_subtask: true,
  subtask_ambiguous: true,
  rationale_required: true,
  subtask_exists: true,
  too_many_subtasks: true,
  subtask_transition_refused: true,
};

export function isAgentError(error: QueueError): error is AgentError {
  return error.reason in REASONS;
}

/** Maps what is said no to. */
export function agentRefusal(error: AgentError): HttpRefusal {
  switch (error.reason) {
    case "run_not_active":
      return refusal(
        409,
        "run_not_active",
        `Cannot reach the agent of run '${error.runId}' as the run must be active: it has ended as '${error.outcome}'`,
        { outcome: error.outcome },
      );
    case "job_not_held":
      return refusal(
        409,
        "job_not_held",
        `Cannot chat with job '${error.jobId}' as a runner must hold it: current status is '${error.status}'`,
      );
    case "too_many_commands":
      return refusal(
        409,
        "too_many_commands",
        `Cannot take the command as a run may have at most ${error.commandsMax} that are not done: it has them`,
        { commandsMax: error.commandsMax },
      );
    case "too_many_looks":
      return refusal(
        409,
        "too_many_looks",
        `Cannot look into the worktree as at most ${WORKTREE_LOOKS_MAX} may be looked into at a time: try again`,
        { looksMax: WORKTREE_LOOKS_MAX },
      );
    case "too_many_questions":
      return refusal(
        409,
        "too_many_questions",
        `Cannot ask as a run may have at most ${error.questionsMax} questions${
          error.of === "open" ? " that nobody has answered" : ""
        }: it has them`,
        { questionsMax: error.questionsMax },
      );
    case "question_differs":
      return refusal(
        409,
        "question_differs",
        `Cannot ask question '${error.id}' as the run has asked something else under this id`,
      );
    case "runner_not_connected":
      return refusal(
        409,
        error.reason,
        `Cannot look into the worktree as runner '${error.runnerName}' must be connected by its socket: it is not`,
      );
    case "runner_silent":
      return refusal(
        504,
        error.reason,
        `Cannot look into the worktree as runner '${error.runnerName}' must answer within ${
          WORKTREE_WAIT_MS / 1_000
        } s: it did not`,
      );
    case "worktree_refused":
      return worktreeRefusal(error.why, error.path);
    case "subtask_not_found":
      return refusal(404, error.reason, `Cannot find subtask '${error.id}' of this task`);
    case "subtask_not_own":
      return refusal(
        403,
        error.reason,
        `Cannot move subtask '${error.id}' as it must be your own: it is another station's`,
      );
    case "no_own_subtask":
      return refusal(
        409,
        error.reason,
        "Cannot move a subtask as you have none that you may move: expected one that is queued for your station, or under way there",
      );
    case "subtask_ambiguous":
      return refusal(
        409,
        error.reason,
        `Cannot tell which subtask is meant: expected 'subtask_id' to be one of ${error.ids.join(", ")}`,
        { subtaskIds: error.ids },
      );
    case "rationale_required":
      return refusal(
        400,
        error.reason,
        `Cannot drop subtask '${error.id}' as 'rationale' must say why: current value is empty`,
      );
    case "subtask_exists":
      return refusal(409, error.reason, `Cannot make subtask '${error.id}' as the task has one of that id`);
    case "too_many_subtasks":
      return refusal(
        409,
        error.reason,
        `Cannot make the subtasks as a ${error.of} may have at most ${error.subtasksMax}`,
        { subtasksMax: error.subtasksMax },
      );
    case "subtask_transition_refused":
      return refusal(
        409,
        error.reason,
        `Cannot move subtask '${error.id}' to '${error.to}' as it is '${error.state}': ${
          error.allowedNext.length === 0
            ? "there is no state that you may move it to"
            : `expected one of ${error.allowedNext.join(", ")}`
        }`,
        { state: error.state, allowedNext: error.allowedNext },
      );
  }
}

function worktreeRefusal(why: "no_worktree" | "path_not_found" | "failed", path: string): HttpRefusal {
  switch (why) {
    case "no_worktree":
      return refusal(
        409,
        "worktree_not_there",
        "Cannot look into the worktree as the run must have one: it has none now",
      );
    case "path_not_found":
      return refusal(
        404,
        "path_not_found",
        `Cannot find '${path}' in the worktree, or its way leads through a link`,
      );
    case "failed":
      return refusal(
        502,
        "look_failed",
        "Cannot look into the worktree as its runner must be able to: it failed",
      );
  }
}
