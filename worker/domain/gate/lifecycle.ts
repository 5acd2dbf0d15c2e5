/**
 * The beginning and the ends of an ask that are no answer: arm, open, cancel, supersede, expire (Autonomy 19.1, 19.7). Pure.
 *
 * The queue of the task that waits is told of every end in which nobody answered, so that it never points at a dead ask:
 *
 * | how the ask ended                      | its policy | the task                                                     |
 * |----------------------------------------|------------|--------------------------------------------------------------|
 * | expired                                | `reject`   | takes the gate's rejection: it ends as rejected              |
 * | expired                                | `cancel`   | is cancelled. (19.7 takes it back to where it was; on a line |
 * |                                        |            | that is a station whose work is done, so it has no such state)|
 * | expired                                | `block`    | waits at its station until somebody moves or retries it      |
 * | superseded, or cancelled by an operator | any       | the same                                                     |
 * | cancelled by the queue                 | any        | has moved on already, and is not told                        |
 *
 * The run that waits for the answer to an approval request is told the same way; whatever the end, it does not go through. The
 * run that has a question too: `run_question.ts` says what each end is to it.
 */
import type { GateResolution } from "../event.ts";
import type { GateAction } from "./action.ts";
import { type Ask, taskOf } from "./ask.ts";
import { type By, GateDraft, type Told } from "./gate_draft.ts";
import { type GateRecord, isTerminal, type OpenedGate } from "./gate_state.ts";
import { successorOf } from "./successor.ts";
import { startRound } from "./escalation.ts";
import { setTimer, settleTimers } from "./timers.ts";

/** Arms an ask: on record, and nobody knows of it. Null: it was armed before. A retracted one is cancelled at once. */
export function decideArm(record: GateRecord, ask: Ask, nowMs: number): GateDraft | null {
  if (record.kind === "opened") return null;
  const draft = new GateDraft(freshGate(ask), nowMs);
  if (ask.expiresAtMs !== null) draft.set(setTimer(draft.gate, "expire", ask.expiresAtMs));
  draft.note("gate.armed", "system", {
    detail: {
      ask: ask.askType,
      requested_by: ask.requestedBy,
      proposers: ask.proposers,
      in_digest: ask.inDigest,
      ...(ask.subject === null ? {} : { subject: { ...ask.subject } }),
      auth: ask.policy.auth,
      ...(ask.origin.kind === "api" && ask.origin.supersedes !== undefined
        ? { supersedes: ask.origin.supersedes }
        : {}),
    },
  });
  if (record.kind === "retracted") endCancelled(draft, "system", record.reason);
  return draft;
}

/** Opens what is armed: from here on it can be answered, and the first level is entered. Null: it is not armed. */
export function decideOpen(record: GateRecord, nowMs: number): GateDraft | null {
  if (record.kind !== "opened" || record.state.kind !== "armed") return null;
  const draft = new GateDraft(record, nowMs);
  draft.step("opened", "system", { state: { kind: "open" } }, { notify: mailsOf(record.ask) });
  startRound(draft);
  return draft;
}

/** Retracts. `by` is `system` for the queue, whose task has moved on. Null: nothing changes. */
export function decideCancel(
  record: GateRecord,
  input: { readonly reason: string; readonly by: By; readonly nowMs: number },
): GateDraft | { readonly kind: "retracted"; readonly reason: string } | null {
  if (record.kind === "absent") return { kind: "retracted", reason: input.reason };
  if (record.kind === "retracted" || isTerminal(record)) return null;
  const draft = new GateDraft(record, input.nowMs);
  endCancelled(draft, input.by, input.reason);
  if (input.by !== "system") draft.resolution = unanswered(record, "block", input);
  return draft;
}

/** Whom a line's gate names to be told. */
function mailsOf({ origin }: Ask): readonly Told[] {
  const addresses = origin.kind === "line_gate" ? origin.notifyEmails ?? [] : [];
  return addresses.map((address) => ({ principal: `mail:${address}`, why: "named by the gate of the line" }));
}

