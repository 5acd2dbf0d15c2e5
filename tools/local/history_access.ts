/**
 * Who may use the history of this machine. sqld answers whatever page a browser has open (it allows every origin), so it
 * asks for a token: a JWT signed with a key that follows from the admin token. There is nothing more to keep.
 */
const NAME_OF_KEY = "shopfloor history key v1";
/** What stands before the 32 bytes of an Ed25519 key in PKCS#8 (RFC 8410, section 7). */
const PKCS8_HEAD = Uint8Array.fromHex("302e020100300506032b657004220420");
const HEADER = { alg: "EdDSA", typ: "JWT" };
const READ_AND_WRITE = { a: "rw" };

export interface HistoryAccess {
  /** What sqld checks tokens with: the public key in base64url. */
  readonly publicKey: string;
  readonly authToken: string;
}

/** The same for the same admin token. */
export async function historyAccess(adminToken: string): Promise<HistoryAccess> {
  const seed = await crypto.subtle.digest("SHA-256", bytesOf(`${NAME_OF_KEY}${adminToken}`));
  const pkcs8 = new Uint8Array([...PKCS8_HEAD, ...new Uint8Array(seed)]);
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", true, ["sign"]);
  const { x } = await crypto.subtle.exportKey("jwk", key);
  const claims = `${base64Url(bytesOf(JSON.stringify(HEADER)))}.${
    base64Url(bytesOf(JSON.stringify(READ_AND_WRITE)))
  }`;
  const signature = await crypto.subtle.sign("Ed25519", key, bytesOf(claims));
  return { publicKey: x!, authToken: `${claims}.${base64Url(new Uint8Array(signature))}` };
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function base64Url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}
