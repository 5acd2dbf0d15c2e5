/**
 * What the Worker does by the clock (`[triggers]` in `wrangler.toml`): it deletes what the history has kept long enough.
 * Missing a time, or two at once, does no harm: the next one does what is left.
 */
import { retentionMs } from "./domain/retention.ts";
import { pruneHistory } from "./store/history/prune.ts";

/** What it needs of the Worker's configuration. */
export interface ScheduleSettings {
  readonly HISTORY_URL?: string;
  readonly HISTORY_AUTH_TOKEN?: string;
  readonly SHOPFLOOR_HISTORY_RETENTION_DAYS?: string;
  readonly SHOPFLOOR_AUDIT_RETENTION_DAYS?: string;
}

/** One run of the cron at `nowMs`. Rejects when a setting is wrong or the history is down; the platform notes that. */
export async function onSchedule(env: ScheduleSettings, nowMs: number): Promise<void> {
  const { HISTORY_URL: url, HISTORY_AUTH_TOKEN: authToken } = env;
  if (!url) return;
  const before = (name: "SHOPFLOOR_HISTORY_RETENTION_DAYS" | "SHOPFLOOR_AUDIT_RETENTION_DAYS") => {
    const keptMs = retentionMs(name, env[name], 0);
    return keptMs === null ? null : nowMs - keptMs;
  };
  const order = {
    tasksBeforeMs: before("SHOPFLOOR_HISTORY_RETENTION_DAYS"),
    auditBeforeMs: before("SHOPFLOOR_AUDIT_RETENTION_DAYS"),
  };
  if (order.tasksBeforeMs === null && order.auditBeforeMs === null) return;
  const pruned = await pruneHistory({ url, ...(authToken === undefined ? {} : { authToken }) }, order);
  console.warn(JSON.stringify({ event: "history_pruned", ...pruned }));
}
