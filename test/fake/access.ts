/** A team of Cloudflare Access: its keys, and assertions signed with them. */

export interface Assertion {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  /** Signs with a key that the team never had, under the same name. */
  readonly isForged?: boolean;
}

export interface FakeAccess extends AsyncDisposable {
  readonly url: string;
  readonly variables: Readonly<Record<string, string>>;
  /** How often the keys were fetched. */
  readonly fetches: { count: number };
  sign(assertion?: Assertion): Promise<string>;
  /** The team's first public key: what a forger would use as the secret of an HMAC. */
  readonly publicKey: JsonWebKey;
  /** Gives the team a new key; the one before is gone. */
  rotate(): Promise<void>;
}

export const AUDIENCE = "a".repeat(64);
const RSA = {
  name: "RSASSA-PKCS1-v1_5",
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: "SHA-256",
};

/** Listens on this machine. */
export async function startAccess(): Promise<FakeAccess> {
  let made = 0;
  let pair = await makePair();
  let kid = `key-${++made}`;
  const stranger = await makePair();
  const fetches = { count: 0 };
  const publicJwk = async () => await crypto.subtle.exportKey("jwk", pair.publicKey) as JsonWebKey;
  const publicKey = await publicJwk();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    // The second is where GitHub has the keys of its workflows' tokens.
    const places = ["/cdn-cgi/access/certs", "/.well-known/jwks"];
    if (!places.includes(new URL(request.url).pathname)) return new Response(null, { status: 404 });
    fetches.count++;
    const keys = [{ ...await publicJwk(), kid, alg: "RS256", use: "sig" }];
    return Response.json({ keys, public_cert: {}, public_certs: [] });
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  return {
    url,
    variables: { SHOPFLOOR_ACCESS_TEAM: url, SHOPFLOOR_ACCESS_AUD: AUDIENCE },
    fetches,
    publicKey,
    async sign({ claims = {}, header = {}, isForged = false } = {}) {
      const now = Math.floor(Date.now() / 1_000);
      const payload = {
        aud: [AUDIENCE],
        email: "bob@example.org",
        exp: now + 600,
        iat: now,
        nbf: now,
        iss: url,
        type: "app",
        sub: "7335d417-61da-459d-899c-0a01c76a2f94",
        ...claims,
      };
      const head = [{ alg: "RS256", kid, typ: "JWT", ...header }, payload].map(encode).join(".");
      const key = isForged ? stranger.privateKey : pair.privateKey;
      const mac = await crypto.subtle.sign(RSA.name, key, new TextEncoder().encode(head));
      return `${head}.${base64Url(new Uint8Array(mac))}`;
    },
    async rotate() {
      pair = await makePair();
      kid = `key-${++made}`;
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

async function makePair(): Promise<CryptoKeyPair> {
  return await crypto.subtle.generateKey(RSA, true, ["sign", "verify"]) as CryptoKeyPair;
}

/** A part of a token. */
export function encode(part: unknown): string {
  return base64Url(new TextEncoder().encode(JSON.stringify(part)));
}

/** Bytes as a token has them. */
export function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
