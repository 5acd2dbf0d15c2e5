/** What the daemon says of itself: one event per line, an event name and ids; never prose, never a secret. */
import type { Clock } from "../ports.ts";

export type RunnerEvent =
  | "runner_started"
  | "runner_draining"
  | "runner_stopping"
  | "runner_stopped"
  | "pipeline_calls_fault"
  | "nothing_isolated"
  | "runner_unable"
  | "offer_passed"
  | "socket_connecting"
  | "socket_open"
  | "socket_refused"
  | "socket_none"
  | "poll_failed"
  | "claim_lost"
  | "claim_left"
  | "token_refused"
  | "run_claimed"
  | "run_resumed"
  | "resume_waits"
  | "run_phase"
  | "run_stopping"
  | "run_reported"
  | "report_refused"
  | "report_retried"
  | "report_given_up"
  | "sandbox_fault"
  | "heartbeat_refused"
  | "log_refused"
  | "log_cut"
  | "usage_unknown"
  | "hub_failed"
  | "session_fault"
  | "session_resumed"
  | "assets_placed"
  | "asset_left_out"
  | "assets_not_placed"
  | "memory_recalled"
  | "memory_not_recalled"
  | "memory_kept"
  | "memory_not_kept"
  | "memory_left_out"
  | "events_left"
  | "events_fault"
  | "used_unreadable"
  | "print_failed"
  | "harness_probing"
  | "harness_judged"
  | "harness_probe_failed"
  | "container_orphan_removed"
  | "cleanup_failed";

export type EventFields = Readonly<Record<string, string | number | boolean | null>>;
export type EventLog = (event: RunnerEvent, fields?: EventFields) => void;

/**
 * @param write Takes one line without its end.
 */
export function createEventLog(
  options: {
    readonly format: "json" | "text";
    readonly clock: Clock;
    readonly write: (line: string) => void;
  },
): EventLog {
  return (event, fields = {}) => {
    const at = new Date(options.clock.nowMs()).toISOString();
    if (options.format === "json") return options.write(JSON.stringify({ at, event, ...fields }));
    const words = Object.entries(fields).map(([name, value]) => ` ${name}=${value}`);
    options.write(`${at} ${event}${words.join("")}`);
  };
}
