/** A small file or script that leads to a fault, and what the fault must say: its type, its place, what was expected, what came. */
import type { Fault, FaultType } from "../../runner-agent/pipeline/fault.ts";

export interface FaultRow {
  readonly type: FaultType;
  /** What is wrong, for the name of the test. */
  readonly when: string;
  /** `FILE:LINE:COLUMN` of what is wrong in a file, `step ID` of what went wrong in a run; null where there is neither. */
  readonly at: string | null;
  /** Words of the message. */
  readonly says: readonly string[];
  provoke(): Fault | Promise<Fault>;
}

/** Where a fault says that it is. */
export function placeOf({ place, stepId }: Fault): string | null {
  if (stepId !== undefined) return `step ${stepId}`;
  return place === null ? null : `${place.path}:${place.line}:${place.column}`;
}
