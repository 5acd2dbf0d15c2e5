/** A subtask as people and agents see it. Pure. */
import type { Capability, SubtaskData } from "../../protocol/agent/subtask.ts";
import { isoTime } from "../../protocol/line/time.ts";
import { allowedNext, type Outcome, type Subtask } from "./subtask.ts";

/** @param capability Whose next states are shown. */
export function subtaskView(
  subtask: Subtask,
  outcomes: readonly Outcome[],
  capability: Capability,
): SubtaskData {
  const { createdAtMs, startedAtMs, endedAtMs, changedAtMs, requirementIds, ...rest } = subtask;
  const time = (ms: number | null) => ms === null ? null : isoTime(ms);
  return {
    ...rest,
    requirementIds: [...requirementIds],
    allowedNext: [...allowedNext(subtask, capability)],
    createdAt: isoTime(createdAtMs),
    startedAt: time(startedAtMs),
    endedAt: time(endedAtMs),
    changedAt: isoTime(changedAtMs),
    outcomes: outcomes.map(({ atMs, ...outcome }) => ({ ...outcome, at: isoTime(atMs) })),
  };
}
