/** Which versions of lines a queue works with: these stay in memory. Pure. */
import type { WritableQueueState } from "./apply_changes.ts";
import { hasEnded } from "./task_status.ts";

/** Keys of each line's newest version and of those that living tasks are on, whether or not they are in memory. */
export function usedVersions(state: WritableQueueState): ReadonlySet<string> {
  const used = new Set<string>();
  for (const [lineId, version] of state.latestLineVersion) used.add(`${lineId}@${version}`);
  for (const task of state.tasks.made()) {
    if (!hasEnded(task)) used.add(`${task.lineId}@${task.lineVersion}`);
  }
  for (const { fresh } of state.tasks.sources()) {
    for (const [lineId, version] of fresh.commons) used.add(`${lineId}@${version}`);
  }
  return used;
}
