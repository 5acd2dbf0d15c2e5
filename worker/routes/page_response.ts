/** How every page leaves: as a document that runs no script and loads nothing but our own files, in its frame. */
import type { Context } from "hono";
import { type Child, jsx } from "hono/jsx";
import { isName } from "../../protocol/ids.ts";
import type { Scope } from "../../protocol/line/token.ts";
import type { AppEnv } from "../app_env.ts";
import { type Viewer, viewerOf } from "../domain/caller.ts";
import { roleMay } from "../domain/role.ts";
import { type Frame, FrameContext } from "../pages/frame.tsx";
import { MessagePage, NoRolePage, ReturnPage } from "../pages/sign_in.tsx";
import { waitingFor } from "./waiting_count.ts";

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
  "cross-origin-opener-policy": "same-origin",
};

type Document = { toString(): string | Promise<string> } | null;

/**
 * Sends a page. A GET of a page that says the same as the last time is answered with 304: `live.js` asks with what it got.
 *
 * @param waiting How many asks wait for an answer, where the route knows it; else the project's people are asked.
 */
export async function page(
  c: Context<AppEnv>,
  document: Document,
  status = 200,
  waiting: number | null = null,
): Promise<Response> {
  const [place, viewer] = [placeOf(c), viewerOf(c.var.caller)];
  const frame: Frame = { ...place, viewer, waiting: waiting ?? await waitingFor(c, viewer, place.project) };
  const framed = jsx(FrameContext.Provider, { value: frame }, document as Child);
  const html = `<!doctype html>${await framed.toString()}`;
  if (c.req.method !== "GET" || status !== 200) return c.html(html, status as 200, HEADERS);
  const tag = await tagOf(html);
  return unchanged(c, tag) ?? c.html(html, 200, { ...HEADERS, etag: tag });
}

/** 304 when the browser has what `tag` names already. A page that knows its revision asks before it gathers anything. */
export function unchanged(c: Context<AppEnv>, tag: string): Response | null {
  if (c.req.header("if-none-match") !== tag) return null;
  return c.body(null, 304, { etag: tag, "cache-control": "no-store" });
}

async function tagOf(html: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(html));
  // Weak: who compresses a page on its way may take a strong one off.
  return `W/"${btoa(String.fromCharCode(...new Uint8Array(digest).subarray(0, 18)))}"`;
}

function placeOf(c: Context<AppEnv>): Pick<Frame, "project" | "here"> {
  const { pathname, search } = new URL(c.req.url);
  const [, p, owner = "", project = ""] = pathname.split("/");
  const isOfProject = p === "p" && isName(owner) && isName(project);
  return { project: isOfProject ? { owner, project } : null, here: pathname + search };
}

/** Who looks, if they are signed in and may do what the scope says; else the page to send instead. */
export async function requireViewer(
  c: Context<AppEnv>,
  scope: Scope = "tasks:read",
): Promise<Viewer | Response> {
  const viewer = viewerOf(c.var.caller);
  if (viewer === null) return await toSignIn(c);
  return roleMay(viewer.role, scope) ? viewer : await forbidden(c, viewer, scope);
}

/** Sends whoever is not signed in to do that first, and then back to this page. */
export async function toSignIn(c: Context<AppEnv>): Promise<Response> {
  const viewer = viewerOf(c.var.caller);
  if (viewer !== null) return await forbidden(c, viewer, null);
  const { roleless } = c.var;
  if (roleless !== undefined) return await page(c, NoRolePage({ identity: roleless }), 403);
  const { pathname, search } = new URL(c.req.url);
  const isGet = c.req.method === "GET";
  // A link on another site does not bring the session along (`SameSite=Strict`); a page of ours that goes on does.
  if (isGet && c.req.header("sec-fetch-site") === "cross-site") {
    return await page(c, ReturnPage({ to: pathname + search, says: null }));
  }
  const next = isGet ? pathname + search : "/";
  return c.redirect(next === "/" ? "/signin" : `/signin?next=${encodeURIComponent(next)}`, 303);
}

function forbidden(c: Context<AppEnv>, viewer: Viewer, scope: Scope | null): Promise<Response> {
  const needs = scope === null ? "" : ` It needs a role that has '${scope}'.`;
  const message = `Your role, ${viewer.role}, does not allow this.${needs} Nothing was changed.`;
  return page(c, MessagePage({ title: "Not allowed", message }), 403);
}

/** Says that there is no such thing. */
export function missing(c: Context<AppEnv>, message = "There is no such task."): Promise<Response> {
  return page(c, MessagePage({ title: "Not found", message }), 404);
}
