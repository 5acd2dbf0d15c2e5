/** The times and counts by which a queue judges runs: settings of the control plane, told to runners where they need them. */
import { ATTEMPTS_MAX, HEARTBEAT_MS, LEASE_MS, RUNS_PER_JOB_MAX } from "../../protocol/limits.ts";
import { RUN_DEADLINE_GRACE_MS } from "../limits.ts";

export interface Timing {
  /** A lease ends this long after the last sign of life. */
  readonly leaseMs: number;
  /** What runners are asked to do: a sign of life this often. */
  readonly heartbeatMs: number;
  /** After a station's own limits, how long the runner has to report before the control plane ends the run itself. */
  readonly runGraceMs: number;
  /** Jobs of one task at one station (Q4). */
  readonly attemptsMax: number;
  /** Lost runs of one job before it ends (Q4). */
  readonly runsPerJobMax: number;
}

/** What counts where nothing else is set. */
export const DEFAULT_TIMING: Timing = {
  leaseMs: LEASE_MS,
  heartbeatMs: HEARTBEAT_MS,
  runGraceMs: RUN_DEADLINE_GRACE_MS,
  attemptsMax: ATTEMPTS_MAX,
  runsPerJobMax: RUNS_PER_JOB_MAX,
};
