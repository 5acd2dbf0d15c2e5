/**
 * The keys of a webhook endpoint, derived from the admin token (ADR 0027):
 *
 *     HKDF-SHA256(admin token, the endpoint's random salt, "shopfloor webhook {v1 | v1a} {project} {endpoint} {generation}")
 *
 * Nothing secret is stored, and a copy of the database signs nothing. The price: another admin token is another key for
 * every endpoint, whose receivers must then be given the new one. Pure.
 */
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

/** Both an HMAC key and a seed of ed25519 have 256 bits. */
const KEY_BYTES = 32;
export const SALT_BYTES = 16;

export interface EndpointKeyOf {
  /** `{owner}/{project}`. */
  readonly project: string;
  readonly endpointId: string;
  readonly salt: Uint8Array;
  readonly generation: number;
}

/** The secret of `v1`, or the seed of the key of `v1a`. */
export function deriveEndpointKey(adminToken: string, version: "v1" | "v1a", of: EndpointKeyOf): Uint8Array {
  const info = `shopfloor webhook ${version} ${of.project} ${of.endpointId} ${of.generation}`;
  return hkdf(sha256, utf8ToBytes(adminToken), of.salt, utf8ToBytes(info), KEY_BYTES);
}
