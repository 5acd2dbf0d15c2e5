/**
 * Claim, delegation, hand-over (Autonomy 19.6). Pure.
 *
 * 1. A claim is a lease: compare-and-set on empty, back to the pool when it lapses. It never moves the escalation's clock.
 * 2. A delegation keeps its owner: what the delegate says is advice and comes back, unless every hop was final and the
 *    policy allows it (`answer.ts`). At most two hops, no circle, nobody who is excluded.
 * 3. A reassignment moves the responsibility: the links of whoever else had it are dead.
 */
import { err, ok, type Result } from "../../../protocol/result.ts";
import { GATE_DELEGATION_HOPS_MAX } from "../../limits.ts";
import type { GateAction } from "./action.ts";
import { type Actor, isDelegate, isExcluded, isOwner, refuse, refuseClaim, refuseStranger } from "./actor.ts";
import type { GateError } from "./gate_error.ts";
import { type By, GateDraft } from "./gate_draft.ts";
import type { Grant, OpenedGate } from "./gate_state.ts";
import { startRound } from "./escalation.ts";
import { setTimer } from "./timers.ts";

type Of<Kind extends GateAction["kind"]> = Extract<GateAction, { kind: Kind }>;
/** Null: it is so already. */
type Decided = Result<GateDraft | null, GateError>;
const MINUTE_MS = 60_000;

/** Takes the ask for a while. `override` is for its owner and the admin. */
export function decideClaim(
  gate: OpenedGate,
  actor: Actor,
  { override }: Of<"claim">,
  nowMs: number,
): Decided {
  const refused = refuseClaim(gate, actor);
  if (refused !== null) return err(refused);
  if (gate.claim?.by === actor.principal) return ok(null);
  if (gate.claim !== null && !(override === true && isOwner(gate, actor))) {
    return err(refuse(gate, "already_claimed", `claimed by ${gate.claim.by}`));
  }
  const untilMs = nowMs + gate.ask.policy.claimMinutes * MINUTE_MS;
  const draft = new GateDraft(gate, nowMs);
  const detail = {
    until: new Date(untilMs).toISOString(),
    ...(gate.claim === null ? {} : { over: gate.claim.by }),
  };
  draft.step("claimed", actor, { claim: { by: actor.principal, untilMs }, delegation: [] }, { detail });
  draft.set(setTimer(draft.gate, "claim", untilMs));
  return ok(draft);
}

/** Gives it back to the pool. */
export function decideUnclaim(gate: OpenedGate, actor: Actor, nowMs: number): Decided {
  if (gate.claim === null) return ok(null);
  if (gate.claim.by !== actor.principal && !isOwner(gate, actor)) return err(refuse(gate, "not_claimant"));
  const draft = new GateDraft(gate, nowMs);
  endClaim(draft, actor, "returned");
  return ok(draft);
}

/** The claim is over, by its holder or by its lease; what was delegated on its strength is too. */
export function endClaim(draft: GateDraft, by: By, why: string): void {
  const { claim } = draft.gate;
  draft.step("unclaimed", by, { claim: null, delegation: [] }, {
    detail: { why, claimed_by: claim?.by ?? null },
  });
  draft.set(setTimer(draft.gate, "claim", null));
}

