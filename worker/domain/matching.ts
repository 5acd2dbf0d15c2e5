/**
 * May this runner do this job? Labels are the station's demand on the runner (Line 6: subset, exact,
 * case-sensitive); needs are the job's demand on what the runner can do right now.
 */

/** What a runner offers at one poll. `capabilities` null: an old runner that says nothing and is not constrained. */
export interface RunnerOffer {
  readonly labels: readonly string[];
  readonly capabilities: readonly string[] | null;
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
  const labels = new Set(runner.labels);
  const missing = job.labels.filter((label) => !labels.has(label)).map((label) => `label ${label}`);
  if (runner.capabilities === null) return missing;
  const capabilities = new Set(runner.capabilities);
  return [
    ...missing,
    ...job.needs.filter((need) => !capabilities.has(need)).map((need) => `capability ${need}`),
  ];
}

/** The same question for many demands of one runner: `missingFor(job, runner).length === 0`. */
export function canDo(runner: RunnerOffer): (job: JobDemand) => boolean {
  const { labels, capabilities } = runner;
  return (job) =>
    job.labels.every((label) => labels.includes(label)) &&
    (capabilities === null || job.needs.every((need) => capabilities.includes(need)));
}
