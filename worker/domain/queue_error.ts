/** How the queue says no. Types only. */
import type { AssetError } from "./asset_row.ts";
import type { SubtaskError } from "./subtask.ts";
import type { Scope } from "../../protocol/line/token.ts";

/** Every way in which the queue says no; `errors.ts` maps each to a status and a code. */
export type QueueError =
  | SubtaskError
  | AssetError
  /** A command to an agent whose run is over. */
  | { readonly reason: "run_not_active"; readonly runId: string; readonly outcome: string }
  | { readonly reason: "too_many_commands"; readonly commandsMax: number }
  | { readonly reason: "too_many_looks" }
  /** `of`: what a run may have open at once, or in all. */
  | { readonly reason: "too_many_questions"; readonly of: "open" | "all"; readonly questionsMax: number }
  /** The run asked something else under this id. */
  | { readonly reason: "question_differs"; readonly id: string }
  | { readonly reason: "runner_not_connected" | "runner_silent"; readonly runnerName: string }
  /** The runner could not show what is in a worktree. */
  | {
    readonly reason: "worktree_refused";
    readonly why: "no_worktree" | "path_not_found" | "failed";
    readonly path: string;
  }
  | { readonly reason: "unauthenticated" }
  | { readonly reason: "token_of_other_project" }
  | { readonly reason: "wrong_token_kind"; readonly needed: readonly string[]; readonly came: string }
  | { readonly reason: "token_expired" }
  | { readonly reason: "missing_scope"; readonly scope: Scope }
  | { readonly reason: "token_locked_to_line"; readonly lineId: string }
  | { readonly reason: "idempotency_key_reused" }
  | { readonly reason: "answer_not_kept" }
  | { readonly reason: "expiry_in_the_past"; readonly expiresAtMs: number; readonly nowMs: number }
  | { readonly reason: "not_your_runner"; readonly runnerId: string }
  | { readonly reason: "project_not_found"; readonly owner: string; readonly project: string }
  | {
    readonly reason: "not_found";
    readonly what:
      | "line"
      | "task"
      | "job"
      | "run"
      | "runner"
      | "gate"
      | "station"
      | "token"
      | "line_version"
      | "session"
      | "command"
      | "question"
      | "asset";
    readonly id: string;
  }
  | { readonly reason: "line_id_mismatch"; readonly path: string; readonly body: string }
  | {
    readonly reason: "line_changed";
    readonly lineId: string;
    readonly version: number;
    readonly expected: number;
  }
  /** Without it there is no key for the tokens of runs. */
  | { readonly reason: "admin_token_unset" }
  | { readonly reason: "queue_full"; readonly openJobsMax: number }
  | { readonly reason: "too_many_tasks"; readonly tasksMax: number }
  | { readonly reason: "unknown_station"; readonly stationId: string; readonly stationIds: readonly string[] }
  | { readonly reason: "no_active_job"; readonly runnerId: string }
  | { readonly reason: "ambiguous_job"; readonly jobIds: readonly string[] }
  | { readonly reason: "stale_lease"; readonly leaseEpoch: number; readonly came: number }
  | { readonly reason: "run_finished"; readonly runId: string; readonly outcome: string }
  | { readonly reason: "too_many_held"; readonly heldMax: number }
  | { readonly reason: "approval_spent"; readonly askId: string }
  | { readonly reason: "job_not_held"; readonly jobId: string; readonly status: string }
  | { readonly reason: "job_not_queued"; readonly jobId: string; readonly status: string }
  | { readonly reason: "runner_busy"; readonly jobId: string }
  | { readonly reason: "runner_takes_no_work"; readonly intake: "paused" | "draining" }
  | { readonly reason: "runner_name_taken"; readonly name: string }
  | { readonly reason: "runner_does_not_match"; readonly missing: readonly string[] }
  | { readonly reason: "gate_not_waiting"; readonly gateId: string; readonly status: string }
  | { readonly reason: "task_ended"; readonly taskId: string; readonly status: string }
  | { readonly reason: "task_not_retryable"; readonly taskId: string; readonly status: string }
  | { readonly reason: "task_held"; readonly taskId: string; readonly runnerName: string }
  | { readonly reason: "station_dispatches_nothing"; readonly stationId: string }
  | { readonly reason: "attempts_exhausted"; readonly stationId: string; readonly attemptsMax: number };