/** Asks somebody else: the claimant, or who got it by the first hop. */
export function decideDelegate(
  gate: OpenedGate,
  actor: Actor,
  action: Of<"delegate">,
  nowMs: number,
): Decided {
  const { delegation, ask } = gate;
  const { to } = action;
  const isFinal = action.final === true;
  const last = delegation.at(-1);
  if (last !== undefined && last.from === actor.principal && last.to === to && last.isFinal === isFinal) {
    return ok(null);
  }
  const holds = holderOf(gate) === actor.principal && actor.kind !== "program";
  if (!holds) return err(refuse(gate, "not_claimant", "claim it first"));
  if (actor.grant !== null && actor.grant.scope !== "redeem") return err(refuse(gate, "scope_insufficient"));
  const stranger = refuseStranger(gate, actor);
  if (stranger !== null) return err(stranger);
  const no = (why: string): Decided => err(refuse(gate, "delegation_refused", why));
  if (delegation.length >= GATE_DELEGATION_HOPS_MAX) return no(`at most ${GATE_DELEGATION_HOPS_MAX} hops`);
  const circle = [actor.principal, ...delegation.flatMap((hop) => [hop.from, hop.to])];
  if (circle.includes(to)) return no("it would come back to somebody who passed it on");
  if (isExcluded(gate, to)) return no("they may never answer this");
  if (isFinal && !ask.policy.delegableTo.includes(to)) {
    return no("the policy names nobody so for a final answer");
  }
  const draft = new GateDraft(gate, nowMs);
  const hop = { from: actor.principal, to, isFinal, atMs: nowMs };
  draft.step("delegated", actor, { delegation: [...delegation, hop] }, {
    notify: [{ principal: to, why: `delegated by ${actor.principal}` }],
    detail: { to, final: isFinal, hop: delegation.length + 1 },
  });
  return ok(draft);
}

/** Gives a delegation back, or takes it back: one hop. */
export function decideReturn(gate: OpenedGate, actor: Actor, nowMs: number): Decided {
  const hop = gate.delegation.at(-1);
  if (hop === undefined) return ok(null);
  const { principal } = actor;
  if (hop.to !== principal && hop.from !== principal && !isOwner(gate, actor)) {
    return err(refuse(gate, "not_claimant"));
  }
  const draft = new GateDraft(gate, nowMs);
  draft.step("returned", actor, { delegation: gate.delegation.slice(0, -1) }, {
    notify: hop.from === principal ? [] : [{ principal: hop.from, why: `returned by ${principal}` }],
    detail: { from: hop.to, to: hop.from },
  });
  return ok(draft);
}

/** Hands it to somebody for good: claim, ack and delegation are over, and all links of others are dead. */
export function decideReassign(
  gate: OpenedGate,
  grants: readonly Grant[],
  actor: Actor,
  { to }: Of<"reassign">,
  nowMs: number,
): Decided {
  if (gate.assignedTo === to) return ok(null);
  if (!isOwner(gate, actor)) {
    return err(refuse(gate, "not_candidate", "its owner and the admin may hand it over"));
  }
  if (isExcluded(gate, to)) return err(refuse(gate, "self_approval", "they may never answer this"));
  const draft = new GateDraft(gate, nowMs);
  const from = gate.assignedTo ?? gate.claim?.by ?? gate.ackedBy;
  draft.step("reassigned", actor, {
    assignedTo: to,
    claim: null,
    ackedBy: null,
    delegation: [],
    snoozedUntilMs: null,
  }, {
    notify: [{ principal: to, why: `reassigned by ${actor.principal}` }],
    detail: { to, from },
  });
  draft.set({
    timers: draft.gate.timers.filter((timer) => timer.kind !== "claim" && timer.kind !== "snooze"),
  });
  draft.revokedGrantIds = grants.filter((grant) => grant.holder !== to && grant.revokedAtMs === null)
    .map((grant) => grant.grantId);
  // Nobody has acked it any more; the new holder has just been told.
  startRound(draft, to);
  return ok(draft);
}

/** Who holds it in person: the delegate of the last hop, else the claimant, else whom it was reassigned to. */
export function holderOf(gate: OpenedGate): string | null {
  const { delegation, claim, assignedTo } = gate;
  return delegation.at(-1)?.to ?? claim?.by ?? assignedTo;
}

/** May this actor give a delegation back or take it back? */
export function mayReturn(gate: OpenedGate, actor: Actor): boolean {
  return isDelegate(gate, actor.principal) || gate.delegation.at(-1)?.from === actor.principal;
}
