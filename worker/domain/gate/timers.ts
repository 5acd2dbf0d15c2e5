/**
 * The small heap of an ask's timers. A key is put once and fires once, however often an alarm comes and however late
 * (Autonomy 19.7). Pure.
 */
import type { OpenedGate, Timer, TimerKind } from "./gate_state.ts";
import { isTerminal } from "./gate_state.ts";

/** What the escalation needs; they end with an ack, an answer or the ask. */
const ESCALATION: readonly TimerKind[] = ["enter", "leave", "ack_timeout", "remind"];
const MINUTE_MS = 60_000;

/** The key of a timer at the place where the escalation is now. */
export function timerKey(gate: Pick<OpenedGate, "loop" | "level" | "round">, kind: TimerKind): string {
  return `${gate.loop}.${gate.level}.${kind}#${gate.round}`;
}

/** Puts a timer of the place where the escalation is now, unless its key was put before. `minutes` 0 and below: never. */
export function putAfter(
  gate: OpenedGate,
  kind: TimerKind,
  minutes: number,
  nowMs: number,
): Partial<OpenedGate> {
  return minutes <= 0 ? {} : putAt(gate, kind, nowMs + minutes * MINUTE_MS, nowMs);
}

/** The same, due at once. */
export function putNow(gate: OpenedGate, kind: TimerKind, nowMs: number): Partial<OpenedGate> {
  return putAt(gate, kind, nowMs, nowMs);
}

/** What is put while the clocks stand still is moved by the whole pause at its end, and so put that much earlier. */
function putAt(gate: OpenedGate, kind: TimerKind, dueMs: number, nowMs: number): Partial<OpenedGate> {
  const pausedMs = gate.pausedAtMs === null ? 0 : nowMs - gate.pausedAtMs;
  return putTimer(gate, { key: timerKey(gate, kind), kind, dueMs: dueMs - pausedMs });
}

/** Puts a timer unless its key was put before. */
export function putTimer(gate: OpenedGate, timer: Timer): Partial<OpenedGate> {
  const isKnown = gate.fired.includes(timer.key) || gate.timers.some((other) => other.key === timer.key);
  return isKnown ? {} : { timers: [...gate.timers, timer] };
}

/** Replaces the timer of a kind that there is only one of, such as the claim's. */
export function setTimer(gate: OpenedGate, kind: TimerKind, dueMs: number | null): Partial<OpenedGate> {
  const others = gate.timers.filter((timer) => timer.kind !== kind);
  return { timers: dueMs === null ? others : [...others, { key: `${kind}@${dueMs}`, kind, dueMs }] };
}

/** Drops timers of these kinds. Their keys never come back: the round they belong to is over. */
export function dropTimers(gate: OpenedGate, kinds: readonly TimerKind[] = ESCALATION): Partial<OpenedGate> {
  return { timers: gate.timers.filter((timer) => !kinds.includes(timer.kind)) };
}

/** Moves the escalation's timers by so much; the expiry, a claim and the snooze stay. */
export function shiftTimers(
  gate: OpenedGate,
  byMs: number,
  kinds: readonly TimerKind[] = ESCALATION,
): Partial<OpenedGate> {
  return {
    timers: gate.timers.map((timer) =>
      kinds.includes(timer.kind) ? { ...timer, dueMs: timer.dueMs + byMs } : timer
    ),
  };
}

/** The next one to fire that is due, the earliest first; a paused ask's clocks stand still but for its expiry. */
export function dueTimer(gate: OpenedGate, nowMs: number, but: readonly TimerKind[] = []): Timer | null {
  let first: Timer | null = null;
  for (const timer of gate.timers) {
    if (timer.dueMs > nowMs || !runs(gate, timer) || but.includes(timer.kind)) continue;
    if (first === null || timer.dueMs < first.dueMs) first = timer;
  }
  return first;
}

/** When the alarm must ring; null: never. */
export function nextTimerMs(gate: OpenedGate): number | null {
  const due = gate.timers.filter((timer) => runs(gate, timer)).map((timer) => timer.dueMs);
  return due.length === 0 ? null : Math.min(...due);
}

/** Takes a timer out as fired. Keys of rounds that are over are forgotten: no timer of theirs can be put any more. */
export function takeTimer(gate: OpenedGate, timer: Timer): Partial<OpenedGate> {
  const isOfNow = timer.key.endsWith(`#${gate.round}`);
  const kept = gate.fired.filter((key) => key.endsWith(`#${gate.round}`));
  return {
    timers: gate.timers.filter((other) => other.key !== timer.key),
    fired: isOfNow ? [...kept, timer.key] : kept,
  };
}

/** An end drops all of them; of an answer that waits for its check, only the expiry stays. */
export function settleTimers(gate: OpenedGate): Partial<OpenedGate> {
  if (isTerminal(gate)) return { timers: [], fired: [] };
  return { timers: gate.timers.filter((timer) => timer.kind === "expire") };
}

function runs(gate: OpenedGate, timer: Timer): boolean {
  if (timer.kind === "expire") return gate.state.kind !== "answered";
  return gate.pausedAtMs === null;
}
