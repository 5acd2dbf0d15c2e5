/**
 * Who may do what to an ask (Autonomy 19.2, 19.6): a link alone is not authority, and silence of a look-up is no permission.
 *
 * 1. The requester, the proposers and who is excluded never answer, delegate to themselves or ack: `self_approval`.
 * 2. Roles and groups are those of now. Where they decide and nobody could be asked: `role_unknown`, which fails closed.
 * 3. Both names of a link that a signed-in person brings count: a holder cannot answer by a second name.
 *
 * Pure.
 */
import { roleMay, ROLES } from "../role.ts";
import type { PersonIdentity } from "./action.ts";
import type { GateError, GateReason } from "./gate_error.ts";
import type { LiveGrant, OpenedGate } from "./gate_state.ts";

/** A responder, recognised. */
export interface Actor {
  readonly kind: "token" | "person" | "channel" | "program";
  /** Who acts: the person where one is known, else the link's holder; `user:x` where the project's documents know them. */
  readonly principal: string;
  /** Everything that they are called here: as they came, as they are known, as the link calls them. */
  readonly names: readonly string[];
  /** Is one of those who may never answer, by another name than theirs on the ask. */
  readonly isParty: boolean;
  /** Somebody is there in person: by session, by bearer, or by the word of a channel. */
  readonly isSignedIn: boolean;
  /** As known now; null: nobody of the project's documents, and no session. */
  readonly person: PersonIdentity | null;
  /** The project's people could not be asked, so `person` may lack roles and groups. */
  readonly isLookupDown: boolean;
  readonly grant: LiveGrant | null;
  readonly via: "token" | "identity" | "channel" | "program";
  readonly channel: string;
  readonly isAdmin: boolean;
  /** Who is signed in beside a link is whom it was handed to. */
  readonly isHolder: boolean;
}

/** Builds a refusal that says where the ask stands. */
export function refuse(gate: OpenedGate, reason: GateReason, detail?: string): GateError {
  const at = { state: gate.state.kind, seq: gate.seq };
  return { reason, at, ...(detail === undefined ? {} : { detail }) };
}

/** May this actor answer, as far as that depends on who it is? Null: yes. */
export function refuseAnswer(gate: OpenedGate, actor: Actor): GateError | null {
  const { policy } = gate.ask;
  if (actor.kind === "program") return refuse(gate, "not_candidate", "a program answers nothing");
  if (actor.grant !== null && actor.grant.scope !== "redeem") return refuse(gate, "scope_insufficient");
  const excluded = refuseExcluded(gate, actor);
  if (excluded !== null) return excluded;
  const stranger = refuseStranger(gate, actor);
  if (stranger !== null) return stranger;
  // Without the look-up nobody knows whether this is the requester by another name, a simulator, or who has voted before.
  const mustKnow = policy.auth !== "token" || policy.realization === "person" || policy.quorum.need > 1;
  if (actor.isLookupDown && mustKnow) {
    return refuse(gate, "role_unknown");
  }
  if (policy.realization === "person" && actor.person?.isSimulator === true) {
    return refuse(gate, "simulator_refused");
  }
  if (isDelegate(gate, actor.principal)) return null;
  const notOne = refuseOutsider(gate, actor);
  if (notOne !== null) return notOne;
  const isTaken = gate.claim !== null && gate.claim.by !== actor.principal && policy.quorum.need === 1;
  if (isTaken) return refuse(gate, "already_claimed", `claimed by ${gate.claim!.by}`);
  return refuseRole(gate, actor);
}

/** The role that the policy demands, now. Null: has it. A bare link proves no role, where the policy takes bare links. */
export function refuseRole(gate: OpenedGate, actor: Actor): GateError | null {
  const { requiredRole, auth } = gate.ask.policy;
  if (requiredRole === null || auth === "token") return null;
  if (actor.person?.roles.includes(requiredRole) === true) return null;
  return refuse(gate, actor.isLookupDown ? "role_unknown" : "role_insufficient");
}

