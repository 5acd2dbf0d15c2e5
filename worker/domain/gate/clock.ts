/** What the clock does to an ask: each timer that is due, the earliest first. It never answers (G1). Pure. */
import type { ResolvedTarget } from "../people_api.ts";
import { endClaim } from "./delegation.ts";
import { endSnooze, enterLevel, leaveLevel, remind, unack } from "./escalation.ts";
import { GateDraft } from "./gate_draft.ts";
import type { OpenedGate, Timer } from "./gate_state.ts";
import { expire } from "./lifecycle.ts";
import { dueTimer, takeTimer } from "./timers.ts";
import { reportUnconsumed } from "./verification.ts";

/**
 * Fires what is due. Null: nothing is. Safe early, late and twice.
 *
 * @param resolved The targets of the level that is entered, as of now; null: not known, so that timer stays.
 */
export function decideDue(
  gate: OpenedGate,
  resolved: readonly ResolvedTarget[] | null,
  nowMs: number,
): GateDraft | null {
  const draft = new GateDraft(gate, nowMs);
  let targets = resolved;
  let hasFired = false;
  for (;;) {
    const timer = dueTimer(draft.gate, nowMs, targets === null ? ["enter"] : []);
    if (timer === null) return hasFired ? draft : null;
    hasFired = true;
    draft.set(takeTimer(draft.gate, timer));
    fire(draft, timer, targets ?? []);
    // They were those of one level.
    if (timer.kind === "enter" || timer.kind === "leave") targets = null;
  }
}

function fire(draft: GateDraft, { kind }: Timer, resolved: readonly ResolvedTarget[]): void {
  switch (kind) {
    case "enter":
      return enterLevel(draft, resolved);
    case "leave":
      return leaveLevel(draft);
    case "ack_timeout":
      return unack(draft, "system", "nothing was answered after the ack");
    case "remind":
      return remind(draft);
    case "claim":
      return endClaim(draft, "system", "lapsed");
    case "snooze":
      return endSnooze(draft);
    case "expire":
      return expire(draft);
    case "consume":
      return reportUnconsumed(draft);
  }
}
