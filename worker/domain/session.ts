/**
 * Signed proofs that a browser holds the admin's trust: the code of a one-time sign-in link, and the session that it
 * is exchanged for. `sfs1.{use}.{expires at, Unix ms}.{mac}`, where mac is HMAC-SHA256 over everything before it.
 *
 * There is no table of sessions: a proof ends by time, or for all at once by changing the admin token, from which
 * the key is derived. A code can be exchanged again within its 15 minutes; it lives in a URL's fragment, which is
 * neither sent to servers nor logged. A session is never accepted as a code, nor a code as a session (`use`).
 *
 * Pure: time and key are arguments.
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";

/** The cookie that carries a session. */
export const SESSION_COOKIE = "shopfloor_session";

export type ProofUse = "link" | "session";

const PROOF = /^(sfs1\.(link|session)\.(\d{1,16}))\.([0-9a-f]{64})$/;

/** The key of proofs: SHA-256("shopfloor session key v1" | admin token). */
export function deriveSessionKey(adminToken: string): Uint8Array {
  return sha256(concatBytes(utf8ToBytes("shopfloor session key v1"), utf8ToBytes(adminToken)));
}

/** Makes a proof that ends at `expiresAtMs`. */
export function signProof(use: ProofUse, expiresAtMs: number, key: Uint8Array): string {
  const head = `sfs1.${use}.${expiresAtMs}`;
  return `${head}.${macOf(head, key)}`;
}

/** Is `text` a proof for this use that we made and that has not ended? */
export function isProof(text: string, use: ProofUse, key: Uint8Array, nowMs: number): boolean {
  const match = PROOF.exec(text);
  if (match === null || match[2] !== use) return false;
  const expected = macOf(match[1]!, key);
  let difference = 0;
  for (let i = 0; i < expected.length; i++) difference |= expected.charCodeAt(i) ^ match[4]!.charCodeAt(i);
  return difference === 0 && nowMs < Number(match[3]);
}

function macOf(text: string, key: Uint8Array): string {
  return bytesToHex(hmac(sha256, key, utf8ToBytes(text)));
}
