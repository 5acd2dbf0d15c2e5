/**
 * May this runner do this job? Labels are the station's demand on the runner (Line 6: exact, case-sensitive): all of them
 * by the published rule, one of them in a project that matches by overlap, as the reference's server does. Needs are the
 * job's demand on what the runner can do right now, and must all be there in both.
 */
import type { LabelMatching } from "../../protocol/line/fields.ts";

/** What a runner offers at one poll. `capabilities` null: an old runner that says nothing and is not constrained. */
export interface RunnerOffer {
  readonly labels: readonly string[];
  readonly capabilities: readonly string[] | null;
  /** The project's; absent: `superset`. */
  readonly matching?: LabelMatching | undefined;
}

/** What a job demands. */
export interface JobDemand {
  readonly labels: readonly string[];
  readonly needs: readonly string[];
}

/**
 * What the runner lacks for the job; empty means that it matches.
 *
 * @example
 * ```ts
 * missingFor({ labels: ["linux", "gpu"], needs: [] }, { labels: ["linux"], capabilities: null }); // ["label gpu"]
 * ```
 */
export function missingFor(job: JobDemand, runner: RunnerOffer): string[] {
  const missing = missingLabels(job, runner);
  if (runner.capabilities === null) return missing;
  const capabilities = new Set(runner.capabilities);
  return [
    ...missing,
    ...job.needs.filter((need) => !capabilities.has(need)).map((need) => `capability ${need}`),
  ];
}

function missingLabels(job: JobDemand, runner: RunnerOffer): string[] {
  const labels = new Set(runner.labels);
  const absent = job.labels.filter((label) => !labels.has(label));
  if (runner.matching !== "overlap") return absent.map((label) => `label ${label}`);
  // Of no demand at all nothing is missing.
  if (absent.length === 0 || absent.length < job.labels.length) return [];
  return [`one of the labels ${job.labels.join(", ")}`];
}

/** The same question for many demands of one runner: `missingFor(job, runner).length === 0`. */
export function canDo(runner: RunnerOffer): (job: JobDemand) => boolean {
  const { labels, capabilities, matching } = runner;
  const has = (label: string) => labels.includes(label);
  return (job) =>
    (matching === "overlap" ? job.labels.length === 0 || job.labels.some(has) : job.labels.every(has)) &&
    (capabilities === null || job.needs.every((need) => capabilities.includes(need)));
}
