/**
 * The sign of life of one run, on its own timer: nothing that the job does delays it (Line 5).
 *
 * A beat has one of four verdicts. `standing`: the lease was renewed. `cancel`: it was, and the control plane wants the
 * run stopped. `lost`: the run is not ours any more (401, 403, 404, 409...). `unknown`: nobody answered; the next beat asks again, and
 * the run goes on, because a control plane that restarts must not cost a job. A server that does not take signs of life
 * at all (Line 17: they are a SHOULD) has no lease to lose: `standing`.
 *
 * Whoever holds the lease says how often it wants a beat, with the claim and with each answer. It is obeyed where it is
 * more often than the runner would by itself; less often costs a lease that is shorter than was thought.
 */
import type { ReportAnswer } from "../../protocol/line/runner.ts";
import { HEARTBEAT_MIN_MS } from "../limits.ts";
import type { Clock } from "../ports.ts";
import type { CallOutcome } from "./http_call.ts";
import { pause } from "./retry.ts";

export type HeartbeatVerdict = "standing" | "cancel" | "lost" | "unknown";

export interface Heartbeat {
  /** Asks now, beside the timer. */
  beat(): Promise<HeartbeatVerdict>;
  /** Ends the timer; resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

export interface HeartbeatDeps {
  readonly send: (signal: AbortSignal) => Promise<CallOutcome<ReportAnswer>>;
  readonly clock: Clock;
  /** The runner's own pace. */
  readonly intervalMs: number;
  /** What the claim said; undefined where the server says nothing. */
  readonly toldMs: number | undefined;
  readonly onVerdict: (verdict: HeartbeatVerdict) => void;
  /** Where there is news of the run: it is asked for at once. Returns how to stop. */
  readonly onNews: (listen: () => void) => () => void;
}

/** Beats at once and then at the pace of both sides until it is stopped or the run is lost. */
export function startHeartbeat(deps: HeartbeatDeps): Heartbeat {
  const ended = new AbortController();
  let toldMs = deps.toldMs;
  const beat = async (): Promise<HeartbeatVerdict> => {
    const outcome = await deps.send(ended.signal);
    if (outcome.kind === "ok") toldMs = outcome.value.heartbeatMs ?? toldMs;
    const verdict = verdictOf(outcome);
    if (!ended.signal.aborted) deps.onVerdict(verdict);
    return verdict;
  };
  const stopListening = deps.onNews(() => void beat());
  const timer = (async () => {
    while (!ended.signal.aborted) {
      if (await beat() === "lost") return;
      await pause(deps.clock, paceMs(deps.intervalMs, toldMs), ended.signal);
    }
  })();
  return {
    beat,
    async stop() {
      stopListening();
      ended.abort();
      await timer;
    },
  };
}

function paceMs(ownMs: number, toldMs: number | undefined): number {
  return toldMs === undefined ? ownMs : Math.min(ownMs, Math.max(toldMs, HEARTBEAT_MIN_MS));
}

/** "I do not understand", as opposed to "it is not yours". */
const NOT_UNDERSTOOD: ReadonlySet<number> = new Set([400, 405, 415, 422, 501]);

function verdictOf(outcome: CallOutcome<ReportAnswer>): HeartbeatVerdict {
  if (outcome.kind === "unreachable") return "unknown";
  if (outcome.kind === "refused") return NOT_UNDERSTOOD.has(outcome.status) ? "standing" : "lost";
  return outcome.value.cancel ? "cancel" : "standing";
}
