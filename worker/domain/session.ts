/**
 * Signed proofs of signing in: the code of a sign-in link, the session that a browser keeps, and what it keeps while a
 * person is away at GitHub. `sfs2.{use}.{expires at, Unix ms}.{base64url of the payload's JSON}.{mac}`, where mac is
 * HMAC-SHA256 over everything before it.
 *
 * There is no table of sessions: a proof ends by time, or for all at once by changing the admin token, from which
 * the key is derived. A session says who somebody is and never what they may do: the role is looked up at each request
 * (`role.ts`). A code can be exchanged again within its 15 minutes; it lives in a URL's fragment, which is neither sent
 * to servers nor logged. A proof made for one use is never accepted for another.
 *
 * Pure: time and key are arguments.
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { isSameText } from "../../protocol/same_text.ts";

/**
 * The cookie that carries a session. Where the server is reached by https, a browser lets nobody but this very host set
 * one of that name (RFC 6265bis, 4.1.3.2).
 */
export function sessionCookieName(baseUrl: string): string {
  return hostCookieName(baseUrl, "shopfloor_session");
}

/** The cookie of a sign-in that is under way. */
export function journeyCookieName(baseUrl: string): string {
  return hostCookieName(baseUrl, "shopfloor_sign_in");
}

function hostCookieName(baseUrl: string, name: string): string {
  return baseUrl.startsWith("https:") ? `__Host-${name}` : name;
}

/** Who vouches for a person. `admin`: whoever has the admin token. */
export type Provider = "admin" | "github" | "access";

/** Who signed in: how the provider knows them, in lower case. Of the admin, `admin`. */
export interface SessionIdentity {
  readonly provider: Provider;
  readonly subject: string;
}

/** A sign-in at GitHub that is under way: `state` came with it and must come back; `next` is the page to go to then. */
export interface SignInJourney {
  readonly state: string;
  readonly next: string;
}

interface Payloads {
  readonly link: Record<never, never>;
  readonly session: SessionIdentity;
  readonly journey: SignInJourney;
}

export type ProofUse = keyof Payloads;

const PROOF = /^(sfs2\.(link|session|journey)\.(\d{1,16})\.([A-Za-z0-9_-]{2,4096}))\.([0-9a-f]{64})$/;

/** The key of proofs: SHA-256("shopfloor session key v1" | admin token). */
export function deriveSessionKey(adminToken: string): Uint8Array {
  return sha256(concatBytes(utf8ToBytes("shopfloor session key v1"), utf8ToBytes(adminToken)));
}

/** Makes a proof that ends at `expiresAtMs`. */
export function signProof<Use extends ProofUse>(
  use: Use,
  payload: Payloads[Use],
  expiresAtMs: number,
  key: Uint8Array,
): string {
  const head = `sfs2.${use}.${expiresAtMs}.${toBase64Url(utf8ToBytes(JSON.stringify(payload)))}`;
  return `${head}.${macOf(head, key)}`;
}

/** What a proof says, if we made it for this use and it has not ended; else null. */
export function readProof<Use extends ProofUse>(
  text: string,
  use: Use,
  key: Uint8Array,
  nowMs: number,
): Payloads[Use] | null {
  const match = PROOF.exec(text);
  if (match === null || match[2] !== use) return null;
  if (!isSameText(macOf(match[1]!, key), match[5]!) || nowMs >= Number(match[3])) return null;
  return JSON.parse(fromBase64Url(match[4]!)) as Payloads[Use];
}

/**
 * The secret half of PKCE (RFC 7636) for a sign-in: it follows from `state` and our key, so it is kept nowhere and no
 * browser ever has it.
 */
export function deriveCodeVerifier(state: string, key: Uint8Array): string {
  return toBase64Url(hmac(sha256, key, utf8ToBytes(`pkce verifier v1 ${state}`)));
}

/** The public half: S256. */
export function codeChallengeOf(verifier: string): string {
  return toBase64Url(sha256(utf8ToBytes(verifier)));
}

function macOf(text: string, key: Uint8Array): string {
  return bytesToHex(hmac(sha256, key, utf8ToBytes(text)));
}

/** Bytes as base64url without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function fromBase64Url(text: string): string {
  const bytes = Uint8Array.from(
    atob(text.replaceAll("-", "+").replaceAll("_", "/")),
    (character) => character.charCodeAt(0),
  );
  return new TextDecoder().decode(bytes);
}
