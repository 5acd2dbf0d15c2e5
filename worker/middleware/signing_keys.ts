/**
 * The keys by which somebody else's service signs, fetched when the first token of it comes and again for a key that is not
 * among them. In memory: another instance fetches its own.
 */
import { decode, verify } from "hono/jwt";
import { err, ok, type Result } from "../../protocol/result.ts";
import { isSafeAddress } from "../domain/person_token.ts";
import { ACCESS_KEYS_AGAIN_MS, ACCESS_KEYS_LIFE_MS, SIGN_IN_FETCH_TIMEOUT_MS } from "../limits.ts";

const TOKEN_MAX_CHARS = 16_000;

/** What a token may be signed with. None of them has a secret that the sender could know. */
export type Algorithm = "RS256" | "ES256";
const KINDS: Readonly<Record<Algorithm, string>> = { RS256: "RSA", ES256: "EC" };
const DEFAULT_ALGORITHMS: readonly Algorithm[] = ["RS256"];

type Key = JsonWebKey & { readonly kid?: string };

interface KeyRing {
  readonly keys: readonly Key[];
  readonly fetchedAtMs: number;
  /** The newest attempt failed. */
  readonly isAway: boolean;
}

const rings = new Map<string, KeyRing>();

/** Where keys are, and the event that the log has when they cannot be had. */
export interface KeySource {
  readonly url: string;
  readonly event: "access_keys_unavailable" | "oidc_keys_unavailable";
  /** What its tokens are signed with; absent: RS256. */
  readonly algorithms?: readonly Algorithm[];
  /** `url` is the issuer's description of itself (OpenID Connect Discovery 1.0), which says where the keys are. */
  readonly discoveryOf?: string;
}

export type SignatureFault =
  | "token_malformed"
  | "token_algorithm_refused"
  | "token_signature_refused"
  | "token_keys_unavailable";

/** What a token says, if one of these keys signed it; else null. Times are the caller's to judge. */
export async function claimsOf(text: string, source: KeySource, nowMs: number): Promise<unknown> {
  const claims = await verifiedClaims(text, source, nowMs);
  return claims.ok ? claims.value : null;
}

/** The same, with the reason. */
export async function verifiedClaims(
  text: string,
  source: KeySource,
  nowMs: number,
): Promise<Result<unknown, SignatureFault>> {
  if (text.length > TOKEN_MAX_CHARS) return err("token_malformed");
  let header: { readonly alg?: unknown; readonly kid?: unknown };
  try {
    header = decode(text).header;
  } catch {
    return err("token_malformed");
  }
  // The algorithm is ours to choose, never the sender's.
  const alg = (source.algorithms ?? DEFAULT_ALGORITHMS).find((one) => one === header.alg);
  if (alg === undefined) return err("token_algorithm_refused");
  const key = await keyOf(source, header.kid, nowMs);
  if (key === null) {
    return err(rings.get(source.url)?.isAway ? "token_keys_unavailable" : "token_signature_refused");
  }
  if (key.kty !== KINDS[alg] || (key.alg !== undefined && key.alg !== alg)) {
    return err("token_signature_refused");
  }
  try {
    return ok(await verify(text, key, { alg, exp: false, nbf: false, iat: false }));
  } catch {
    return err("token_signature_refused");
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
    rings.set(source.url, { keys: known?.keys ?? [], fetchedAtMs, isAway: true });
    return found;
  }
  rings.set(source.url, { keys, fetchedAtMs: nowMs, isAway: false });
  return keys.find((key) => key.kid === kid) ?? null;
}

async function fetchKeys({ url, event, discoveryOf }: KeySource): Promise<readonly Key[] | null> {
  try {
    const { keys } = await fetchJson(discoveryOf === undefined ? url : await keysUrlOf(url, discoveryOf));
    if (!Array.isArray(keys)) throw new Error("no keys");
    const kinds = Object.values(KINDS);
    return keys.filter((key): key is Key =>
      typeof key === "object" && key !== null && kinds.includes(key.kty) && key.use !== "enc"
    );
  } catch (cause) {
    const errorName = cause instanceof Error ? cause.name : "unknown";
    console.error(JSON.stringify({ event, errorName }));
    return null;
  }
}

/** A description counts only for the issuer that it names (Discovery 4.3). */
async function keysUrlOf(url: string, issuer: string): Promise<string> {
  const said = await fetchJson(url);
  const keysUrl = said["jwks_uri"];
  if (said["issuer"] !== issuer) throw new Error("another issuer");
  if (typeof keysUrl !== "string" || !isSafeAddress(keysUrl)) throw new Error("no address of keys");
  return keysUrl;
}

async function fetchJson(url: string): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(url, {
    redirect: "manual",
    signal: AbortSignal.timeout(SIGN_IN_FETCH_TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(`status ${response.status}`);
  const json: unknown = await response.json();
  if (typeof json !== "object" || json === null) throw new Error("no object");
  return json as Readonly<Record<string, unknown>>;
}
