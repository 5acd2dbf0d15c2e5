/** Puts together who acts from what came and what was looked up. Pure. */
import type { PersonIdentity, Responder } from "./action.ts";
import type { Actor } from "./actor.ts";
import type { Ask } from "./ask.ts";
import type { LiveGrant } from "./gate_state.ts";

/** What was looked up of one name. */
export interface Known {
  readonly isDown: boolean;
  readonly person: PersonIdentity | null;
}

/** An identity that may be somebody's other name in the documents; runners, lines and connections are nobody's. */
const IDENTITY = /^(?:github|slack|mail|access):/;

/** Who may never answer, as far as their names have to be looked up: `github:ada` may be `user:ada` by another way in. */
export function partiesToLook({ requestedBy, proposers, policy }: Ask): readonly string[] {
  return [requestedBy, ...proposers, ...policy.exclude].filter((name) => IDENTITY.test(name));
}

/** The names that must be looked up before {@link actorOf} can say who it is. */
export function namesToLook(responder: Responder, grant: LiveGrant | null): readonly string[] {
  // Runners and connections are nobody's other name; an operator may be somebody of the documents.
  if (responder.kind === "program") {
    return /^(runner|connection):/.test(responder.principal) ? [] : [responder.principal];
  }
  const own = personOf(responder)?.principal;
  return [...new Set([...(own === undefined ? [] : [own]), ...(grant === null ? [] : [grant.holder])])];
}

/**
 * @param known What was looked up, by name; a name that is missing is down.
 * @param parties Those of {@link partiesToLook}.
 */
export function actorOf(
  responder: Responder,
  grant: LiveGrant | null,
  known: ReadonlyMap<string, Known>,
  parties: readonly string[] = [],
): Actor {
  const DOWN = { isDown: true, person: null };
  const excluded = parties.map((name) => known.get(name) ?? DOWN);
  const isParty = (names: readonly string[]) =>
    excluded.some(({ person }) => person !== null && names.includes(person.principal));
  if (responder.kind === "program") {
    const principal = known.get(responder.principal)?.person?.principal ?? responder.principal;
    return {
      kind: "program",
      principal,
      names: [...new Set([responder.principal, principal])],
      isParty: isParty([principal]),
      isSignedIn: false,
      person: null,
      isLookupDown: false,
      grant: null,
      via: "program",
      channel: "api",
      isAdmin: false,
      isHolder: false,
    };
  }
  const came = personOf(responder);
  const looked = namesToLook(responder, grant).map((name) => known.get(name) ?? DOWN);
  const self = came === null ? grant?.holder ?? "" : came.principal;
  const found = known.get(self)?.person ?? null;
  const holder = grant === null ? null : known.get(grant.holder)?.person?.principal ?? grant.holder;
  const principal = found?.principal ?? self;
  const names = [self, principal, ...(grant === null ? [] : [grant.holder, holder!])];
  return {
    kind: responder.kind,
    principal,
    names: [...new Set(names)],
    isParty: isParty(names),
    isSignedIn: came !== null,
    person: merged(came, found, principal),
    isLookupDown: [...looked, ...excluded].some((one) => one.isDown),
    grant,
    via: responder.kind === "person" ? "identity" : responder.kind,
    channel: responder.kind === "channel" ? responder.channel : grant?.channel ?? "session",
    isAdmin: responder.kind === "person" && responder.isAdmin === true,
    isHolder: came !== null && (holder === principal || holder === self),
  };
}

function personOf(responder: Exclude<Responder, { kind: "program" }>): PersonIdentity | null {
  return responder.kind === "channel" ? responder.attested : responder.person;
}

/** Roles and groups of the session and of the project's documents; one word is enough to be a simulator. */
function merged(
  came: PersonIdentity | null,
  found: PersonIdentity | null,
  principal: string,
): PersonIdentity | null {
  if (came === null && found === null) return null;
  const union = (key: "roles" | "groups") => [...new Set([...(came?.[key] ?? []), ...(found?.[key] ?? [])])];
  return {
    principal,
    roles: union("roles"),
    groups: union("groups"),
    isSimulator: came?.isSimulator === true || found?.isSimulator === true,
  };
}