/** May this actor take part without answering: ack? Targets of the escalation may. */
export function refusePart(gate: OpenedGate, actor: Actor): GateError | null {
  if (actor.kind === "program") return refuse(gate, "not_candidate", "a program takes no part");
  if (actor.grant?.scope === "view") return refuse(gate, "scope_insufficient");
  const excluded = refuseExcluded(gate, actor);
  if (excluded !== null) return excluded;
  const isKnown = gate.told.includes(actor.principal) || isOwner(gate, actor) ||
    isDelegate(gate, actor.principal) || actor.grant !== null;
  return isKnown ? null : refuseOutsider(gate, actor);
}

/** May this actor hold it for a while? Who could not answer would only keep it from those who can. */
export function refuseClaim(gate: OpenedGate, actor: Actor): GateError | null {
  const refused = refusePart(gate, actor) ?? refuseStranger(gate, actor);
  if (refused !== null || isOwner(gate, actor) || isDelegate(gate, actor.principal)) return refused;
  return refuseOutsider(gate, actor);
}

/** Whom the policy makes owner, and the project's admin. */
export function isOwner(gate: OpenedGate, actor: Actor): boolean {
  if (actor.kind === "program") return false;
  if (actor.isAdmin) return true;
  const { owner } = gate.ask.policy;
  return actor.kind !== "token" && owner !== null && actor.names.includes(owner);
}

/** Is it asked of this principal by delegation right now? */
export function isDelegate(gate: OpenedGate, principal: string): boolean {
  return gate.delegation.at(-1)?.to === principal;
}

/** Who may never answer this ask. */
export function isExcluded(gate: OpenedGate, principal: string): boolean {
  const { requestedBy, proposers, policy } = gate.ask;
  return principal === requestedBy || proposers.includes(principal) || policy.exclude.includes(principal);
}

function refuseExcluded(gate: OpenedGate, actor: Actor): GateError | null {
  return actor.isParty || actor.names.some((name) => isExcluded(gate, name))
    ? refuse(gate, "self_approval")
    : null;
}

/** Is who comes with a link whom it was handed to, where the policy wants to know? Null: yes. */
export function refuseStranger(gate: OpenedGate, actor: Actor): GateError | null {
  if (actor.kind !== "token" || gate.ask.policy.auth === "token") return null;
  if (!actor.isSignedIn) return refuse(gate, "identity_required");
  if (actor.isLookupDown) return refuse(gate, "role_unknown");
  return actor.isHolder ? null : refuse(gate, "not_candidate", "the link was handed to somebody else");
}

/**
 * Candidates by name, by group, or, where the policy names none, whoever may decide gates. Of a bearer and a session the
 * route has seen to that; a link lets in everybody whom it was handed to.
 */
function refuseOutsider(gate: OpenedGate, actor: Actor): GateError | null {
  const { users, groups } = gate.ask.policy.candidates;
  const { person } = actor;
  if (gate.assignedTo !== null) {
    return actor.names.includes(gate.assignedTo)
      ? null
      : refuse(gate, "not_candidate", "it was handed to somebody else");
  }
  if (users.length === 0 && groups.length === 0) {
    const isOpen = actor.kind !== "token" || !actor.isSignedIn || gate.ask.policy.auth === "token";
    return isOpen || mayDecide(person) ? null : refuse(gate, "role_insufficient");
  }
  if (actor.names.some((name) => users.includes(name))) return null;
  if (person !== null && person.groups.some((group) => groups.includes(group))) return null;
  return refuse(gate, groups.length > 0 && actor.isLookupDown ? "role_unknown" : "not_candidate");
}

function mayDecide(person: PersonIdentity | null): boolean {
  return ROLES.some((role) => roleMay(role, "gates:decide") && person?.roles.includes(role) === true);
}
