/** The keys of endpoints at work: derived, used, and never kept (ADR 0027). */
import {
  contentBytes,
  publicKeyText,
  secretText,
  type SignedContent,
  signV1,
  v1aText,
} from "../../protocol/autonomy/webhook.ts";
import { fromBase64Url } from "../../protocol/autonomy/base64url.ts";
import { hexToBytes } from "@noble/hashes/utils.js";
import { signingGenerations } from "../domain/people/endpoint.ts";
import { deriveEndpointKey } from "../domain/people/endpoint_key.ts";
import type { EndpointRow } from "../store/people/endpoint_table.ts";

/** What PKCS #8 puts before the 32 bytes of an ed25519 seed. */
const PKCS8_PREFIX = hexToBytes("302e020100300506032b657004220420");

export interface EndpointKeys {
  /** `whsec_...` of the present key: to be given out once. */
  secret(endpoint: EndpointRow): string;
  /** `whpk_...` of the present key. */
  publicKey(endpoint: EndpointRow): Promise<string>;
  /** The value of `webhook-signature`: `v1` and `v1a`, by each key that counts now. */
  sign(endpoint: EndpointRow, content: SignedContent, nowMs: number): Promise<string>;
}

/** The keys of a project's endpoints. */
export function createEndpointKeys(adminToken: string, project: string): EndpointKeys {
  const derive = (version: "v1" | "v1a", { id, salt }: EndpointRow, generation: number) =>
    deriveEndpointKey(adminToken, version, { project, endpointId: id, salt: hexToBytes(salt), generation });
  const privateKey = async (endpoint: EndpointRow, generation: number) => {
    const bytes = new Uint8Array([...PKCS8_PREFIX, ...derive("v1a", endpoint, generation)]);
    return await crypto.subtle.importKey("pkcs8", bytes, { name: "Ed25519" }, true, ["sign"]);
  };
  return {
    secret: (endpoint) => secretText(derive("v1", endpoint, endpoint.generation)),
    publicKey: async (endpoint) => {
      const key = await crypto.subtle.exportKey(
        "jwk",
        await privateKey(endpoint, endpoint.generation),
      ) as JsonWebKey;
      return publicKeyText(fromBase64Url(key.x ?? "")!);
    },
    sign: async (endpoint, content, nowMs) => {
      const signatures: string[] = [];
      for (const generation of signingGenerations(endpoint, nowMs)) {
        signatures.push(signV1(content, derive("v1", endpoint, generation)));
        const bytes = contentBytes(content).slice();
        const signed = await crypto.subtle.sign(
          { name: "Ed25519" },
          await privateKey(endpoint, generation),
          bytes,
        );
        signatures.push(v1aText(new Uint8Array(signed)));
      }
      return signatures.join(" ");
    },
  };
}
