/** Jobs and runs as they go out (Line 2.6). Times are Unix milliseconds. */
import { z } from "zod";
import type { LineId } from "../ids.ts";
import { name, pageQuery } from "./fields.ts";
import type { ModelUsage } from "./model_usage.ts";
import type { Outcome } from "./task.ts";

/** A job that is open: it waits for a runner, or a runner has it. */
export const openJobStatus = z.enum(["queued", "claimed", "in_progress"]);

/** GET .../jobs: the open jobs, newest first. */
export const jobListQuery = pageQuery.extend({
  status: openJobStatus.optional(),
  line: name<LineId>().optional(),
});

export interface JobData {
  readonly id: string;
  readonly taskId: string;
  readonly assemblyLineId: string;
  readonly stationId: string;
  readonly attempt: number;
  readonly priority: "low" | "medium" | "high";
  readonly labels: readonly string[];
  readonly needs: readonly string[];
  /** The reference's words (Line 2.6): `completed` with a `conclusion` at the end. */
  readonly status: "queued" | "claimed" | "in_progress" | "completed";
  readonly conclusion: Outcome | null;
  readonly completionReason: string | null;
  readonly leaseEpoch: number;
  readonly lostRuns: number;
  /** The run that holds it; null while nobody does. */
  readonly currentRunId: string | null;
  readonly runnerId: string | null;
  readonly leaseUntil: number | null;
  /** When the control plane ends the run by itself. */
  readonly deadline: number | null;
  /** The agent's last sign of activity; null while it gave none. */
  readonly activeAt: number | null;
  readonly runIds: readonly string[];
  readonly queuedAt: number;
  readonly endedAt: number | null;
}

/** GET .../jobs. */
export interface JobPage {
  readonly jobs: readonly JobData[];
  readonly nextCursor: string | null;
}

export interface RunData {
  readonly id: string;
  readonly jobId: string;
  readonly taskId: string;
  readonly stationId: string;
  readonly runnerId: string;
  readonly runnerName: string;
  readonly leaseEpoch: number;
  readonly status: "claimed" | "in_progress" | "completed";
  /** `lost`: its runner fell silent or gave it back, and the job goes on without it. */
  readonly conclusion: Outcome | "lost" | null;
  readonly exitCode: number | null;
  readonly error: string | null;
  readonly summary: string | null;
  readonly baseCommit: string | null;
  readonly headCommit: string | null;
  /** What its agent used of its model so far; null: its runner did not say. */
  readonly usage: ModelUsage | null;
  /** The newest stage that its runner told of. */
  readonly progress: { readonly stage: string; readonly message: string; readonly at: number } | null;
  readonly claimedAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}
