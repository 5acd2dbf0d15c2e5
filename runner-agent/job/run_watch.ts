/** What happens to a run from outside while it goes on: its lease, and whether somebody wants it stopped. */
import type { HeartbeatVerdict } from "../control/heartbeat.ts";
import type { LeaseSight, RunView, StopReason } from "../domain/job_phase.ts";

export interface RunWatch {
  readonly lease: LeaseSight;
  readonly stop: StopReason | null;
  /** What people want of the sandbox. */
  readonly wish: RunView["wish"];
  /** What is to be said to an agent that is resumed. */
  readonly resumeText: string | null;
  /** Aborted once the run should not go on as it is. */
  readonly interrupted: AbortSignal;
  /** Aborted once the run must end: it is to be stopped, or is somebody else's. */
  readonly ended: AbortSignal;
  see(verdict: HeartbeatVerdict): void;
  /** The first reason stays. */
  askToStop(reason: StopReason): void;
  /** Only while there is a sandbox to suspend, or none to resume. */
  askFor(wish: "suspend" | "resume", text?: string | null): void;
  /** Resolves once the run should not go on as it is, or `signal` has aborted. */
  untilInterrupted(signal: AbortSignal): Promise<void>;
  /** The wish came true: the run goes on as it is. */
  settle(wish: "suspend" | "resume"): void;
}

export function createRunWatch(lease: LeaseSight): RunWatch {
  let interrupt = new AbortController();
  const end = new AbortController();
  let leaseNow = lease;
  let stop: StopReason | null = null;
  let wish: RunView["wish"] = null;
  let resumeText: string | null = null;
  return {
    get lease() {
      return leaseNow;
    },
    get stop() {
      return stop;
    },
    get wish() {
      return wish;
    },
    get resumeText() {
      return resumeText;
    },
    get interrupted() {
      return interrupt.signal;
    },
    ended: end.signal,
    askFor(what, text = null) {
      wish = what;
      if (what === "resume") resumeText = text;
      interrupt.abort();
    },
    untilInterrupted(signal) {
      const either = AbortSignal.any([interrupt.signal, signal]);
      if (either.aborted) return Promise.resolve();
      return new Promise((resolve) => either.addEventListener("abort", () => resolve(), { once: true }));
    },
    settle(what) {
      if (wish !== what) return;
      wish = null;
      if (stop === null && leaseNow !== "lost") interrupt = new AbortController();
    },
    see(verdict) {
      if (verdict === "unknown" || leaseNow === "lost") return;
      leaseNow = verdict === "lost" ? "lost" : "standing";
      if (verdict === "cancel") stop ??= "cancelled";
      if (verdict === "standing") return;
      end.abort();
      interrupt.abort();
    },
    askToStop(reason) {
      stop ??= reason;
      end.abort();
      interrupt.abort();
    },
  };
}
