/**
 * Recognises a signed-in browser, by its cookie or by what Cloudflare Access says of it, and makes that person the
 * caller, with the role that `SHOPFLOOR_ROLES` gives right now. What says who they are travels with requests that other
 * sites start, so a request that changes something counts only when our own page sent it: the browser says so in `Origin`
 * or `Sec-Fetch-Site`, which a page cannot set. (`SameSite=Strict` is the other half of the fence.)
 */
import type { Context, MiddlewareHandler, Next } from "hono";
import { getCookie } from "hono/cookie";
import type { AppEnv } from "../app_env.ts";
import { personName, roleOf } from "../domain/role.ts";
import { deriveSessionKey, readProof, sessionCookieName, type SessionIdentity } from "../domain/session.ts";
import { readSignIn } from "../domain/sign_in_ways.ts";
import { ACCESS_HEADER, addressOfAssertion } from "./access.ts";
import { baseOf, isChange, pageOf, refuseCrossSite } from "./own_page.ts";

/**
 * Sets `c.var.caller` for whoever signed in; leaves it unset otherwise. An Authorization header goes before both,
 * but that of a gate's link, which says what was handed out and not who holds it.
 */
export function session(nowMs: () => number = Date.now): MiddlewareHandler<AppEnv> {
  return (c, next) => {
    const header = c.req.header("authorization");
    return header !== undefined && !isGateBearer(header) ? next() : recognise(c, next, nowMs);
  };
}

async function recognise(
  c: Context<AppEnv>,
  next: Next,
  nowMs: () => number,
): Promise<Response | void> {
  const who = ofCookie(c, nowMs()) ?? await ofAccess(c, nowMs());
  if (who === null) return await next();
  if (isChange(c) && pageOf(c) !== "own") return refuseCrossSite();
  const { provider, subject } = who;
  if (provider === "admin") {
    c.set("caller", { kind: "admin", via: "session" });
    return await next();
  }
  const { roles, github } = readSignIn(c.env);
  // A provider that was switched off vouches for nobody any more.
  if (provider === "github" && github === null) return await next();
  const role = roleOf(roles, provider, subject);
  if (role === null) c.set("roleless", `${provider}:${subject}`);
  else c.set("caller", { kind: "person", name: personName(provider, subject), role });
  return await next();
}

/** Has the header the token of a gate's link? */
export function isGateBearer(header: string): boolean {
  return /^\s*bearer\s+oag1\./i.test(header);
}

function ofCookie(c: Context<AppEnv>, nowMs: number): SessionIdentity | null {
  const cookie = getCookie(c, sessionCookieName(baseOf(c)));
  const adminToken = c.env.SHOPFLOOR_ADMIN_TOKEN;
  return cookie === undefined || !adminToken
    ? null
    : readProof(cookie, "session", deriveSessionKey(adminToken), nowMs);
}

async function ofAccess(c: Context<AppEnv>, nowMs: number): Promise<SessionIdentity | null> {
  const assertion = c.req.header(ACCESS_HEADER);
  if (assertion === undefined) return null;
  const { access } = readSignIn(c.env);
  const subject = access === null ? null : await addressOfAssertion(assertion, access, nowMs);
  return subject === null ? null : { provider: "access", subject };
}
