/**
 * Which page a request comes from. Browsers add what they know of a user (a cookie, a kept Basic password) to requests
 * that any site starts; they also say which site that is, in headers that a page cannot set.
 */
import type { Context, MiddlewareHandler } from "hono";
import type { AppEnv } from "../app_env.ts";
import { refusal, refusalResponse } from "../errors.ts";

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Refuses a form that another site sends to a page of ours, whoever is signed in: also the forms that need no session,
 * so that nobody is signed in by somebody else. What programs send (`/api/`, `/v1/`) names its token in a header.
 *
 * @param refuse What to say instead: the person may read it.
 */
export function ownForms(
  refuse: (c: Context<AppEnv>) => Response | Promise<Response>,
): MiddlewareHandler<AppEnv> {
  return (c, next) => {
    const isForPrograms = c.req.path.startsWith("/api/") || c.req.path.startsWith("/v1/");
    const isRefused = !isForPrograms && isChange(c) && pageOf(c) === "other";
    return isRefused ? Promise.resolve(refuse(c)) : next();
  };
}

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

/** The address of this server as people reach it, without a trailing slash. */
export function baseOf(c: Context<AppEnv>): string {
  return c.env.PUBLIC_URL ? c.env.PUBLIC_URL.replace(/\/+$/, "") : new URL(c.req.url).origin;
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
