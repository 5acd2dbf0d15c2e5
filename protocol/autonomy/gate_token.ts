/**
 * The redeem token of a gate link (Autonomy 19.2), as text and as its parts.
 *
 *     oag1.<64 characters base64url payload>.<22 characters base64url mac>
 *     payload = 0x01 | kid (1) | gate ULID (16) | grant (6) | secret (24)
 *     mac     = first 16 bytes of HMAC-SHA256(key[kid], "oag1" | payload)
 *
 * 1. The mac rejects garbage without a lookup; it says nothing about whether the grant still counts.
 * 2. Only SHA-256(secret) is ever stored ({@link secretHash}): a leaked database redeems nothing.
 * 3. There is one text per token: padding, other alphabets and loose trailing bits are malformed.
 *
 * Pure: keys, grants and secrets are arguments. No error carries any part of the token.
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { type AskId, ulidBytes, ulidFromBytes } from "../ids.ts";
import { err, ok, type Result } from "../result.ts";
import { fromBase64Url, toBase64Url } from "./base64url.ts";

const PREFIX = "oag1";
const VERSION = 1;
const PAYLOAD_BYTES = 48;
const MAC_BYTES = 16;
const TOKEN_PATTERN = /^oag1\.([A-Za-z0-9_-]{64})\.([A-Za-z0-9_-]{22})$/;

/** Bytes of a grant's id: it names one handed-out link of one gate. */
export const GRANT_BYTES = 6;
/** Bytes of a grant's secret (192 bits). */
export const SECRET_BYTES = 24;

/** What a token says, before anybody checked it. */
export interface GateTokenParts {
  /** Which key made the mac, 0 to 255. */
  readonly kid: number;
  readonly gateId: AskId;
  readonly grant: Uint8Array;
  readonly secret: Uint8Array;
}

/** `token_malformed`: not the shape of a token (400). `token_forged`: the mac is not ours (401). */
export type GateTokenError = { readonly reason: "token_malformed" } | { readonly reason: "token_forged" };

/** Writes the 92 characters of a token. */
export function encodeGateToken(parts: GateTokenParts, key: Uint8Array): string {
  if (parts.grant.length !== GRANT_BYTES || parts.secret.length !== SECRET_BYTES) {
    throw new RangeError(
      `Cannot encode gate token as grant and secret must have ${GRANT_BYTES} and ${SECRET_BYTES} bytes: ` +
        `current values are ${parts.grant.length} and ${parts.secret.length}`,
    );
  }
  const head = Uint8Array.of(VERSION, parts.kid);
  const payload = concatBytes(head, ulidBytes(parts.gateId), parts.grant, parts.secret);
  return `${PREFIX}.${toBase64Url(payload)}.${toBase64Url(macOf(payload, key))}`;
}

/**
 * Reads a token and checks its mac.
 *
 * @param keyOf The key with this id, or null when there is none (then the token is forged).
 */
export function decodeGateToken(
  text: string,
  keyOf: (kid: number) => Uint8Array | null,
): Result<GateTokenParts, GateTokenError> {
  const match = TOKEN_PATTERN.exec(text);
  const payload = match === null ? null : fromBase64Url(match[1]!);
  const mac = match === null ? null : fromBase64Url(match[2]!);
  if (payload?.length !== PAYLOAD_BYTES || mac?.length !== MAC_BYTES || payload[0] !== VERSION) {
    return err({ reason: "token_malformed" });
  }
  const kid = payload[1]!;
  const key = keyOf(kid);
  if (key === null || !isSame(mac, macOf(payload, key))) return err({ reason: "token_forged" });
  return ok({
    kid,
    gateId: ulidFromBytes<AskId>(payload.subarray(2, 18)),
    grant: payload.slice(18, 24),
    secret: payload.slice(24),
  });
}

/** A grant's id as text: hex of its 6 bytes. */
export function grantText(grant: Uint8Array): string {
  return bytesToHex(grant);
}

/** What is stored of a secret: hex of its SHA-256. */
export function secretHash(secret: Uint8Array): string {
  return bytesToHex(sha256(secret));
}

function macOf(payload: Uint8Array, key: Uint8Array): Uint8Array {
  return hmac(sha256, key, concatBytes(utf8ToBytes(PREFIX), payload)).subarray(0, MAC_BYTES);
}

/** Takes the same time wherever the first difference is. */
function isSame(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ (b[i] ?? 0);
  return difference === 0;
}
