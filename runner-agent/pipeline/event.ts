/** The NDJSON events of a run, byte-stable: keys in this order, optional keys absent instead of null (Pipeline 3.5). */
import type { ToolEvent } from "./entry.ts";
import type { FaultType } from "./fault.ts";
import type { Progress } from "./progress.ts";

export type PipelineEvent =
  | {
    readonly type: "run_started";
    readonly run_id: string;
    readonly pipeline_source: string | null;
    readonly total_steps: number;
  }
  | {
    readonly type: "step_started";
    readonly step_id: string;
    /** From 0. */
    readonly step_index: number;
    readonly total_steps: number;
    /** Absent for an invocation that the host runs. */
    readonly resolved_prompt?: string | null;
  }
  | {
    readonly type: "step_completed";
    readonly step_id: string;
    readonly cost_usd: number | null;
    readonly input_tokens: number;
    readonly output_tokens: number;
    readonly response?: string | null;
    readonly model?: string;
  }
  | { readonly type: "step_skipped"; readonly step_id: string }
  | { readonly type: "step_failed"; readonly step_id: string; readonly error: string }
  | {
    readonly type: "step_error_continued";
    readonly step_id: string;
    readonly error: string;
    readonly error_type: FaultType;
  }
  | {
    readonly type: "step_retrying";
    readonly step_id: string;
    readonly error: string;
    readonly attempt: number;
    readonly max_retries: number;
  }
  | { readonly type: "hitl_gate_reached"; readonly step_id: string; readonly message?: string }
  | {
    readonly type: "hitl_modify_reached";
    readonly step_id: string;
    readonly message?: string;
    readonly last_response?: string;
  }
  | { readonly type: "runner_event"; readonly event: BackendEvent }
  | Progress
  | {
    readonly type: "pipeline_completed";
    readonly outcome: "completed" | "break";
    readonly step_id?: string;
  }
  | { readonly type: "pipeline_error"; readonly error: string; readonly error_type: FaultType };

/** What a prompt backend tells while it works. */
export type BackendEvent =
  | { readonly type: "stream_delta"; readonly text: string }
  | { readonly type: "thinking"; readonly text: string }
  | {
    readonly type: "tool_use";
    readonly tool_name: string;
    readonly tool_use_id?: string;
    readonly input?: unknown;
  }
  | {
    readonly type: "tool_result";
    readonly tool_name: string;
    readonly tool_use_id?: string;
    readonly content?: string;
    readonly is_error?: boolean;
  }
  | {
    readonly type: "cost_update";
    readonly cost_usd: number;
    readonly input_tokens: number;
    readonly output_tokens: number;
  }
  | {
    readonly type: "permission_requested";
    readonly display_name: string;
    readonly display_detail: string;
    readonly tool_input?: unknown;
  }
  | {
    readonly type: "completed";
    readonly response: string;
    readonly cost_usd: number | null;
    readonly session_id: string | null;
    readonly input_tokens: number;
    readonly output_tokens: number;
    readonly thinking: string | null;
    readonly model?: string;
    readonly tool_events: readonly ToolEvent[];
  };