/** The subject has another revision, and another ask about that one begins. Null: nothing changes. */
export function decideSupersede(
  record: GateRecord,
  { rev, proposers = [], isInScope = true }: Omit<Extract<GateAction, { kind: "supersede" }>, "kind">,
  by: By,
  nowMs: number,
): GateDraft | null {
  if (record.kind !== "opened" || isTerminal(record) || record.ask.subject?.rev === rev) return null;
  const draft = new GateDraft(record, nowMs);
  const who = by === "system" ? [] : [by.principal];
  draft.successor = isInScope ? successorOf(record.ask, { rev, by: who, proposers, nowMs }) : null;
  const next = draft.successor?.askId;
  draft.step(
    "superseded",
    by,
    { state: { kind: "superseded", rev, ...(next === undefined ? {} : { by: next }) } },
    { detail: { rev, ...(next === undefined ? {} : { successor: next }) } },
  );
  finish(draft);
  draft.resolution = unanswered(record, "block", { reason: `the subject is now ${rev}`, by, nowMs });
  return draft;
}

/** The timer `expire` fires. An answer that waits for its check came in time. */
export function expire(draft: GateDraft): void {
  const { gate, nowMs } = draft;
  const { onExpiry } = gate.ask.policy.clocks;
  draft.step("expired", "system", { state: { kind: "expired", onExpiry } }, {
    detail: { on_expiry: onExpiry },
  });
  finish(draft);
  const ended = unanswered(gate, onExpiry, { reason: "nobody answered in time", by: "system", nowMs });
  draft.resolution = ended !== null && isOwnTime(gate.ask) ? { ...ended, isOwnTime: true } : ended;
}

/** Of a run's question: it expires by its own time, and not before that by its policy's. */
function isOwnTime({ origin, expiresAtMs }: Ask): boolean {
  return origin.kind === "pipeline_gate" && origin.expiresAtMs !== null && origin.expiresAtMs === expiresAtMs;
}

/** Has its time run out? A late alarm does not make an answer timely. */
export function isOverdue(gate: OpenedGate, nowMs: number): boolean {
  return gate.ask.expiresAtMs !== null && nowMs >= gate.ask.expiresAtMs && gate.state.kind !== "answered" &&
    !isTerminal(gate);
}

/** Ends as cancelled. */
export function endCancelled(draft: GateDraft, by: By, reason: string): void {
  const { state } = draft.gate;
  const outcome = state.kind === "answered" ? state.outcome : null;
  const name = by === "system" ? by : by.principal;
  draft.step("cancelled", by, { state: { kind: "cancelled", reason, by: name, outcome } }, {
    detail: { reason },
  });
  finish(draft);
}

/** All timers and marks of work go with an end. */
export function finish(draft: GateDraft): void {
  draft.set({ claim: null, snoozedUntilMs: null, pausedAtMs: null, isExhausted: false });
  draft.set(settleTimers(draft.gate));
}

function unanswered(
  gate: OpenedGate,
  action: "reject" | "cancel" | "block",
  { reason, by, nowMs }: { readonly reason: string; readonly by: By; readonly nowMs: number },
): GateResolution | null {
  const taskId = taskOf(gate.ask);
  if (taskId === null) return null;
  const decidedBy = by === "system" ? by : by.principal;
  return { askId: gate.ask.askId, taskId, action, reason, decidedBy, decidedAtMs: nowMs, isUnanswered: true };
}

function freshGate(ask: Ask): OpenedGate {
  return {
    kind: "opened",
    ask,
    state: { kind: "armed" },
    seq: 0,
    epoch: 0,
    loop: 0,
    level: 0,
    round: 0,
    isExhausted: false,
    told: [],
    spared: null,
    ackedBy: null,
    claim: null,
    assignedTo: null,
    snoozedUntilMs: null,
    pausedAtMs: null,
    delegation: [],
    advice: [],
    ballots: [],
    answerRound: 0,
    passed: [],
    unverified: { count: 0, reason: null },
    timers: [],
    fired: [],
  };
}
