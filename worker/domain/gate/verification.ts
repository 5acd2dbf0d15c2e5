/**
 * From `answered` to `verified`, or back to `open` (Autonomy 19.5); and the receipt of who waited.
 *
 * Who verifies: what the redeem itself demanded (principal, role, revision, schema) is the deterministic part, so without an
 * effect to find outside (`via`) and without a judge an answer is verified at once. The effect of a line gate's answer is
 * its task going on, that of a run's question the run: the queue says whether it did, and that is its receipt too. An effect
 * outside, and a judge's verdict, come as the action `check`.
 *
 * Pure.
 */
import { err, ok, type Result } from "../../../protocol/result.ts";
import type { GateResolution } from "../event.ts";
import { questionAnswerOf } from "../run_question_ask.ts";
import type { GateAction } from "./action.ts";
import { type Actor, refuse } from "./actor.ts";
import { leaveLevel, levelsOf, startRound, toOwner } from "./escalation.ts";
import { type Ask, isQueueAsk, taskOf } from "./ask.ts";
import type { GateError } from "./gate_error.ts";
import { type By, GateDraft } from "./gate_draft.ts";
import type { OpenedGate } from "./gate_state.ts";
import type { GateOutcome } from "./gate_view.ts";
import { refuseClosed } from "./grants.ts";
import { endCancelled, expire, finish, isOverdue } from "./lifecycle.ts";
import { putAfter, setTimer } from "./timers.ts";

type Check = Extract<GateAction, { kind: "check" }>;
const MINUTE_MS = 60_000;

/** The checks that an answer still needs from somebody else. */
export function checksNeeded(gate: OpenedGate): readonly Check["by"][] {
  const { check, via } = gate.ask.completion;
  const deterministic = check !== "judge" && via.length > 0;
  const judge = check !== "deterministic";
  const all = [...(deterministic ? ["deterministic" as const] : []), ...(judge ? ["judge" as const] : [])];
  return all.filter((kind) => !gate.passed.includes(kind));
}

/** After an answer was taken: who has to be asked whether it holds. */
export function settleAnswer(draft: GateDraft, by: By): void {
  const { state, ask } = draft.gate;
  if (state.kind !== "answered") return;
  const { outcome } = state;
  if (isQueueAsk(ask)) {
    draft.resolution = resolutionOf(ask, outcome);
    return;
  }
  if (checksNeeded(draft.gate).length === 0) verify(draft, by, outcome, "deterministic");
}

/** The queue took an answer, or what waited for it had moved on. Null: nothing waits for that. */
export function decideEffect(gate: OpenedGate, tookEffect: boolean, nowMs: number): GateDraft | null {
  if (gate.state.kind !== "answered" || !isQueueAsk(gate.ask)) return null;
  const draft = new GateDraft(gate, nowMs);
  if (!tookEffect) {
    endCancelled(
      draft,
      "system",
      `the ${gate.ask.origin.kind === "line_gate" ? "task" : "run"} no longer waited for this answer`,
    );
    return draft;
  }
  verify(draft, "system", gate.state.outcome, "queue");
  consume(draft, "system");
  return draft;
}

/** A verdict. A judge is neither requester, nor proposer, nor who answered; an effect is seen by a program. */
export function decideCheck(
  gate: OpenedGate,
  actor: Actor,
  action: Check,
  nowMs: number,
): Result<GateDraft | null, GateError> {
  const { state, ask } = gate;
  if (state.kind === "verified") return action.isPassed ? ok(null) : err(closedOrNot(gate));
  if (state.kind !== "answered") return err(closedOrNot(gate));
  const needed = checksNeeded(gate);
  if (!needed.includes(action.by)) {
    return gate.passed.includes(action.by) && action.isPassed ? ok(null) : err(refuse(gate, "gate_not_open"));
  }
  const answered = gate.ballots.map((one) => one.by);
  const parties = action.by === "judge" ? [ask.requestedBy, ...ask.proposers, ...answered] : answered;
  if (actor.isParty || actor.names.some((name) => parties.includes(name))) {
    return err(refuse(gate, "self_approval"));
  }
  if (action.by === "deterministic" && actor.kind !== "program") return err(refuse(gate, "not_candidate"));
  if (actor.kind === "token") return err(refuse(gate, "identity_required"));
  const draft = new GateDraft(gate, nowMs);
  if (!action.isPassed) {
    failCheck(draft, actor, action);
    return ok(draft);
  }
  draft.set({ passed: [...gate.passed, action.by] });
  if (checksNeeded(draft.gate).length === 0) verify(draft, actor, state.outcome, action.by);
  else draft.note("check.passed", actor, { detail: { check: action.by, reason: action.reason } });
  return ok(draft);
}

