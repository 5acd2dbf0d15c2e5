/**
 * The one map from an ask's reasons to the wire (Autonomy 19.3): `{error: {code, message, gate, state, seq, outcome?}}`.
 * No default branch: a new reason that is not mapped does not compile.
 */
import type { GateError, GateReason } from "../domain/gate/gate_error.ts";
import type { GateOutcome } from "../domain/gate/gate_view.ts";
import { type HttpRefusal, refusal } from "../errors.ts";
import { GATE_NOT_READY_RETRY_S } from "../limits.ts";

const ASK_AGAIN = "ask who sent it for a new link, or make one with POST .../gates/{gateId}/link";

const MAP: Readonly<Record<GateReason, readonly [status: HttpRefusal["status"], message: string]>> = {
  token_malformed: [400, "Cannot read the token: expected 'oag1.', 64 characters, '.', 22 characters"],
  token_forged: [401, "Cannot take the token as it was not made here"],
  token_unknown: [404, "Cannot take the token as this gate never handed it out"],
  token_revoked: [410, `Cannot take the token as the question was handed to somebody else: ${ASK_AGAIN}`],
  token_superseded: [410, `Cannot take the token as a newer link replaced it: ${ASK_AGAIN}`],
  token_expired: [410, `Cannot take the token as its time is over: ${ASK_AGAIN}`],
  gate_not_found: [404, "Cannot find this gate: nobody is asked here"],
  gate_expired: [410, "Cannot answer as the question's time is over"],
  gate_cancelled: [410, "Cannot answer as the question was taken back, and no answer takes effect"],
  gate_superseded: [410, "Cannot answer as what it is about has changed: another question takes its place"],
  gate_already_resolved: [409, "Cannot answer as another answer is on record"],
  gate_not_open: [409, "Cannot do this in the state that the gate is in"],
  stale_seq: [409, "Cannot act as the gate has moved on since you looked: read it again"],
  stale_subject: [412, "Cannot answer as 'subject_rev' must be the revision that is asked about"],
  stale_view: [412, "Cannot act as 'seen_digest' must be the digest of what is shown now"],
  not_candidate: [403, "Cannot do this as it is not asked of you"],
  self_approval: [403, "Cannot do this as who asks, and who made it, may not decide it"],
  role_insufficient: [403, "Cannot answer as you do not have the role that it takes"],
  role_unknown: [
    503,
    "Cannot answer right now as your roles could not be looked up: nothing changed, try later",
  ],
  simulator_refused: [403, "Cannot answer as this gate takes answers of persons only"],
  identity_required: [401, "Cannot answer by the link alone: sign in as the person whom it was sent to"],
  scope_insufficient: [403, "Cannot do this by this link: it is for less"],
  out_invalid: [422, "Cannot take the answer as it must fit the gate's decision schema"],
  already_claimed: [409, "Cannot do this as somebody else has claimed it"],
  not_claimant: [403, "Cannot do this as it must be claimed by you"],
  not_acked: [403, "Cannot do this as it must be acked by you"],
  snooze_too_long: [
    400,
    "Cannot snooze so as 'until' must lie ahead, within the limit and before the expiry",
  ],
  delegation_refused: [403, "Cannot delegate so"],
};

/** Maps what an ask says no to. `askId` is null as long as no token told it. */
export function gateRefusal(error: GateError, askId: string | null): HttpRefusal {
  const { reason, at, outcome, detail } = error;
  const [status, message] = MAP[reason];
  return refusal(status, reason, detail === undefined ? message : `${message}: ${detail}`, {
    ...(askId === null ? {} : { gate: askId }),
    ...(at === undefined ? {} : { state: at.state, seq: at.seq }),
    ...(outcome === undefined || outcome === null ? {} : { outcome: wireOutcome(outcome) }),
  });
}

/** Known to be asked, and its ask is not there: a fault of ours, such as `People` that do not answer. It will be. */
export function gateNotReady(askId: string): HttpRefusal {
  const message = "Cannot find the question yet as it is still to be put: nothing changed, try again";
  const headers = { "retry-after": String(GATE_NOT_READY_RETRY_S) };
  return { ...refusal(503, "gate_not_ready", message, { gate: askId }), headers };
}

/** What an ask says no to of which the queue says that it is asked. */
export const knownRefusal: typeof gateRefusal = (error, askId) =>
  error.reason === "gate_not_found" && askId !== null ? gateNotReady(askId) : gateRefusal(error, askId);

/** An answer on record, as `/v1` says it. */
export function wireOutcome(outcome: GateOutcome) {
  const { decision, out, comment, by, via, decidedAtMs } = outcome;
  return { decision, out, comment, by, via, decided_at: new Date(decidedAtMs).toISOString() };
}
