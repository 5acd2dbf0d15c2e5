/**
 * Whom Cloudflare Access vouches for: it adds a signed assertion to each request that it lets through. The team's keys
 * are fetched when the first one comes and again for a key that is not among them; an assertion that does not hold makes
 * nobody, never an error, as anybody may send the header.
 */
import { decode, verify } from "hono/jwt";
import { addressOf } from "../domain/access_assertion.ts";
import type { AccessWay } from "../domain/sign_in_ways.ts";
import { ACCESS_KEYS_AGAIN_MS, ACCESS_KEYS_LIFE_MS, SIGN_IN_FETCH_TIMEOUT_MS } from "../limits.ts";

/** The header that Access sets. */
export const ACCESS_HEADER = "cf-access-jwt-assertion";
const ASSERTION_MAX_CHARS = 16_000;

type Key = JsonWebKey & { readonly kid?: string };

interface KeyRing {
  readonly keys: readonly Key[];
  readonly fetchedAtMs: number;
}

const rings = new Map<string, KeyRing>();

/** The mail address behind an assertion; null when it does not hold. */
export async function addressOfAssertion(
  text: string,
  way: AccessWay,
  nowMs: number,
): Promise<string | null> {
  if (text.length > ASSERTION_MAX_CHARS) return null;
  let kid: unknown;
  try {
    const { header } = decode(text);
    // The algorithm is ours to choose, never the sender's.
    if (header.alg !== "RS256") return null;
    kid = header.kid;
  } catch {
    return null;
  }
  const key = await keyOf(way.teamUrl, kid, nowMs);
  if (key === null) return null;
  try {
    const times = { exp: false, nbf: false, iat: false };
    return addressOf(await verify(text, key, { alg: "RS256", ...times }), way, nowMs);
  } catch {
    return null;
  }
}

async function keyOf(teamUrl: string, kid: unknown, nowMs: number): Promise<Key | null> {
  const known = rings.get(teamUrl);
  const ageMs = known === undefined ? Infinity : nowMs - known.fetchedAtMs;
  const found = known?.keys.find((key) => key.kid === kid) ?? null;
  // A made-up key id must not make a request of ours for each of theirs.
  if (found === null ? ageMs < ACCESS_KEYS_AGAIN_MS : ageMs < ACCESS_KEYS_LIFE_MS) return found;
  const keys = await fetchKeys(teamUrl);
  if (keys === null) {
    // The team's server is away: what it said last stays true, and it is asked again a little later.
    const fetchedAtMs = found === null ? nowMs : nowMs - ACCESS_KEYS_LIFE_MS + ACCESS_KEYS_AGAIN_MS;
    rings.set(teamUrl, { keys: known?.keys ?? [], fetchedAtMs });
    return found;
  }
  rings.set(teamUrl, { keys, fetchedAtMs: nowMs });
  return keys.find((key) => key.kid === kid) ?? null;
}

async function fetchKeys(teamUrl: string): Promise<readonly Key[] | null> {
  try {
    const response = await fetch(`${teamUrl}/cdn-cgi/access/certs`, {
      redirect: "manual",
      signal: AbortSignal.timeout(SIGN_IN_FETCH_TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const { keys } = await response.json() as { keys?: unknown };
    if (!Array.isArray(keys)) throw new Error("no keys");
    return keys.filter((key): key is Key => typeof key === "object" && key !== null && key.kty === "RSA");
  } catch (cause) {
    const errorName = cause instanceof Error ? cause.name : "unknown";
    console.error(JSON.stringify({ event: "access_keys_unavailable", errorName }));
    return null;
  }
}
