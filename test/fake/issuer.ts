/** An OpenID Connect issuer of people, as a realm of Keycloak is one: its description, its keys, tokens signed with them. */
import { base64Url, encode } from "./access.ts";

const REALM = "/realms/acme";
const RSA = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

export interface Wanted {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  /** Signs with a key that the issuer never had, under the same name. */
  readonly isForged?: boolean;
  readonly alg?: "RS256" | "ES256";
}

export interface FakeIssuer extends AsyncDisposable {
  /** The server; its issuer is a realm below it. */
  readonly url: string;
  readonly issuer: string;
  readonly fetches: { description: number; keys: number };
  /** Whether its description names somebody else, as that of an impostor would. */
  isOther: boolean;
  token(wanted?: Wanted): Promise<string>;
}

type Pairs = Readonly<Record<"RS256" | "ES256", CryptoKeyPair>>;

async function makePairs(): Promise<Pairs> {
  const publicExponent = new Uint8Array([1, 0, 1]);
  const rsa = { ...RSA, modulusLength: 2048, publicExponent };
  return {
    RS256: await crypto.subtle.generateKey(rsa, true, ["sign", "verify"]) as CryptoKeyPair,
    ES256: await crypto.subtle.generateKey(ECDSA, true, ["sign", "verify"]) as CryptoKeyPair,
  };
}

/** Listens on this machine. */
export async function startIssuer(): Promise<FakeIssuer> {
  const own = await makePairs();
  const stranger = await makePairs();
  const fetches = { description: 0, keys: 0 };
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === `${REALM}/.well-known/openid-configuration`) {
      fetches.description++;
      const issuer = fake.isOther ? "https://impostor.example" : fake.issuer;
      return Response.json({ issuer, jwks_uri: `${fake.issuer}/protocol/openid-connect/certs` });
    }
    if (pathname !== `${REALM}/protocol/openid-connect/certs`) return new Response(null, { status: 404 });
    fetches.keys++;
    const keys = [];
    for (const [alg, { publicKey }] of Object.entries(own)) {
      const jwk = await crypto.subtle.exportKey("jwk", publicKey);
      keys.push({ ...jwk, kid: `key-${alg}`, alg, use: "sig" });
    }
    return Response.json({ keys });
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  const fake: FakeIssuer = {
    url,
    issuer: url + REALM,
    fetches,
    isOther: false,
    token: async ({ claims = {}, header = {}, isForged = false, alg = "RS256" } = {}) => {
      const now = Math.floor(Date.now() / 1_000);
      const payload = {
        iss: fake.issuer,
        sub: "7335d417-61da-459d-899c-0a01c76a2f94",
        aud: "account",
        azp: "agentics",
        iat: now,
        exp: now + 300,
        email: "Ada@example.org",
        email_verified: true,
        realm_access: { roles: ["line-operator"] },
        ...claims,
      };
      const head = [{ alg, kid: `key-${alg}`, typ: "JWT", ...header }, payload].map(encode).join(".");
      const key = (isForged ? stranger : own)[alg].privateKey;
      const mac = await crypto.subtle.sign(
        alg === "RS256" ? RSA : ECDSA,
        key,
        new TextEncoder().encode(head),
      );
      return `${head}.${base64Url(new Uint8Array(mac))}`;
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
  return fake;
}
