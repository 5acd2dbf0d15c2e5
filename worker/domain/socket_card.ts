/**
 * What is known of a connected client: small and plain, as it is attached to its socket and survives the sleep of the
 * queue (O4), and what follows from it.
 */
import type { JobId, RunnerId } from "../../protocol/ids.ts";
import { SOCKET_SILENT_MAX_MS } from "../../protocol/runner/socket_limits.ts";
import type { Caller } from "./caller.ts";
import type { QueueState } from "./queue_state.ts";
import { heldJobs } from "./runner_registry.ts";

/** What a runner said in its `hello`. */
export interface SocketHello {
  readonly capabilities: readonly string[] | null;
  readonly maxJobs: number;
  readonly takes: "claim" | "offer";
}

/** What fits into an attachment beside the rest; more than these are told again at the next `hello`. */
export const OWED_JOBS_MAX = 20;

export interface SocketCard {
  /** Looked up again at every message: a token that is revoked ends the connection. */
  readonly caller: Caller;
  /** Null: a user. */
  readonly runnerId: RunnerId | null;
  /** The control plane's address, for the URLs in jobs. */
  readonly baseUrl: string;
  /** Null until `hello`. */
  readonly hello: SocketHello | null;
  /** With what the owed jobs cost. */
  readonly credit: number;
  /** Jobs that were claimed for it and not sent: if the queue ends in between, they are sent when it wakes. */
  readonly owedJobIds: readonly JobId[];
  /** Since when it has waited for a job with this credit: whoever waits longest goes first, also after a sleep. */
  readonly waitingSinceMs: number;
}

/**
 * Jobs that a runner holds and does not know of, as the message that said so was lost: they are claimed again for it,
 * which keeps the run (Q1).
 */
export function unheardJobs(
  state: QueueState,
  runnerId: RunnerId,
  known: readonly { readonly runId: string; readonly leaseEpoch: number }[],
): readonly JobId[] {
  const epochs = new Map(known.map((run) => [run.runId, run.leaseEpoch]));
  return heldJobs(state, runnerId)
    .filter((job) => {
      const { state } = job;
      const runId = state.kind === "claimed" || state.kind === "in_progress" ? state.runId : null;
      return runId !== null && epochs.get(runId) !== job.leaseEpoch;
    })
    .map((job) => job.id);
}

/** Does the runner hold this job? */
export function holdsJob(state: QueueState, runnerId: RunnerId, jobId: JobId): boolean {
  return heldJobs(state, runnerId).some((job) => job.id === jobId);
}

/** Is nobody there any more? Only who has pinged before is expected to ping. */
export function isSilent(lastPingMs: number | null, lastMessageMs: number, nowMs: number): boolean {
  return lastPingMs !== null && nowMs - Math.max(lastPingMs, lastMessageMs) > SOCKET_SILENT_MAX_MS;
}
