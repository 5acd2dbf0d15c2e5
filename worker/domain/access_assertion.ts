/**
 * What an assertion of Cloudflare Access must say beside having its team's signature: for whom it is, from whom, and
 * when it ends. Pure; the signature is looked at by `middleware/access.ts`.
 */
import type { AccessWay } from "./sign_in_ways.ts";

/** Clocks of two machines differ by less. */
const SKEW_MS = 60_000;

/** The mail address that a verified assertion names, in lower case; null when it says nothing to us. */
export function addressOf(claims: unknown, way: AccessWay, nowMs: number): string | null {
  if (typeof claims !== "object" || claims === null) return null;
  const { iss, aud, exp, nbf, email } = claims as Readonly<Record<string, unknown>>;
  const audiences = Array.isArray(aud) ? aud : [aud];
  if (iss !== way.teamUrl || !audiences.some((one) => way.audiences.includes(one))) return null;
  if (typeof exp !== "number" || nowMs >= exp * 1_000 + SKEW_MS) return null;
  if (nbf !== undefined && (typeof nbf !== "number" || nowMs < nbf * 1_000 - SKEW_MS)) return null;
  // A service token of Access has no address: programs use tokens of ours.
  return typeof email === "string" && /^[^\s@]+@[^\s@]+$/.test(email) ? email.toLowerCase() : null;
}
