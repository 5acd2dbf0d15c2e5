/** Signing a browser in by a link or the admin token, and out. The page itself is in `sign_in_page.ts`. */
import { timingSafeEqual } from "node:crypto";
import { type Context, Hono } from "hono";
import { deleteCookie, setCookie } from "hono/cookie";
import { z } from "zod";
import type { AppEnv } from "../app_env.ts";
import { viewerOf } from "../domain/caller.ts";
import { ownPath } from "../domain/own_path.ts";
import { deriveSessionKey, readProof, sessionCookieName, signProof } from "../domain/session.ts";
import { tokenHash } from "../domain/token.ts";
import { invalidInput, queueRefusal, refusal, refusalResponse } from "../errors.ts";
import { FORM_MAX_BYTES, SESSION_LIFE_MS, SIGNIN_LINK_LIFE_MS } from "../limits.ts";
import { bodyLimit } from "../middleware/body_limit.ts";
import { baseUrlOf } from "./input.ts";
import { sessionCookie } from "./session_cookie.ts";
import { linkAnswer } from "../../protocol/line/answers.ts";
import type { Operation } from "./operation.ts";

/** `code` is the code of a sign-in link, or the admin token. `next` is a path of ours to go to afterwards. */
const signIn = z.object({
  code: z.string().trim().min(1).max(1_000),
  next: z.string().max(1_000).default("/"),
});

/** Cloudflare's own page on each host that Access guards. */
const ACCESS_LOGOUT = "/cdn-cgi/access/logout";

/** `POST /session/links`, `POST /session` (form or JSON), `POST /session/end`. */
export function createSessionRoutes(nowMs: () => number = Date.now): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.use("/session/*", bodyLimit(FORM_MAX_BYTES));

  app.post("/session/links", (c) => {
    const adminToken = c.env.SHOPFLOOR_ADMIN_TOKEN;
    if (c.var.caller.kind === "nobody") return refusalResponse(queueRefusal({ reason: "unauthenticated" }));
    const { caller } = c.var;
    // A session that made links would outlive its time, and a person's the role that it has today.
    if (caller.kind !== "admin" || caller.via !== "token" || !adminToken) {
      const came = caller.kind === "token" ? "project" : viewerOf(caller) === null ? caller.kind : "session";
      return refusalResponse(queueRefusal({ reason: "wrong_token_kind", needed: ["admin"], came }));
    }
    const expiresAtMs = nowMs() + SIGNIN_LINK_LIFE_MS;
    const code = signProof("link", {}, expiresAtMs, deriveSessionKey(adminToken));
    const expiresAt = new Date(expiresAtMs).toISOString();
    return c.json({ url: `${baseUrlOf(c)}/signin#${code}`, expiresAt }, 201);
  });

  app.post("/session", async (c) => {
    const isJson = (c.req.header("content-type") ?? "").startsWith("application/json");
    const body = isJson ? await readJson(c) : await c.req.parseBody();
    const parsed = signIn.safeParse(body);
    if (!parsed.success) return refusalResponse(invalidInput(parsed.error, "body", body));
    const adminToken = c.env.SHOPFLOOR_ADMIN_TOKEN;
    const { code, next } = parsed.data;
    if (!adminToken || !isTrusted(code, adminToken, nowMs())) {
      if (!isJson) return c.redirect(`/signin?refused=1&next=${encodeURIComponent(next)}`, 303);
      return refusalResponse(
        refusal(
          401,
          "code_refused",
          "Cannot sign in as the code is not ours or has ended: ask for a new link",
        ),
      );
    }
    const expiresAtMs = nowMs() + SESSION_LIFE_MS;
    const identity = { provider: "admin", subject: "admin" } as const;
    const proof = signProof("session", identity, expiresAtMs, deriveSessionKey(adminToken));
    const baseUrl = baseUrlOf(c);
    setCookie(c, sessionCookieName(baseUrl), proof, sessionCookie(baseUrl));
    return isJson ? c.json({ ok: true, next: ownPath(next) }) : c.redirect(ownPath(next), 303);
  });

  app.post("/session/end", (c) => {
    const baseUrl = baseUrlOf(c);
    deleteCookie(c, sessionCookieName(baseUrl), { path: "/", secure: baseUrl.startsWith("https:") });
    return c.redirect(isOfAccess(c) ? ACCESS_LOGOUT : "/signin", 303);
  });
  return app;
}

function isTrusted(code: string, adminToken: string, nowMs: number): boolean {
  const encoder = new TextEncoder();
  const isAdminToken = timingSafeEqual(
    encoder.encode(tokenHash(code)),
    encoder.encode(tokenHash(adminToken)),
  );
  return isAdminToken || readProof(code, "link", deriveSessionKey(adminToken), nowMs) !== null;
}

/** Access says at each request who it is: only there can they sign out. */
function isOfAccess(c: Context<AppEnv>): boolean {
  const { caller, roleless } = c.var;
  return roleless?.startsWith("access:") ?? (caller.kind === "person" && caller.name.startsWith("mail:"));
}

async function readJson(c: Context<AppEnv>): Promise<unknown> {
  try {
    return await c.req.json();
  } catch {
    return undefined;
  }
}

export const SESSION_OPERATIONS: readonly Operation[] = [
  {
    tag: "Sign-in",
    method: "post",
    paths: ["/session/links"],
    summary: "Make a sign-in link for a browser",
    tokens: ["admin"],
    answers: { 201: linkAnswer },
  },
  {
    tag: "Sign-in",
    method: "post",
    paths: ["/session"],
    summary: "Exchange a link's code for a session",
    tokens: [],
    body: signIn,
    answers: { 200: z.object({ ok: z.literal(true), next: z.string() }) },
    refusals: ["401 code_refused"],
  },
];
