/**
 * Which page a request comes from. Browsers add what they know of a user (a cookie, a kept Basic password) to requests
 * that any site starts; they also say which site that is, in headers that a page cannot set.
 */
import type { Context } from "hono";
import type { AppEnv } from "../app_env.ts";
import { refusal, refusalResponse } from "../errors.ts";

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/** Could the request change something, or open a stream? */
export function isChange(c: Context<AppEnv>): boolean {
  return !SAFE_METHODS.has(c.req.method) || c.req.header("upgrade") !== undefined;
}

/** `own`: a page of this server. `other`: a page of another site. `unsaid`: a program, or a browser that does not tell. */
export function pageOf(c: Context<AppEnv>): "own" | "other" | "unsaid" {
  const site = c.req.header("sec-fetch-site");
  if (site !== undefined) return site === "same-origin" ? "own" : "other";
  const origin = c.req.header("origin");
  if (origin === undefined) return "unsaid";
  const own = [new URL(c.req.url).origin, c.env.PUBLIC_URL];
  return own.some((url) => !!url && new URL(url).origin === origin) ? "own" : "other";
}

/** The answer to a request that another site may have started. */
export function refuseCrossSite(): Response {
  return refusalResponse(
    refusal(
      403,
      "cross_site_request",
      "Cannot take this request as it must come from a page of this server",
    ),
  );
}
