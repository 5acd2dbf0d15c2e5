/**
 * Recognises a signed-in browser by its cookie and makes it the caller. A cookie travels with requests that other
 * sites start, so a request that changes something counts only when our own page sent it: the browser says so in
 * `Origin` or `Sec-Fetch-Site`, which a page cannot set. (`SameSite=Strict` is the other half of the fence.)
 */
import { getCookie } from "hono/cookie";
import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../app_env.ts";
import { deriveSessionKey, isProof, SESSION_COOKIE } from "../domain/session.ts";
import { refusal, refusalResponse } from "../errors.ts";

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/** Sets `c.var.caller` for a valid cookie; leaves it unset otherwise. An Authorization header goes before a cookie. */
export function session(nowMs: () => number = Date.now) {
  return createMiddleware<AppEnv>(async function session(c, next) {
    const cookie = getCookie(c, SESSION_COOKIE);
    const adminToken = c.env.SHOPFLOOR_ADMIN_TOKEN;
    if (cookie === undefined || !adminToken || c.req.header("authorization") !== undefined) {
      return await next();
    }
    if (!isProof(cookie, "session", deriveSessionKey(adminToken), nowMs())) return await next();
    const changes = !SAFE_METHODS.has(c.req.method) || c.req.header("upgrade") !== undefined;
    const { origin } = new URL(c.req.url);
    if (
      changes &&
      !isOwnPage(c.req.header("origin"), c.req.header("sec-fetch-site"), [origin, c.env.PUBLIC_URL])
    ) {
      return refusalResponse(
        refusal(
          403,
          "cross_site_request",
          "Cannot take this request as it must come from a page of this server",
        ),
      );
    }
    c.set("caller", { kind: "admin", via: "session" });
    return await next();
  });
}

function isOwnPage(
  origin: string | undefined,
  fetchSite: string | undefined,
  own: readonly (string | undefined)[],
): boolean {
  if (fetchSite !== undefined) return fetchSite === "same-origin";
  return origin !== undefined && own.some((url) => !!url && new URL(url).origin === origin);
}
