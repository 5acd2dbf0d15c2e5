/**
 * The keys by which somebody else's service signs, fetched when the first token of it comes and again for a key that is not
 * among them. In memory: another instance fetches its own.
 */
import { decode, verify } from "hono/jwt";
import { ACCESS_KEYS_AGAIN_MS, ACCESS_KEYS_LIFE_MS, SIGN_IN_FETCH_TIMEOUT_MS } from "../limits.ts";

const TOKEN_MAX_CHARS = 16_000;

type Key = JsonWebKey & { readonly kid?: string };

interface KeyRing {
  readonly keys: readonly Key[];
  readonly fetchedAtMs: number;
}

const rings = new Map<string, KeyRing>();

/** Where keys are, and the event that the log has when they cannot be had. */
export interface KeySource {
  readonly url: string;
  readonly event: "access_keys_unavailable" | "oidc_keys_unavailable";
}

/** What a token says, if one of these keys signed it; else null. Times are the caller's to judge. */
export async function claimsOf(text: string, source: KeySource, nowMs: number): Promise<unknown> {
  if (text.length > TOKEN_MAX_CHARS) return null;
  let kid: unknown;
  try {
    const { header } = decode(text);
    // The algorithm is ours to choose, never the sender's.
    if (header.alg !== "RS256") return null;
    kid = header.kid;
  } catch {
    return null;
  }
  const key = await keyOf(source, kid, nowMs);
  if (key === null) return null;
  try {
    return await verify(text, key, { alg: "RS256", exp: false, nbf: false, iat: false });
  } catch {
    return null;
  }
}

async function keyOf(source: KeySource, kid: unknown, nowMs: number): Promise<Key | null> {
  const known = rings.get(source.url);
  const ageMs = known === undefined ? Infinity : nowMs - known.fetchedAtMs;
  const found = known?.keys.find((key) => key.kid === kid) ?? null;
  // A made-up key id must not make a request of ours for each of theirs.
  if (found === null ? ageMs < ACCESS_KEYS_AGAIN_MS : ageMs < ACCESS_KEYS_LIFE_MS) return found;
  const keys = await fetchKeys(source);
  if (keys === null) {
    // Its server is away: what it said last stays true, and it is asked again a little later.
    const fetchedAtMs = found === null ? nowMs : nowMs - ACCESS_KEYS_LIFE_MS + ACCESS_KEYS_AGAIN_MS;
    rings.set(source.url, { keys: known?.keys ?? [], fetchedAtMs });
    return found;
  }
  rings.set(source.url, { keys, fetchedAtMs: nowMs });
  return keys.find((key) => key.kid === kid) ?? null;
}

async function fetchKeys({ url, event }: KeySource): Promise<readonly Key[] | null> {
  try {
    const response = await fetch(url, {
      redirect: "manual",
      signal: AbortSignal.timeout(SIGN_IN_FETCH_TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const { keys } = await response.json() as { keys?: unknown };
    if (!Array.isArray(keys)) throw new Error("no keys");
    return keys.filter((key): key is Key => typeof key === "object" && key !== null && key.kty === "RSA");
  } catch (cause) {
    const errorName = cause instanceof Error ? cause.name : "unknown";
    console.error(JSON.stringify({ event, errorName }));
    return null;
  }
}
