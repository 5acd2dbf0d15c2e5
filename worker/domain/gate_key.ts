/**
 * The key that signs gate links, derived from the admin token: SHA-256("shopfloor gate key v1" | admin token).
 *
 * There is no second secret to keep, and every object and route derives the same key without asking anybody. The
 * price: changing the admin token makes every link that is out there forged, which is what one wants after a leak;
 * people then ask for a new link. The admin token itself has 256 bits, so a plain hash is enough of a derivation.
 *
 * Pure: the admin token is an argument.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import {
  decodeGateToken,
  type GateTokenError,
  type GateTokenParts,
} from "../../protocol/autonomy/gate_token.ts";
import type { Result } from "../../protocol/result.ts";

/** The number of the only key there is so far; tokens carry it so that a second one can follow. */
export const GATE_KEY_ID = 1;

/** Derives the key of gate links. */
export function deriveGateKey(adminToken: string): Uint8Array {
  return sha256(concatBytes(utf8ToBytes("shopfloor gate key v1"), utf8ToBytes(adminToken)));
}

/** Reads a link's token and checks that we made it; whether it still counts is the gate's to say. */
export function readGateToken(text: string, key: Uint8Array): Result<GateTokenParts, GateTokenError> {
  return decodeGateToken(text, (kid) => (kid === GATE_KEY_ID ? key : null));
}
