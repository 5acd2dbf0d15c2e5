/**
 * What a person who signed in may do. `SHOPFLOOR_ROLES` says which identity has which role; a role is a set of scopes,
 * the same ones that tokens have, so that one check serves people and programs. Read at each request: a change of the
 * variable counts at once.
 *
 * An identity is how a provider knows a person: `github:LOGIN`, `access:ADDRESS`. Both are compared in lower case, as
 * GitHub's logins and mail addresses are.
 *
 * Pure.
 */
import type { Scope } from "../../protocol/line/token.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { Provider } from "./session.ts";

export const ROLES = ["viewer", "operator", "approver", "admin"] as const;
export type Role = (typeof ROLES)[number];

const SCOPES: Readonly<Record<Role, readonly Scope[]>> = {
  viewer: ["tasks:read"],
  operator: ["tasks:read", "tasks:write", "runs:dispatch", "runners:write"],
  approver: ["tasks:read", "gates:decide"],
  admin: ["*"],
};

/** The scopes that a role stands for. */
export function scopesOf(role: Role): readonly Scope[] {
  return SCOPES[role];
}

/** May somebody with this role do what needs the scope? */
export function roleMay(role: Role, scope: Scope): boolean {
  return SCOPES[role].includes("*") || SCOPES[role].includes(scope);
}

/** One entry: everybody (`*`), everybody of a provider, of a mail domain, or one identity. */
export interface RoleRule {
  readonly pattern: string;
  readonly role: Role;
}

const PATTERN =
  /^(?:\*|github:(?:\*|[a-z0-9](?:[a-z0-9_-]{0,98}))|access:(?:\*|\*@[^\s*@]+|[^\s*@]+@[^\s*@]+))$/;

/**
 * Reads `github:ada=admin, access:bob@example.org=approver, access:*@example.org=operator, *=viewer`. An empty text gives
 * nobody a role. One entry that cannot be read refuses them all: a typing error must not hand out what a later, wider
 * entry says. `entry` is the one to mend.
 */
export function parseRoles(
  text: string,
): Result<readonly RoleRule[], { readonly reason: "roles_unreadable"; readonly entry: string }> {
  const rules: RoleRule[] = [];
  for (const entry of text.split(",").map((part) => part.trim()).filter((part) => part !== "")) {
    const at = entry.lastIndexOf("=");
    const pattern = entry.slice(0, Math.max(at, 0)).trim().toLowerCase();
    const role = ROLES.find((known) => known === entry.slice(at + 1).trim().toLowerCase());
    if (at < 0 || role === undefined || !PATTERN.test(pattern)) {
      return err({ reason: "roles_unreadable", entry });
    }
    rules.push({ pattern, role });
  }
  return ok(rules);
}

/** The role of an identity: the first rule that matches counts (as everywhere here); null when none does. */
export function roleOf(
  rules: readonly RoleRule[],
  provider: Exclude<Provider, "admin">,
  subject: string,
): Role | null {
  const name = subject.toLowerCase();
  const at = name.lastIndexOf("@");
  const matching = new Set([
    "*",
    `${provider}:*`,
    `${provider}:${name}`,
    ...(at > 0 ? [`${provider}:*${name.slice(at)}`] : []),
  ]);
  return rules.find(({ pattern }) => matching.has(pattern))?.role ?? null;
}

/** A person's name as documents of people and the audit have it. */
export function personName(provider: Exclude<Provider, "admin">, subject: string): string {
  return provider === "github" ? `github:${subject}` : `mail:${subject}`;
}
