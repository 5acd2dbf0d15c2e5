/** HMAC-SHA256 over a message, compared in constant time. Pure. */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";

/** Is `hex` the MAC of these parts, one after the other? */
export function isMacOf(hex: string, secret: string, ...parts: readonly (string | Uint8Array)[]): boolean {
  const content = concatBytes(...parts.map((part) => typeof part === "string" ? utf8ToBytes(part) : part));
  return isSameText(hex, bytesToHex(hmac(sha256, utf8ToBytes(secret), content)));
}

/** Compares without telling by its time where two texts differ. Their lengths are no secret. */
export function isSameText(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}

/** Does a header name a time in Unix seconds that is at most so far from now? */
export function isRecent(seconds: string, nowMs: number, toleranceSeconds: number): boolean {
  if (!/^\d{1,12}$/.test(seconds)) return false;
  return Math.abs(nowMs / 1_000 - Number(seconds)) <= toleranceSeconds;
}
