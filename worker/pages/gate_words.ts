/** What an ask says no with, in words for the person who tried. Pure. */
import type { GateError, GateOutcome } from "../domain/human_gate_api.ts";
import { nameOf } from "./gate_name.ts";

const WORDS: Readonly<Record<GateError["reason"], string>> = {
  token_malformed: "That is not the token of a gate: it begins with oag1 and has 92 characters.",
  token_forged: "That token was not made here.",
  token_unknown: "This gate never handed out that link.",
  token_revoked:
    "This link is dead: the question was handed to somebody else. Ask them, or ask for a link of your own.",
  token_superseded: "A newer link replaced this one. Use the newest that you got, or ask for another.",
  token_expired: "This link's time is over. Ask for a new one.",
  gate_not_found: "There is no such question.",
  gate_expired: "Nobody answered in time; this question is over.",
  gate_cancelled: "This question was taken back: what it was about moved on without an answer.",
  gate_superseded: "What this question was about has changed. A new question is asked about that.",
  gate_already_resolved: "Your answer came too late: the question was already answered.",
  gate_not_open: "This question cannot be answered right now.",
  stale_seq: "Something happened to this question while you looked. Look again, then answer.",
  stale_subject: "What you were shown is not what it is about any more. Look again, then answer.",
  stale_view: "What you were shown is not what is asked any more. Look again, then answer.",
  not_candidate: "This question is not asked of you.",
  self_approval: "You asked this yourself, or made what it is about: somebody else must answer.",
  role_insufficient: "You do not have the role that this question needs.",
  role_unknown:
    "Your roles could not be looked up just now, so nothing was done. It stays open: try again later.",
  simulator_refused: "This question takes the answer of a person only.",
  identity_required: "This question wants to know who answers: sign in first.",
  scope_insufficient: "Your link is for looking, not for this.",
  out_invalid: "That answer does not fit what is asked for.",
  already_claimed: "Somebody else has claimed this question.",
  not_claimant: "You do not have this question, so you cannot hand it on.",
  not_acked: "Acknowledge it first.",
  snooze_too_long: "That is longer than this question may be snoozed.",
  delegation_refused: "It cannot be delegated so.",
};

/** One or two sentences. Details are those of the gate itself, never of a token. */
export function gateWords({ reason, detail, outcome }: GateError): string {
  if (reason === "gate_already_resolved" && outcome) return `${WORDS[reason]} ${said(outcome)}`;
  const more = DETAILED.has(reason) && detail !== undefined && detail !== "" ? ` (${detail})` : "";
  return `${WORDS[reason]}${more}`;
}

const DETAILED: ReadonlySet<GateError["reason"]> = new Set([
  "out_invalid",
  "already_claimed",
  "delegation_refused",
  "snooze_too_long",
  "not_candidate",
]);

function said({ decision, by, comment }: GateOutcome): string {
  const word = decision === "approve" ? "approved it" : decision === "reject" ? "rejected it" : "answered";
  return `${nameOf(by)} ${word}${comment === "" ? "." : `: ${comment}`}`;
}
