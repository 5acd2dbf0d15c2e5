/** The runs of a folder as people and programs read them: `ail logs`, and `ail log --format json` (Pipeline 3.7). */

export interface ListedStep {
  readonly stepId: string;
  readonly eventType: string;
  readonly prompt: string | null;
  readonly response: string | null;
  readonly thinking: string | null;
  readonly costUsd: number | null;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly recordedAtMs: number;
}

export interface ListedRun {
  readonly runId: string;
  readonly source: string | null;
  readonly startedAtMs: number;
  readonly completedAtMs: number | null;
  readonly totalCostUsd: number | null;
  readonly status: string;
  /** In the order in which they were written. */
  readonly steps: readonly ListedStep[];
}

/** One block: a line for the run, one for each row but those that only say that a step began, and an empty one. */
export function runBlock(run: ListedRun): string {
  const rows = run.steps.filter(({ eventType }) => eventType !== "step_started");
  const at = new Date(run.startedAtMs).toISOString().slice(0, 19).replace("T", " ");
  const cost = (run.totalCostUsd ?? 0).toFixed(4);
  const lines = rows.map((row) => {
    const money = row.costUsd === null ? "" : `  $${row.costUsd.toFixed(4)}`;
    const tokens = row.inputTokens === null || row.outputTokens === null
      ? ""
      : `  ${row.inputTokens}in/${row.outputTokens}out`;
    return `${`  ${row.stepId.padEnd(16)} ${row.eventType.padEnd(12)}${money}${tokens}`.trimEnd()}\n`;
  });
  const head = `[${at}] run_id: ${run.runId}  status: ${run.status}  cost: $${cost}  steps: ${rows.length}\n`;
  return `${head}${lines.join("")}\n`;
}

/** One object in one line. */
export function runJson(run: ListedRun): string {
  const latencies = latenciesOf(run.steps);
  return `${
    JSON.stringify({
      run_id: run.runId,
      pipeline_source: run.source,
      started_at: run.startedAtMs,
      completed_at: run.completedAtMs,
      total_cost_usd: run.totalCostUsd,
      status: run.status,
      steps: run.steps.map((row, at) => ({
        step_id: row.stepId,
        event_type: row.eventType,
        prompt: row.prompt,
        response: row.response,
        cost_usd: row.costUsd,
        input_tokens: row.inputTokens,
        output_tokens: row.outputTokens,
        thinking: row.thinking,
        recorded_at: row.recordedAtMs,
        latency_ms: latencies[at] ?? null,
      })).filter(({ event_type }) => event_type !== "step_started"),
    })
  }\n`;
}

/** One line per row of a run from the given one on (`ail log --format json`). */
export function rowsJson(runId: string, steps: readonly ListedStep[], from: number): string {
  const indexes = new Map<string, number>();
  const latencies = latenciesOf(steps);
  const lines: string[] = [];
  for (const [at, row] of steps.entries()) {
    if (!indexes.has(row.stepId)) indexes.set(row.stepId, indexes.size);
    if (at < from) continue;
    lines.push(JSON.stringify({
      run_id: runId,
      step_id: row.stepId,
      event_type: row.eventType,
      response: row.response,
      thinking: row.thinking,
      cost_usd: row.costUsd,
      input_tokens: row.inputTokens,
      output_tokens: row.outputTokens,
      recorded_at: row.recordedAtMs,
      step_index: indexes.get(row.stepId),
      status: STATUS_OF[row.eventType] ?? "failed",
      duration_ms: latencies[at],
    }));
  }
  return lines.map((line) => `${line}\n`).join("");
}

const STATUS_OF: Readonly<Record<string, string>> = {
  step_started: "running",
  step_completed: "completed",
  step_retrying: "retrying",
  step_cancelled: "cancelled",
};

/** Of each row: from the last beginning of its step; null where there was none. */
function latenciesOf(steps: readonly ListedStep[]): readonly (number | null)[] {
  const began = new Map<string, number>();
  return steps.map(({ stepId, eventType, recordedAtMs }) => {
    if (eventType === "step_started") began.set(stepId, recordedAtMs);
    const beganMs = began.get(stepId);
    return eventType === "step_started" || beganMs === undefined ? null : recordedAtMs - beganMs;
  });
}
