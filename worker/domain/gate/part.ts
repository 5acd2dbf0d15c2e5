/** Ack, un-ack, snooze, pause (Autonomy 19.7, 19.8): what moves the clocks and never answers. Pure. */
import { err, ok, type Result } from "../../../protocol/result.ts";
import type { GateAction } from "./action.ts";
import { type Actor, isOwner, refuse, refusePart } from "./actor.ts";
import { refuseSeen } from "./answer.ts";
import { ackBy, unack } from "./escalation.ts";
import type { GateError } from "./gate_error.ts";
import { GateDraft } from "./gate_draft.ts";
import type { OpenedGate } from "./gate_state.ts";
import { setTimer, shiftTimers } from "./timers.ts";

type Of<Kind extends GateAction["kind"]> = Extract<GateAction, { kind: Kind }>;
/** Null: it is so already. */
type Decided = Result<GateDraft | null, GateError>;
const MINUTE_MS = 60_000;

/** Received, mine: the escalation stops. Another person's ack takes over. */
export function decideAck(gate: OpenedGate, actor: Actor, action: Of<"ack">, nowMs: number): Decided {
  const refused = refusePart(gate, actor) ?? refuseSeen(gate, action.seenDigest);
  if (refused !== null) return err(refused);
  if (gate.ackedBy === actor.principal) return ok(null);
  const draft = new GateDraft(gate, nowMs);
  ackBy(draft, actor, actor.principal, {
    in_digest: gate.ask.inDigest,
    ...(action.readBack === undefined ? {} : { read_back: action.readBack }),
    ...(action.seenDigest === undefined ? {} : { seen_digest: action.seenDigest }),
  });
  return ok(draft);
}

/** Not mine after all: the escalation goes on at the same level. */
export function decideUnack(gate: OpenedGate, actor: Actor, nowMs: number): Decided {
  if (gate.ackedBy === null) return ok(null);
  if (gate.ackedBy !== actor.principal && !isOwner(gate, actor)) return err(refuse(gate, "not_acked"));
  const draft = new GateDraft(gate, nowMs);
  unack(draft, actor, "taken back");
  return ok(draft);
}

/** Later: the timers shift by that much, the expiry does not. */
export function decideSnooze(
  gate: OpenedGate,
  actor: Actor,
  { untilMs }: Of<"snooze">,
  nowMs: number,
): Decided {
  if (gate.ackedBy !== actor.principal) return err(refuse(gate, "not_acked", "ack it first"));
  if (gate.snoozedUntilMs === untilMs) return ok(null);
  const { ask } = gate;
  const latestMs = Math.min(nowMs + ask.policy.snoozeMaxMinutes * MINUTE_MS, ask.expiresAtMs ?? Infinity);
  if (untilMs <= nowMs || untilMs > latestMs) {
    return err(
      refuse(gate, "snooze_too_long", `expected after now and by ${new Date(latestMs).toISOString()}`),
    );
  }
  const draft = new GateDraft(gate, nowMs);
  draft.set(shiftTimers(gate, untilMs - Math.max(nowMs, gate.snoozedUntilMs ?? 0)));
  draft.set(setTimer(draft.gate, "snooze", untilMs));
  draft.step("snoozed", actor, { snoozedUntilMs: untilMs }, {
    detail: { until: new Date(untilMs).toISOString() },
  });
  return ok(draft);
}

/** An operator stops the clocks; it can still be answered, and it still expires. */
export function decidePause(gate: OpenedGate, actor: Actor, nowMs: number): Decided {
  if (!mayOperate(gate, actor)) return err(refuse(gate, "not_candidate", "an operator pauses it"));
  if (gate.pausedAtMs !== null) return ok(null);
  const draft = new GateDraft(gate, nowMs);
  draft.step("paused", actor, { pausedAtMs: nowMs });
  return ok(draft);
}

/** The clocks go on where they stood. */
export function decideResume(gate: OpenedGate, actor: Actor, nowMs: number): Decided {
  if (!mayOperate(gate, actor)) return err(refuse(gate, "not_candidate", "an operator resumes it"));
  if (gate.pausedAtMs === null) return ok(null);
  const draft = new GateDraft(gate, nowMs);
  const byMs = nowMs - gate.pausedAtMs;
  draft.set(shiftTimers(gate, byMs, ["enter", "leave", "ack_timeout", "remind", "claim"]));
  const claim = gate.claim === null ? null : { ...gate.claim, untilMs: gate.claim.untilMs + byMs };
  draft.step("resumed", actor, { pausedAtMs: null, claim }, { detail: { paused_ms: byMs } });
  return ok(draft);
}

/** Programs of the project, the owner, the admin, and who asked. */
export function mayOperate(gate: OpenedGate, actor: Actor): boolean {
  return actor.kind === "program" || isOwner(gate, actor) ||
    (actor.kind === "person" && actor.names.includes(gate.ask.requestedBy));
}
