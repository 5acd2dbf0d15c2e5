/** Which requests of a job wait for a person (`approval_hold.ts`), and their end with the run. Pure. */
import type { AskId } from "../../protocol/ids.ts";
import type { Draft } from "./draft.ts";
import type { Job } from "./queue_state.ts";

/** The asks of a job that wait for a person, oldest first. */
export function heldAsks(job: Job | undefined): readonly AskId[] {
  const state = job?.state;
  return state?.kind === "claimed" || state?.kind === "in_progress" ? state.heldAskIds ?? [] : [];
}

/** The run is over: who was asked need not answer. The next run of the job asks anew (design Q4). */
export function withdrawHeld(draft: Draft, job: Job, why: string): void {
  for (const askId of heldAsks(job)) {
    draft.emit({ destination: "gate", action: "cancel", askId, reason: `the run is over: ${why}` });
  }
}
