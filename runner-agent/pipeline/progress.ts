/**
 * What loops, async steps and joins tell besides the steps inside them: as events (Pipeline s27.7, s28.6) and as lines of the
 * run's log (s27.6, s28.5, s29), key for key the same. Whoever knows none of these reads over them and loses nothing.
 *
 * 1. `iteration` counts from 0 and `index` from 1, as in templates.
 * 2. A loop or a pass that fails is not told to have completed: its step is told to have failed.
 */
import type { Json } from "./ast.ts";

export type Progress =
  | { readonly type: "do_while_started"; readonly step_id: string; readonly max_iterations: number }
  | {
    readonly type: "do_while_iteration_started" | "do_while_iteration_completed";
    readonly step_id: string;
    readonly iteration: number;
    readonly max_iterations: number;
  }
  | {
    readonly type: "do_while_exit_when_evaluated";
    readonly step_id: string;
    readonly iteration: number;
    readonly result: boolean;
  }
  /** Before `on_max_iterations` is obeyed. */
  | {
    readonly type: "do_while_max_iterations_exceeded";
    readonly step_id: string;
    readonly max_iterations: number;
  }
  | {
    readonly type: "do_while_completed";
    readonly step_id: string;
    readonly iterations_used: number;
    readonly max_iterations: number;
    readonly exit_reason: "exit_when" | "break" | "max_iterations";
  }
  /** After the cap. */
  | { readonly type: "for_each_started"; readonly step_id: string; readonly total_items: number }
  | {
    readonly type: "for_each_item_started";
    readonly step_id: string;
    readonly index: number;
    readonly total_items: number;
    readonly item: Json;
  }
  | {
    readonly type: "for_each_item_completed";
    readonly step_id: string;
    readonly index: number;
    readonly total_items: number;
  }
  | {
    readonly type: "for_each_completed";
    readonly step_id: string;
    /** The one that ended the loop by a `break` among them. */
    readonly items_processed: number;
    readonly total_items: number;
    readonly exit_reason: "completed" | "break";
  }
  | { readonly type: "async_step_started"; readonly step_id: string; readonly concurrent_group: string }
  /** When its end is heard of: where a step depends on it, or at the end of the list. */
  | {
    readonly type: "async_step_completed";
    readonly step_id: string;
    readonly concurrent_group: string;
    readonly outcome: "completed" | "failed" | "skipped";
  }
  /** In the log this is `step_cancelled`. */
  | Cancelled
  | { readonly type: "join_started"; readonly step_id: string; readonly depends_on: readonly string[] }
  | { readonly type: "join_completed"; readonly step_id: string };

interface Cancelled {
  readonly type: "async_step_cancelled";
  readonly step_id: string;
  readonly cancelled_by: string;
  readonly reason: string;
}

export type ProgressLine = Exclude<Progress, Cancelled>;
