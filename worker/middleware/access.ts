/**
 * Whom Cloudflare Access vouches for: it adds a signed assertion to each request that it lets through. One that does not
 * hold makes nobody, never an error, as anybody may send the header.
 */
import { addressOf } from "../domain/access_assertion.ts";
import type { AccessWay } from "../domain/sign_in_ways.ts";
import { claimsOf } from "./signing_keys.ts";

/** The header that Access sets. */
export const ACCESS_HEADER = "cf-access-jwt-assertion";

/** The mail address behind an assertion; null when it does not hold. */
export async function addressOfAssertion(
  text: string,
  way: AccessWay,
  nowMs: number,
): Promise<string | null> {
  const keys = { url: `${way.teamUrl}/cdn-cgi/access/certs`, event: "access_keys_unavailable" } as const;
  return addressOf(await claimsOf(text, keys, nowMs), way, nowMs);
}
