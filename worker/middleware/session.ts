/**
 * Recognises a signed-in browser by its cookie and makes it the caller. A cookie travels with requests that other
 * sites start, so a request that changes something counts only when our own page sent it: the browser says so in
 * `Origin` or `Sec-Fetch-Site`, which a page cannot set. (`SameSite=Strict` is the other half of the fence.)
 */
import { getCookie } from "hono/cookie";
import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../app_env.ts";
import { deriveSessionKey, isProof, SESSION_COOKIE } from "../domain/session.ts";
import { isChange, pageOf, refuseCrossSite } from "./own_page.ts";

/** Sets `c.var.caller` for a valid cookie; leaves it unset otherwise. An Authorization header goes before a cookie. */
export function session(nowMs: () => number = Date.now) {
  return createMiddleware<AppEnv>(async function session(c, next) {
    const cookie = getCookie(c, SESSION_COOKIE);
    const adminToken = c.env.SHOPFLOOR_ADMIN_TOKEN;
    if (cookie === undefined || !adminToken || c.req.header("authorization") !== undefined) {
      return await next();
    }
    if (!isProof(cookie, "session", deriveSessionKey(adminToken), nowMs())) return await next();
    if (isChange(c) && pageOf(c) !== "own") return refuseCrossSite();
    c.set("caller", { kind: "admin", via: "session" });
    return await next();
  });
}
