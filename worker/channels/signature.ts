/** HMAC-SHA256 over a message, compared in constant time. Pure. */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { isSameText } from "../../protocol/same_text.ts";

/** Is `hex` the MAC of these parts, one after the other? */
export function isMacOf(hex: string, secret: string, ...parts: readonly (string | Uint8Array)[]): boolean {
  const content = concatBytes(...parts.map((part) => typeof part === "string" ? utf8ToBytes(part) : part));
  return isSameText(hex, bytesToHex(hmac(sha256, utf8ToBytes(secret), content)));
}

/** Does a header name a time in Unix seconds that is at most so far from now? */
export function isRecent(seconds: string, nowMs: number, toleranceSeconds: number): boolean {
  if (!/^\d{1,12}$/.test(seconds)) return false;
  return Math.abs(nowMs / 1_000 - Number(seconds)) <= toleranceSeconds;
}
