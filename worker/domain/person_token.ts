/**
 * People who bring a token of their own identity provider, such as a realm of Keycloak (Line 4.1): an OpenID Connect
 * issuer vouches for them, and claims of the token say which role they have here. Read at each request.
 *
 * Pure; the signature is looked at by `middleware/person_token.ts`.
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import { type Role, ROLES } from "./role.ts";

export interface PersonTokenVariables {
  readonly SHOPFLOOR_OIDC_USER_ISSUER?: string;
  readonly SHOPFLOOR_OIDC_USER_AUDIENCE?: string;
  readonly SHOPFLOOR_OIDC_USER_ROLES?: string;
}

/** Whom to believe about people. */
export interface PersonTokenWay {
  /** As its tokens have it. */
  readonly issuer: string;
  /** Clients that tokens are for; the first is what programs are told to sign in with. */
  readonly audiences: readonly string[];
  readonly rules: readonly ClaimRule[];
}

/** Whose claim has the value has the role; `claim` null: everybody; `value` null: whoever has the claim. */
interface ClaimRule {
  readonly claim: string | null;
  readonly value: string | null;
  readonly role: Role;
}

/** Why a token makes nobody. */
export type PersonTokenFault =
  | "token_malformed"
  | "token_issuer_refused"
  | "token_audience_refused"
  | "token_expired"
  | "token_not_yet_valid"
  | "token_without_role";

/** Clocks of two machines differ by less. */
const SKEW_MS = 60_000;
const CLAIM = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/;

/**
 * Null: off, as there is no issuer. `fault` names the variable to mend; one entry that cannot be read refuses everybody,
 * as with roles.
 */
export function readPersonTokens(
  variables: PersonTokenVariables,
): Result<PersonTokenWay | null, string> {
  const text = (name: keyof PersonTokenVariables) => String(variables[name] ?? "").trim();
  const issuer = text("SHOPFLOOR_OIDC_USER_ISSUER");
  if (issuer === "") return ok(null);
  if (!isSafeAddress(issuer)) return err("SHOPFLOOR_OIDC_USER_ISSUER");
  const audiences = listOf(text("SHOPFLOOR_OIDC_USER_AUDIENCE"));
  // Without one, a token that was made for any other program of the realm would act here.
  if (audiences.length === 0) return err("SHOPFLOOR_OIDC_USER_AUDIENCE");
  const rules: ClaimRule[] = [];
  for (const entry of listOf(text("SHOPFLOOR_OIDC_USER_ROLES"))) {
    const rule = readRule(entry);
    if (rule === null) return err("SHOPFLOOR_OIDC_USER_ROLES");
    rules.push(rule);
  }
  return ok({ issuer, audiences, rules });
}

/** An address that keys may be fetched from: https, or this machine. */
export function isSafeAddress(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.username !== "" || url.password !== "") return false;
  return url.protocol === "https:" ||
    (url.protocol === "http:" && ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname));
}

/** Reads `realm_access.roles:admin=admin`, `groups:*=viewer` or `*=viewer`. */
function readRule(entry: string): ClaimRule | null {
  const at = entry.lastIndexOf("=");
  const role = ROLES.find((known) => known === entry.slice(at + 1).trim());
  const left = entry.slice(0, Math.max(at, 0)).trim();
  if (role === undefined) return null;
  if (left === "*") return { claim: null, value: null, role };
  const colon = left.indexOf(":");
  const claim = left.slice(0, Math.max(colon, 0));
  const value = left.slice(colon + 1);
  return CLAIM.test(claim) && value !== "" ? { claim, value: value === "*" ? null : value, role } : null;
}

function listOf(text: string): string[] {
  return text.split(",").map((part) => part.trim()).filter((part) => part !== "");
}

/** Where programs sign people in: the parts of a realm's address, as Keycloak has them; all "" for other issuers. */
export function realmOf(
  way: PersonTokenWay | null,
): { readonly keycloakUrl: string; readonly realm: string; readonly clientId: string } {
  const match = /^(.+)\/realms\/([^/]+)\/?$/.exec(way?.issuer ?? "");
  const [, keycloakUrl = "", realm = ""] = match ?? [];
  return { keycloakUrl, realm, clientId: match === null ? "" : way!.audiences[0]! };
}

/** Who a token is of, whose signature held. */
export function personOfToken(
  claims: unknown,
  way: PersonTokenWay,
  nowMs: number,
): Result<{ readonly name: string; readonly role: Role }, PersonTokenFault> {
  if (typeof claims !== "object" || claims === null) return err("token_malformed");
  const known = claims as Readonly<Record<string, unknown>>;
  const { iss, aud, azp, exp, nbf, sub } = known;
  if (iss !== way.issuer) return err("token_issuer_refused");
  // Keycloak names the client that a token was made for in `azp`, where no other audience was set up.
  const audiences = [...(Array.isArray(aud) ? aud : [aud]), azp];
  if (!audiences.some((one) => way.audiences.includes(one))) return err("token_audience_refused");
  if (typeof exp !== "number") return err("token_malformed");
  if (nowMs >= exp * 1_000 + SKEW_MS) return err("token_expired");
  if (nbf !== undefined && (typeof nbf !== "number" || nowMs < nbf * 1_000 - SKEW_MS)) {
    return err("token_not_yet_valid");
  }
  if (typeof sub !== "string" || !/^[^\s]{1,255}$/.test(sub)) return err("token_malformed");
  const role = way.rules.find((rule) => matches(rule, known))?.role;
  return role === undefined ? err("token_without_role") : ok({ name: nameOf(known, sub), role });
}

/** By a mail address that the issuer has verified they are the same person as by every other way of signing in. */
function nameOf(claims: Readonly<Record<string, unknown>>, sub: string): string {
  const { email } = claims;
  const isMail = isVerified(claims) && typeof email === "string" &&
    /^[^\s@]{1,200}@[^\s@]{1,200}$/.test(email);
  return isMail ? `mail:${email.toLowerCase()}` : `oidc:${sub}`;
}

function isVerified(claims: Readonly<Record<string, unknown>>): boolean {
  return claims["email_verified"] === true;
}

function matches({ claim, value }: ClaimRule, claims: Readonly<Record<string, unknown>>): boolean {
  if (claim === null) return true;
  // Anybody may write an address into their profile.
  if (claim === "email" && !isVerified(claims)) return false;
  const found = valuesOf(claims, claim);
  return value === null ? found.length > 0 : found.includes(value);
}

/** The texts of a claim; `a.b` is `b` within `a`, unless a claim has that very name. */
function valuesOf(claims: Readonly<Record<string, unknown>>, path: string): readonly string[] {
  let value: unknown = claims;
  for (const part of Object.hasOwn(claims, path) ? [path] : path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return [];
    value = (value as Readonly<Record<string, unknown>>)[part];
  }
  return (Array.isArray(value) ? value : [value]).filter((one) => typeof one === "string");
}
