/** What happens to a run from outside while it goes on: its lease, and whether somebody wants it stopped. */
import type { HeartbeatVerdict } from "../control/heartbeat.ts";
import type { LeaseSight, StopReason } from "../domain/job_phase.ts";

export interface RunWatch {
  readonly lease: LeaseSight;
  readonly stop: StopReason | null;
  /** Aborted once the run should not go on as it is. */
  readonly interrupted: AbortSignal;
  see(verdict: HeartbeatVerdict): void;
  /** The first reason stays. */
  askToStop(reason: StopReason): void;
}

export function createRunWatch(lease: LeaseSight): RunWatch {
  const interrupt = new AbortController();
  let leaseNow = lease;
  let stop: StopReason | null = null;
  return {
    get lease() {
      return leaseNow;
    },
    get stop() {
      return stop;
    },
    interrupted: interrupt.signal,
    see(verdict) {
      if (verdict === "unknown" || leaseNow === "lost") return;
      leaseNow = verdict === "lost" ? "lost" : "standing";
      if (verdict === "cancel") stop ??= "cancelled";
      if (verdict !== "standing") interrupt.abort();
    },
    askToStop(reason) {
      stop ??= reason;
      interrupt.abort();
    },
  };
}
