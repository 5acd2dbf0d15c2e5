/**
 * What telemetry says of jobs (Line 5): that somebody is at work there. Which tokens and how much money it counts is not
 * read: runners tell of that themselves, and nothing may be counted twice.
 *
 * Spans, records of logs and counts of what happened since the time before are work; totals are sent again and again by
 * exporters of programs that do nothing, and are none.
 *
 * Pure; owner: the `JobQueue` object.
 */
import type { JobId } from "../../protocol/ids.ts";
import type { logs, metrics, traces } from "../../protocol/line/telemetry.ts";
import type { z } from "zod";
import { LIVE_ACTIVE_TELL_MS, TELEMETRY_JOBS_MAX } from "../limits.ts";
import type { Principal } from "./authorize.ts";
import type { Draft } from "./draft.ts";
import type { Job, QueueState } from "./queue_state.ts";
import { renewLease } from "./report.ts";
import { heldJobs, noteSeen } from "./runner_registry.ts";
import { noteActivity } from "./session_end.ts";

/** A job in any of the ways in which a resource names it. */
export interface NamedJob {
  readonly jobId: string | null;
  readonly runId: string | null;
  readonly taskId: string | null;
}

/** Jobs that a piece of telemetry is work of; `hasWork`: there was some at all, whoever's. */
export interface TelemetryWork {
  readonly hasWork: boolean;
  readonly jobs: readonly NamedJob[];
}

interface Part {
  readonly resource?:
    | {
      readonly attributes?:
        | readonly {
          readonly key: string;
          readonly value?: { readonly stringValue?: unknown } | null | undefined;
        }[]
        | null
        | undefined;
    }
    | null
    | undefined;
}

/** AGGREGATION_TEMPORALITY_DELTA, as a number or by its name. */
const DELTA: ReadonlySet<unknown> = new Set([1, "AGGREGATION_TEMPORALITY_DELTA"]);

/** Reads traces. */
export function workOfTraces(body: z.infer<typeof traces>): TelemetryWork {
  return workOf(
    body.resourceSpans,
    (part) => (part.scopeSpans ?? []).some((scope) => hasAny(scope.spans)),
  );
}

/** Reads logs. */
export function workOfLogs(body: z.infer<typeof logs>): TelemetryWork {
  return workOf(
    body.resourceLogs,
    (part) => (part.scopeLogs ?? []).some((scope) => hasAny(scope.logRecords)),
  );
}

/** Reads metrics. */
export function workOfMetrics(body: z.infer<typeof metrics>): TelemetryWork {
  return workOf(
    body.resourceMetrics,
    (part) => (part.scopeMetrics ?? []).some((scope) => (scope.metrics ?? []).some(isWork)),
  );
}

function isWork(metric: unknown): boolean {
  if (typeof metric !== "object" || metric === null) return false;
  const { sum, histogram, exponentialHistogram } = metric as Readonly<Record<string, unknown>>;
  return [sum, histogram, exponentialHistogram].some((kind) => {
    if (typeof kind !== "object" || kind === null) return false;
    const { aggregationTemporality, dataPoints } = kind as Readonly<Record<string, unknown>>;
    return DELTA.has(aggregationTemporality) && hasAny(dataPoints);
  });
}

function hasAny(list: unknown): boolean {
  return Array.isArray(list) && list.length > 0;
}

function workOf<P extends Part>(
  parts: readonly P[] | null | undefined,
  hasWork: (part: P) => boolean,
): TelemetryWork {
  const working = (parts ?? []).filter(hasWork);
  const jobs = new Map<string, NamedJob>();
  for (const part of working) {
    const job = namedIn(part);
    if (Object.values(job).some((id) => id !== null) && jobs.size < TELEMETRY_JOBS_MAX) {
      jobs.set(JSON.stringify(job), job);
    }
  }
  return { hasWork: working.length > 0, jobs: [...jobs.values()] };
}

function namedIn({ resource }: Part): NamedJob {
  const valueOf = (name: string) => {
    const value = resource?.attributes?.find(({ key }) => key === name)?.value?.stringValue;
    return typeof value === "string" && value !== "" ? value : null;
  };
  return { jobId: valueOf("job.id"), runId: valueOf("run.id"), taskId: valueOf("task.id") };
}

/**
 * The jobs that the sender may speak of: of a run's token its own, whatever else is named; of a runner's those among its
 * own that are named.
 */
export function jobsSpokenOf(
  state: Pick<QueueState, "jobs" | "runners" | "runs" | "index">,
  who: Extract<Principal, { kind: "job" | "runner" }>,
  work: TelemetryWork,
): readonly JobId[] {
  if (!work.hasWork) return [];
  if (who.kind === "job") return [who.jobId];
  return heldJobs(state as QueueState, who.runnerId).filter((job) =>
    work.jobs.some((named) => isMeant(job, named))
  )
    .map(({ id }) => id);
}

/** All that is said must fit: telemetry of a run before is none of the run that is under way. */
function isMeant(job: Job, { jobId, runId, taskId }: NamedJob): boolean {
  return (jobId === null || jobId === job.id) && (taskId === null || taskId === job.taskId) &&
    (runId === null || runId === job.runIds.at(-1));
}

/**
 * Notes that their agents are at work. A runner's telemetry is also a sign of its life. An agent that nothing was heard of
 * but telemetry is not judged by its silence: it never starts that clock, and only sets it back.
 */
export function noteTelemetry(
  draft: Draft,
  who: Extract<Principal, { kind: "job" | "runner" }>,
  jobIds: readonly JobId[],
): void {
  if (who.kind === "runner" && jobIds.length > 0) noteSeen(draft, who.runnerId);
  for (const jobId of jobIds) {
    const { state } = draft.job(jobId)!;
    if (state.kind !== "claimed" && state.kind !== "in_progress") continue;
    if (who.kind === "runner") renewLease(draft, draft.job(jobId)!, draft.run(state.runId)!);
    const isKnown = state.activeAtMs !== undefined && draft.nowMs - state.activeAtMs >= LIVE_ACTIVE_TELL_MS;
    if (isKnown) noteActivity(draft, draft.job(jobId)!, draft.nowMs);
  }
}