/** The receipt of who waited for the answer. */
export function decideConsume(
  gate: OpenedGate,
  actor: Actor,
  nowMs: number,
): Result<GateDraft | null, GateError> {
  const { state, ask } = gate;
  const mayConsume = actor.kind === "program" || actor.isAdmin || actor.names.includes(ask.requestedBy);
  if (!mayConsume) {
    return err(refuse(gate, "not_candidate", "the receipt is posted by who waits for the answer"));
  }
  if (state.kind !== "verified") return err(closedOrNot(gate));
  if (state.consumed !== null) return ok(null);
  const draft = new GateDraft(gate, nowMs);
  consume(draft, actor);
  return ok(draft);
}

/** The timer `consume` fires: verified, and nobody has taken the answer up. */
export function reportUnconsumed(draft: GateDraft): void {
  draft.tell("unconsumed", "system", { notify: toOwner(draft.gate, "nobody has taken up the answer") });
}

function consume(draft: GateDraft, by: By): void {
  const { state } = draft.gate;
  if (state.kind !== "verified") return;
  const name = by === "system" ? "queue" : by.principal;
  draft.step("consumed", by, { state: { ...state, consumed: { by: name, atMs: draft.nowMs } } });
  draft.set(setTimer(draft.gate, "consume", null));
}

function resolutionOf(ask: Ask, outcome: GateOutcome): GateResolution | null {
  const taskId = taskOf(ask);
  if (taskId === null) return null;
  const { decision, comment: reason, by: decidedBy, decidedAtMs } = outcome;
  const { origin } = ask;
  const said = origin.kind === "pipeline_gate"
    ? questionAnswerOf(origin.question, outcome)
    : { action: decision ?? "reject" };
  return { askId: ask.askId, taskId, ...said, reason, decidedBy, decidedAtMs };
}

function verify(draft: GateDraft, by: By, outcome: GateOutcome, check: string): void {
  const state = { kind: "verified", outcome, verifiedAtMs: draft.nowMs, consumed: null } as const;
  draft.step("verified", by, { state }, { detail: { check, decision: outcome.decision } });
  finish(draft);
  // A queue was asked already; a run that waits for an approval request posts its own receipt.
  if (!isQueueAsk(draft.gate.ask)) draft.resolution = resolutionOf(draft.gate.ask, outcome);
  const { consumeMinutes } = draft.gate.ask.policy;
  if (consumeMinutes > 0) {
    draft.set(setTimer(draft.gate, "consume", draft.nowMs + consumeMinutes * MINUTE_MS));
  }
}

/** Back to open: its ballots are void, who answered is told why and gets a fresh link; after too many it is escalated. */
function failCheck(draft: GateDraft, actor: Actor, { by, reason }: Check): void {
  const { gate } = draft;
  const { maxUnverified, ackTimeoutMinutes } = gate.ask.policy;
  const count = gate.unverified.count + 1;
  const notify = gate.ballots.map((one) => ({ principal: one.by, why: `unverified: ${reason}` }));
  draft.step("unverified", actor, {
    state: { kind: "open" },
    ballots: [],
    passed: [],
    answerRound: gate.answerRound + 1,
    unverified: { count, reason },
    snoozedUntilMs: null,
  }, { notify, detail: { check: by, reason, count } });
  if (isOverdue(draft.gate, draft.nowMs)) return expire(draft);
  if (gate.claim !== null) draft.set(setTimer(draft.gate, "claim", gate.claim.untilMs));
  if (count >= maxUnverified) return escalateUnverified(draft);
  if (draft.gate.ackedBy === null) return startRound(draft, notify[0]?.principal ?? null);
  draft.set({ round: draft.gate.round + 1 });
  draft.set(putAfter(draft.gate, "ack_timeout", ackTimeoutMinutes, draft.nowMs));
}

function escalateUnverified(draft: GateDraft): void {
  draft.set({ round: draft.gate.round + 1, ackedBy: null });
  if (levelsOf(draft.gate.ask.policy).length > 0) return leaveLevel(draft);
  const notify = toOwner(draft.gate, "answers keep failing their check");
  draft.step("escalation_exhausted", "system", { isExhausted: true }, { notify });
}

function closedOrNot(gate: OpenedGate): GateError {
  return gate.state.kind === "open"
    ? refuse(gate, "gate_not_open")
    : refuseClosed(gate) ?? refuse(gate, "gate_not_open");
}
