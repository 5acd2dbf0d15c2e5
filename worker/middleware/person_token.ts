/**
 * People by the token of their own identity provider, as bearer (`domain/person_token.ts`). Who brings one is told why it
 * does not hold: their program can then sign in again, or ask for another.
 */
import { decode } from "hono/jwt";
import type { Context, MiddlewareHandler, Next } from "hono";
import type { AppEnv } from "../app_env.ts";
import {
  personOfToken,
  type PersonTokenFault,
  type PersonTokenWay,
  readPersonTokens,
} from "../domain/person_token.ts";
import { readWorkloads } from "../domain/workload.ts";
import { type HttpRefusal, refusal, refusalResponse } from "../errors.ts";
import { bearerOf } from "./auth.ts";
import { type SignatureFault, verifiedClaims } from "./signing_keys.ts";

/** A JSON web token begins so, and none of ours does. One without a signature is one, too: it is refused for that. */
const JWT = /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/;

/** Expects `c.var.caller`; sets it for a person whose token holds. Refuses one that does not, where people's tokens are on. */
export function personToken(nowMs: () => number = Date.now): MiddlewareHandler<AppEnv> {
  return (c, next) => {
    if (c.get("caller").kind !== "nobody") return next();
    const token = bearerOf(c.req.header("authorization") ?? "");
    if (token === null || !JWT.test(token)) return next();
    const way = readPersonTokens(c.env);
    if (!way.ok) return Promise.resolve(refuse("token_ways_unreadable", way.error));
    return way.value === null ? next() : recognise(c, next, token, way.value, nowMs());
  };
}

async function recognise(
  c: Context<AppEnv>,
  next: Next,
  token: string,
  way: PersonTokenWay,
  nowMs: number,
): Promise<Response | void> {
  const issuer = issuerOf(token);
  if (issuer !== way.issuer) {
    // A workflow's, perhaps.
    if (issuer !== null && issuer === readWorkloads(c.env)?.issuer) return await next();
    return refuse(issuer === null ? "token_malformed" : "token_issuer_refused", way.issuer);
  }
  const base = way.issuer.replace(/\/+$/, "");
  const claims = await verifiedClaims(token, {
    url: `${base}/.well-known/openid-configuration`,
    discoveryOf: way.issuer,
    event: "oidc_keys_unavailable",
    algorithms: ["RS256", "ES256"],
  }, nowMs);
  if (!claims.ok) return refuse(claims.error, way.issuer);
  const person = personOfToken(claims.value, way, nowMs);
  if (!person.ok) return refuse(person.error, way.issuer);
  c.set("caller", { kind: "person", ...person.value });
  await next();
}

/** As it says, and nobody has proven. */
function issuerOf(token: string): string | null {
  try {
    const { iss } = decode(token).payload;
    return typeof iss === "string" ? iss : null;
  } catch {
    return null;
  }
}

type Fault = PersonTokenFault | SignatureFault | "token_ways_unreadable";

/** Status, and what must be so. */
const SAID: Readonly<Record<Fault, readonly [HttpRefusal["status"], string]>> = {
  token_malformed: [401, "it must be a JSON web token of an OpenID Connect issuer"],
  token_issuer_refused: [401, "its issuer must be ISSUER"],
  token_algorithm_refused: [401, "it must be signed with RS256 or ES256"],
  token_signature_refused: [401, "a key of ISSUER must have signed it"],
  token_audience_refused: [401, "its audience must be one of SHOPFLOOR_OIDC_USER_AUDIENCE"],
  token_expired: [401, "it must not be over: sign in again"],
  token_not_yet_valid: [401, "it must have begun"],
  token_without_role: [403, "SHOPFLOOR_OIDC_USER_ROLES must give a role to one of its claims"],
  token_keys_unavailable: [503, "the keys of ISSUER must be there: they cannot be had right now"],
  token_ways_unreadable: [503, "ISSUER must be set up: it cannot be read"],
};

/** @param issuer Or the variable that must be mended. Nothing of the token is repeated. */
function refuse(code: Fault, issuer: string): Response {
  const [status, must] = SAID[code];
  return refusalResponse(refusal(status, code, `Cannot use this token as ${must.replace("ISSUER", issuer)}`));
}
