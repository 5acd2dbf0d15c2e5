/** `ail logs`: the runs of this folder, and with `--tail` those that come (Pipeline 3.7). */
import { fault, faultText } from "../pipeline/fault.ts";
import { type ListedRun, runBlock, runJson } from "../pipeline/run_overview.ts";
import type { Host } from "./host.ts";
import { onInterrupt } from "./interrupt.ts";
import { TAIL_POLL_MS } from "./limits.ts";
import { projectPaths } from "./project.ts";
import { listRuns, openRuns, type RunFilter } from "./run_table.ts";
import { waitMs } from "./wait.ts";

export interface LogsOptions {
  readonly session?: string;
  readonly query?: string;
  readonly format: "text" | "json";
  readonly tail?: boolean;
  readonly limit: number;
}

export async function logsCommand(host: Host, options: LogsOptions): Promise<number> {
  const paths = await projectPaths(host.cwd, host.home);
  const filter: RunFilter = {
    prefix: options.session ?? null,
    query: options.query ?? null,
    limit: options.limit,
    sinceMs: null,
  };
  const list = async (asked: RunFilter): Promise<readonly ListedRun[]> => {
    const client = await openRuns(paths);
    if (client === null) return [];
    try {
      return await listRuns(client, asked);
    } finally {
      client.close();
    }
  };
  const tell = (run: ListedRun) => host.out(options.format === "json" ? runJson(run) : runBlock(run));
  const refused = (error: unknown) =>
    host.err(`${faultText(fault("ail:storage/query-failed", (error as Error).message))}\n`);
  let runs: readonly ListedRun[];
  try {
    runs = await list(filter);
  } catch (error) {
    refused(error);
    return 1;
  }
  runs.forEach(tell);
  if (options.tail !== true) return 0;
  const ended = new AbortController();
  const interruption = onInterrupt(() => ended.abort());
  const told = new Set(runs.map(({ runId }) => runId));
  let sinceMs = runs[0]?.startedAtMs ?? null;
  while (await waitMs(TAIL_POLL_MS, ended.signal)) {
    try {
      const news = (await list({ ...filter, sinceMs })).filter(({ runId }) => !told.has(runId));
      for (const run of [...news].reverse()) {
        told.add(run.runId);
        tell(run);
      }
      sinceMs = news[0]?.startedAtMs ?? sinceMs;
    } catch (error) {
      refused(error);
    }
  }
  interruption.stop();
  return 0;
}
