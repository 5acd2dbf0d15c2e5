/** May somebody whom a channel attests answer an ask that names no candidates? And which ask a message means. Pure. */
import type { PersonIdentity } from "./gate/action.ts";
import type { GateView } from "./gate/gate_view.ts";
import type { WorklistItem } from "./people_api.ts";
import { parseRoles, type Role, roleMay, roleOf, ROLES } from "./role.ts";

/**
 * Why a role that a channel attests does not do; null: it does. A channel may say less than is known of a person, and never
 * more: the role must be one that they have, and where the ask demands one it must be that.
 */
export function roleFault(view: GateView, person: PersonIdentity, role: string | null): string | null {
  if (role === null) return null;
  if (!person.roles.includes(role)) return `the person does not have the attested role '${role}'`;
  const { requiredRole } = view.ask.policy;
  return requiredRole === null || requiredRole === role
    ? null
    : `the attested role must be '${requiredRole}'`;
}

/**
 * An ask without candidates is for whoever may decide gates: on a page that is the role of who signed in, here it is a role
 * in the project's documents, or that of the channel's identity in `SHOPFLOOR_ROLES`. Where the ask has candidates, or was
 * handed to this person, it says so itself.
 */
export function mayAnswer(
  view: GateView,
  person: PersonIdentity,
  identity: string,
  rolesText: string,
): boolean {
  const { candidates } = view.ask.policy;
  if (candidates.users.length > 0 || candidates.groups.length > 0) return true;
  if (view.assignedTo === person.principal || view.delegation.at(-1)?.to === person.principal) return true;
  const known = [...person.roles.flatMap((name) => ROLES.find((role) => role === name) ?? [])];
  const signedIn = roleBySignIn(identity, rolesText);
  if (signedIn !== null) known.push(signedIn);
  return known.some((role) => roleMay(role, "gates:decide"));
}

/** Signing in says `access:` where documents of people say `mail:`. */
function roleBySignIn(identity: string, rolesText: string): Role | null {
  const rules = parseRoles(rolesText);
  if (!rules.ok) return null;
  const [kind, ...rest] = identity.split(":");
  const subject = rest.join(":");
  if (kind === "github") return roleOf(rules.value, "github", subject);
  return kind === "mail" ? roleOf(rules.value, "access", subject) : null;
}

/** The asks about a subject; of several, those about this revision. Names of GitHub are the same in any case. */
export function asksAbout(
  items: readonly WorklistItem[],
  ref: string,
  rev: string | null,
): readonly WorklistItem[] {
  const about = items.filter(({ subject }) => subject?.ref.toLowerCase() === ref.toLowerCase());
  const exact = about.filter(({ subject }) => rev !== null && subject?.rev === rev);
  return about.length > 1 && exact.length > 0 ? exact : about;
}
