/** How every page leaves: as a document that runs no script and loads nothing but our own files. */
import type { Context } from "hono";
import type { AppEnv } from "../app_env.ts";
import { MessagePage } from "../pages/sign_in.tsx";

const POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS = {
  "content-security-policy": POLICY,
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  // With "no-referrer", browsers send `Origin: null` with our own forms, and the session's fence would refuse them.
  "referrer-policy": "same-origin",
};

/** Sends a page. */
export async function page(
  c: Context<AppEnv>,
  document: { toString(): string | Promise<string> } | null,
  status = 200,
): Promise<Response> {
  const html = `<!doctype html>${await document?.toString() ?? ""}`;
  return c.html(html, status as 200, HEADERS);
}

/** Sends whoever is not signed in to do that first, and then back to this page. */
export function toSignIn(c: Context<AppEnv>): Response {
  const { pathname, search } = new URL(c.req.url);
  const next = c.req.method === "GET" ? pathname + search : "/";
  return c.redirect(next === "/" ? "/signin" : `/signin?next=${encodeURIComponent(next)}`, 303);
}

/** Says that there is no such thing. */
export function missing(c: Context<AppEnv>, message = "There is no such task."): Promise<Response> {
  return page(c, MessagePage({ title: "Not found", message }), 404);
}
