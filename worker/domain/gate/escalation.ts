/**
 * Who is told, and when it goes on (Autonomy 19.7). The clock decides nothing about the question (G1): after the last loop
 * it is `escalation_exhausted`, the ask stays open, and that is all.
 *
 * 1. A level's targets are those of the instant at which it is entered. They are facts from outside: the object resolves
 *    them, then fires the timer `enter` with them. Until `People` answer the timer stays, so nobody is forgotten.
 * 2. `leave` is put when a level was entered: an alarm that comes days late goes on by one level, not by all of them.
 * 3. An ack stops the escalation; its timeout and an un-ack start a new round at the same level.
 *
 * Pure.
 */
import type { ResolvedTarget } from "../people_api.ts";
import type { By, GateDraft } from "./gate_draft.ts";
import type { OpenedGate } from "./gate_state.ts";
import type { GateLevel, GatePolicy } from "./policy.ts";
import { dropTimers, putAfter, putNow } from "./timers.ts";

/** The levels that are gone through. Without any, and with low urgency, the candidates are one. */
export function levelsOf(policy: GatePolicy): readonly GateLevel[] {
  const { candidates, levels, urgency, clocks } = policy;
  if (levels.length > 0 && urgency === "high") return levels;
  const to = levels[0]?.to ?? [...candidates.users, ...candidates.groups.map((group) => `group:${group}`)];
  if (to.length === 0) return [];
  const leaveAfterMinutes = urgency === "low" ? 0 : clocks.ackMinutes;
  return [{ to, leaveAfterMinutes, strategy: levels[0]?.strategy ?? "everyone" }];
}

/** The targets to resolve for the level that is about to be entered; null: none is. */
export function targetsToResolve(gate: OpenedGate): readonly string[] | null {
  if (!gate.timers.some((timer) => timer.kind === "enter")) return null;
  return gate.assignedTo === null ? levelsOf(gate.ask.policy)[gate.level]?.to ?? [] : [gate.assignedTo];
}

/** Puts the timer that enters a level of a new round, due at once. */
export function startRound(draft: GateDraft, spared: string | null = null): void {
  draft.set(dropTimers(draft.gate));
  draft.set({ round: draft.gate.round + 1, spared });
  if (levelsOf(draft.gate.ask.policy).length === 0 && draft.gate.assignedTo === null) return;
  draft.set(putNow(draft.gate, "enter", draft.nowMs));
}

/** The timer `enter` fires with whom the level's targets are right now. */
export function enterLevel(draft: GateDraft, resolved: readonly ResolvedTarget[]): void {
  const { gate, nowMs } = draft;
  const { policy } = gate.ask;
  const level = levelsOf(policy)[gate.level];
  const chosen = level?.strategy === "round_robin" ? oneOf(resolved, gate) : resolved;
  const done = new Set([...gate.ballots.map((ballot) => ballot.by), gate.spared]);
  const notify = chosen.filter(({ principal }) => !done.has(principal))
    .map(({ principal, because }) => ({ principal, why: because }));
  const told = [...new Set([...gate.told, ...chosen.map(({ principal }) => principal)])];
  const detail = {
    targets: gate.assignedTo === null ? level?.to ?? [] : [gate.assignedTo],
    resolved: resolved.map((one) => ({ ...one })),
  };
  draft.set({ told, spared: null });
  draft.tell("notified", "system", { notify, detail });
  const isLow = policy.urgency === "low";
  if (!isLow && level !== undefined) draft.set(putAfter(draft.gate, "leave", level.leaveAfterMinutes, nowMs));
}

/** The timer `leave` fires: the next level, the next loop, or the end of the escalation. */
export function leaveLevel(draft: GateDraft): void {
  const { gate } = draft;
  const { policy } = gate.ask;
  const levels = levelsOf(policy);
  const isLastLevel = gate.level + 1 >= levels.length;
  if (isLastLevel && gate.loop + 1 >= policy.loops) {
    draft.set(dropTimers(gate));
    return draft.step("escalation_exhausted", "system", { isExhausted: true }, {
      notify: toOwner(gate, "exhausted"),
    });
  }
  draft.set(dropTimers(gate));
  const next = isLastLevel ? { loop: gate.loop + 1, level: 0 } : { loop: gate.loop, level: gate.level + 1 };
  const from = { from_level: gate.level, from_loop: gate.loop };
  draft.step("escalated", "system", next, { detail: from });
  draft.set(putNow(draft.gate, "enter", draft.nowMs));
}

/** Somebody has it: the escalation stops, its other targets are told, the clocks of an ack start. */
export function ackBy(
  draft: GateDraft,
  by: By,
  principal: string,
  detail: Readonly<Record<string, unknown>>,
): void {
  const { gate, nowMs } = draft;
  const { ackTimeoutMinutes, clocks } = gate.ask.policy;
  const notify = gate.told.filter((one) => one !== principal)
    .map((one) => ({ principal: one, why: `acked by ${principal}` }));
  draft.set(dropTimers(gate));
  draft.set({ round: draft.gate.round + 1 });
  draft.set(putAfter(draft.gate, "ack_timeout", ackTimeoutMinutes, nowMs));
  draft.set(putAfter(draft.gate, "remind", clocks.resolveMinutes, nowMs));
  // Whoever snoozed it did so for themselves.
  draft.set({ timers: draft.gate.timers.filter((timer) => timer.kind !== "snooze") });
  draft.step("acked", by, { ackedBy: principal, isExhausted: false, snoozedUntilMs: null }, {
    notify,
    detail,
  });
}

/** The ack is over, by its holder or by its timeout: its holder is told, and the escalation goes on at the same level. */
export function unack(draft: GateDraft, by: By, why: string): void {
  const acker = draft.gate.ackedBy;
  if (acker === null) return;
  draft.step("unacked", by, { ackedBy: null, snoozedUntilMs: null }, {
    notify: by === "system" ? [{ principal: acker, why }] : [],
    detail: { acked_by: acker, why },
  });
  draft.set({ timers: draft.gate.timers.filter((timer) => timer.kind !== "snooze") });
  startRound(draft, by === "system" ? acker : null);
}

/** The resolve clock has run out: who acked it and the owner are reminded. */
export function remind(draft: GateDraft): void {
  const { ackedBy } = draft.gate;
  const notify = [
    ...(ackedBy === null ? [] : [{ principal: ackedBy, why: "resolve clock" }]),
    ...toOwner(draft.gate, "resolve clock").filter(({ principal }) => principal !== ackedBy),
  ];
  draft.tell("notified", "system", { notify, detail: { clock: "resolve" } });
}

/** The snooze is over: who acked it is told. */
export function endSnooze(draft: GateDraft): void {
  const { ackedBy } = draft.gate;
  draft.set({ snoozedUntilMs: null });
  const notify = ackedBy === null ? [] : [{ principal: ackedBy, why: "the snooze is over" }];
  draft.tell("notified", "system", { notify });
}

/** Whom the policy makes owner, to be told. */
export function toOwner(gate: OpenedGate, why: string): readonly { principal: string; why: string }[] {
  const { owner } = gate.ask.policy;
  return owner === null ? [] : [{ principal: owner, why }];
}

/** Another one for each ask and in each loop; the same for a repeated alarm. */
function oneOf(resolved: readonly ResolvedTarget[], gate: OpenedGate): readonly ResolvedTarget[] {
  if (resolved.length === 0) return [];
  let start = 0;
  for (const char of gate.ask.askId) start = (start * 31 + char.charCodeAt(0)) >>> 0;
  return [resolved[(start + gate.loop + gate.round) % resolved.length]!];
}
