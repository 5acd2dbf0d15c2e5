/** Puts together who acts from what came and what was looked up. Pure. */
import type { PersonIdentity, Responder } from "./action.ts";
import type { Actor } from "./actor.ts";
import type { LiveGrant } from "./gate_state.ts";

/** What was looked up of one name. */
export interface Known {
  readonly isDown: boolean;
  readonly person: PersonIdentity | null;
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

/** @param known What was looked up, by name; a name that is missing is down. */
export function actorOf(
  responder: Responder,
  grant: LiveGrant | null,
  known: ReadonlyMap<string, Known>,
): Actor {
  if (responder.kind === "program") {
    const principal = known.get(responder.principal)?.person?.principal ?? responder.principal;
    return {
      kind: "program",
      principal,
      names: [...new Set([responder.principal, principal])],
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
  const looked = namesToLook(responder, grant).map((name) =>
    known.get(name) ?? { isDown: true, person: null }
  );
  const self = came === null ? grant?.holder ?? "" : came.principal;
  const found = known.get(self)?.person ?? null;
  const holder = grant === null ? null : known.get(grant.holder)?.person?.principal ?? grant.holder;
  const principal = found?.principal ?? self;
  const names = [self, principal, ...(grant === null ? [] : [grant.holder, holder!])];
  return {
    kind: responder.kind,
    principal,
    names: [...new Set(names)],
    person: merged(came, found, principal),
    isLookupDown: looked.some((one) => one.isDown),
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
