/** What a step leaves behind: the entry that later steps, templates and people read (Pipeline s04, 3.6). */
import type { Sampling } from "./ast.ts";
import type { Fault } from "./fault.ts";
import type { ProgressLine } from "./progress.ts";

/** A field that is null was not there. Key names are the log's own (Pipeline 3.6), so that an entry is written as it is. */
export interface Entry {
  readonly step_id: string;
  readonly prompt: string | null;
  readonly response: string | null;
  readonly cost_usd: number | null;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly runner_session_id: string | null;
  readonly stdout: string | null;
  readonly stderr: string | null;
  readonly exit_code: number | null;
  readonly thinking: string | null;
  readonly tool_events: readonly ToolEvent[];
  /** What a person made of the output (`modify_output`). */
  readonly modified: string | null;
  /** Passes that a do_while ran. */
  readonly index?: number;
  /** `cg-` and 8 hex digits: one per run of a list with async steps. */
  readonly concurrent_group?: string;
  /** `YYYY-MM-DDThh:mm:ss.mmmZ` */
  readonly launched_at?: string;
  readonly completed_at?: string;
  readonly sampling?: Sampling;
  /** Whose session id it is: `resume` never crosses backends. Not written to the log. */
  readonly session_backend?: string;
  /** What answered. Not written to the log. */
  readonly model?: string;
}

export interface ToolEvent {
  readonly event_type: "tool_call" | "tool_result";
  readonly tool_name: string;
  readonly tool_id: string;
  readonly content_json: string;
  readonly seq: number;
}

/** One line of a run's log (Pipeline 3.6); a completed entry is written without `type`. */
export type LogLine =
  | {
    readonly type: "run_started";
    readonly pipeline_source: string | null;
    readonly project_hash: string;
    /** Of a child: the run that called it. */
    readonly parent_run_id?: string;
  }
  | { readonly type: "step_started"; readonly step_id: string; readonly prompt: string }
  | ({ readonly type?: undefined } & Entry)
  | {
    readonly type: "step_error";
    readonly step_id: string;
    readonly error_type: Fault["type"];
    readonly error_detail: string;
    readonly on_error_action: "abort_pipeline" | "continue" | "retry" | "pause_for_human";
    readonly retry_attempt?: number;
    readonly max_retries?: number;
  }
  | {
    readonly type: "step_cancelled";
    readonly step_id: string;
    readonly cancelled_by: string;
    readonly reason: string;
  }
  | ProgressLine
  | {
    readonly type: "run_finished";
    readonly status: "completed" | "failed";
    readonly total_cost_usd: number;
  };
