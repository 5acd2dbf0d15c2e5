/**
 * Webhooks as Standard Webhooks 1.0.0 has them (Autonomy 19.9): what is signed, how a secret is written, the thin body
 * of an event, and the check of what comes in.
 *
 *     webhook-id         the same in every try: receivers forget what they have had
 *     webhook-timestamp  Unix seconds of this try
 *     webhook-signature  `v1,{base64 of HMAC-SHA256}`, several with spaces in between
 *     signed content     {id}.{timestamp}.{raw body}
 *
 * Pure: keys and times are arguments. No error carries a secret.
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { fromBase64Url, toBase64Url } from "./base64url.ts";

const SECRET_PREFIX = "whsec_";
const PUBLIC_PREFIX = "whpk_";
const SECRET_MIN_BYTES = 24;
const SECRET_MAX_BYTES = 64;
/** What comes in may be this old or this early (the tolerance of the standard). */
export const WEBHOOK_TOLERANCE_SECONDS = 300;
/** A body is a hint, not a data set. */
export const WEBHOOK_BODY_MAX_BYTES = 20_000;

/** The events that webhooks hear of, as `gate.{event}`. */
export const WEBHOOK_EVENTS = [
  "opened",
  "notified",
  "acked",
  "unacked",
  "claimed",
  "delegated",
  "escalated",
  "answered",
  "unverified",
  "verified",
  "cancelled",
  "superseded",
  "expired",
  "escalation_exhausted",
  "consumed",
] as const;

/** Base64 with padding, as secrets and signatures have it. */
export function toBase64(bytes: Uint8Array): string {
  const text = toBase64Url(bytes).replaceAll("-", "+").replaceAll("_", "/");
  return text.padEnd(Math.ceil(text.length / 4) * 4, "=");
}

/** Reads base64; null for anything else. */
export function fromBase64(text: string): Uint8Array | null {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  return fromBase64Url(text.replace(/=+$/, "").replaceAll("+", "-").replaceAll("/", "_"));
}

/** A secret as it is given to a receiver: `whsec_...`. */
export function secretText(secret: Uint8Array): string {
  return SECRET_PREFIX + toBase64(secret);
}

/** The public half of a `v1a` key: `whpk_...`. */
export function publicKeyText(key: Uint8Array): string {
  return PUBLIC_PREFIX + toBase64(key);
}

/** The bytes of `whsec_...` (24 to 64); null for anything else. */
export function readSecret(text: string): Uint8Array | null {
  const bytes = text.startsWith(SECRET_PREFIX) ? fromBase64(text.slice(SECRET_PREFIX.length)) : null;
  return bytes !== null && bytes.length >= SECRET_MIN_BYTES && bytes.length <= SECRET_MAX_BYTES
    ? bytes
    : null;
}

/** What is signed. */
export interface SignedContent {
  readonly id: string;
  /** Unix seconds. */
  readonly timestamp: number;
  readonly body: string;
}

/** The bytes that a signature is over. */
export function contentBytes({ id, timestamp, body }: SignedContent): Uint8Array {
  return utf8ToBytes(`${id}.${timestamp}.${body}`);
}

/** One `v1` signature. */
export function signV1(content: SignedContent, secret: Uint8Array): string {
  return `v1,${toBase64(hmac(sha256, secret, contentBytes(content)))}`;
}

/** One `v1a` signature, of the 64 bytes that ed25519 made over {@link contentBytes}. */
export function v1aText(signature: Uint8Array): string {
  return `v1a,${toBase64(signature)}`;
}

/** What is said of an event: never a token, never what was asked. */
export interface GateEventFacts {
  readonly type: string;
  readonly atMs: number;
  readonly askId: string;
  readonly seq: number;
  readonly state: string;
  readonly outcome: string | null;
  readonly subject: { readonly ref: string; readonly rev: string } | null;
}

/** The body of an event's webhook. A consumer orders by `seq` and reads the gate again before it acts. */
export function webhookBody({ type, atMs, askId, seq, state, outcome, subject }: GateEventFacts): string {
  return JSON.stringify({
    type: `gate.${type}`,
    timestamp: new Date(atMs).toISOString().replace(".000Z", "Z"),
    data: {
      gate_id: askId,
      session_id: askId,
      seq,
      state,
      ...(outcome === null ? {} : { outcome }),
      subject,
    },
  });
}

/** Does an endpoint with this filter hear of a type? No filter: of every one. `gate.*` is all that begin so. */
export function isWanted(types: readonly string[], type: string): boolean {
  if (types.length === 0) return true;
  return types.some((wanted) =>
    wanted.endsWith("*") ? type.startsWith(wanted.slice(0, -1)) : wanted === type
  );
}
