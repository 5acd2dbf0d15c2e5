/**
 * Signing in with GitHub: OAuth's authorization code with state and PKCE (RFC 6749, 4.1; RFC 7636). GitHub's token is
 * used once, to ask who it is, and thrown away; what stays is a session that says who signed in.
 *
 * - `state` is a nonce that also stands in a signed cookie of this browser: an answer that was meant for another browser,
 *   or comes twice, signs nobody in.
 * - PKCE's verifier follows from `state` and our key; neither the browser nor GitHub's answer ever has it.
 * - The way back comes from another site, so a page of ours goes on by itself: then the session's cookie comes along.
 */
import { type Context, Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { z } from "zod";
import type { AppEnv } from "../app_env.ts";
import { ownPath } from "../domain/own_path.ts";
import { roleOf } from "../domain/role.ts";
import {
  codeChallengeOf,
  deriveCodeVerifier,
  deriveSessionKey,
  journeyCookieName,
  readProof,
  sessionCookieName,
  signProof,
  toBase64Url,
} from "../domain/session.ts";
import { type GitHubWay, readSignIn } from "../domain/sign_in_ways.ts";
import { SESSION_LIFE_MS, SIGN_IN_FETCH_TIMEOUT_MS, SIGN_IN_JOURNEY_LIFE_MS } from "../limits.ts";
import { MessagePage, NoRolePage, ReturnPage } from "../pages/sign_in.tsx";
import { baseUrlOf } from "./input.ts";
import { missing, page } from "./page_response.ts";
import { sessionCookie } from "./session_cookie.ts";

const CALLBACK = "/signin/github/callback";
const STATE_BYTES = 32;

const tokenAnswer = z.object({ access_token: z.string().min(1).max(1_000) });
const userAnswer = z.object({ login: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,98}$/) });

/** `GET /signin/github`, `GET /signin/github/callback`. */
export function createGitHubSignInRoutes(nowMs: () => number = Date.now): Hono<AppEnv> {
  const app = new Hono<AppEnv>();

  app.get("/signin/github", (c) => {
    const { github } = readSignIn(c.env);
    const adminToken = c.env.SHOPFLOOR_ADMIN_TOKEN;
    if (github === null || !adminToken) return missing(c, "Signing in with GitHub is not set up here.");
    const key = deriveSessionKey(adminToken);
    const state = toBase64Url(crypto.getRandomValues(new Uint8Array(STATE_BYTES)));
    const next = ownPath((c.req.query("next") ?? "/").slice(0, 1_000));
    const baseUrl = baseUrlOf(c);
    const proof = signProof("journey", { state, next }, nowMs() + SIGN_IN_JOURNEY_LIFE_MS, key);
    setCookie(c, journeyCookieName(baseUrl), proof, journeyCookie(baseUrl));
    const there = new URL(`${github.webUrl}/login/oauth/authorize`);
    there.search = new URLSearchParams({
      client_id: github.clientId,
      redirect_uri: baseUrl + CALLBACK,
      state,
      code_challenge: codeChallengeOf(deriveCodeVerifier(state, key)),
      code_challenge_method: "S256",
    }).toString();
    return c.redirect(there.href, 303);
  });

  app.get(CALLBACK, async (c) => {
    const { github, roles } = readSignIn(c.env);
    const adminToken = c.env.SHOPFLOOR_ADMIN_TOKEN;
    if (github === null || !adminToken) return missing(c, "Signing in with GitHub is not set up here.");
    const key = deriveSessionKey(adminToken);
    const baseUrl = baseUrlOf(c);
    const kept = getCookie(c, journeyCookieName(baseUrl));
    deleteCookie(c, journeyCookieName(baseUrl), journeyCookie(baseUrl));
    const journey = kept === undefined ? null : readProof(kept, "journey", key, nowMs());
    const { state, code } = c.req.query();
    if (journey === null || state !== journey.state) {
      return refuse(c, "This sign-in did not begin in this browser, or took too long.");
    }
    if (!code) return refuse(c, "GitHub did not let you in, or you did not let us ask who you are.");
    const verifier = deriveCodeVerifier(journey.state, key);
    const login = await askWho(github, { code, verifier, redirectUri: baseUrl + CALLBACK });
    if (login === null) return refuse(c, "GitHub did not say who you are.");
    const subject = login.toLowerCase();
    if (roleOf(roles, "github", subject) === null) {
      return page(c, NoRolePage({ identity: `github:${subject}` }), 403);
    }
    const proof = signProof("session", { provider: "github", subject }, nowMs() + SESSION_LIFE_MS, key);
    setCookie(c, sessionCookieName(baseUrl), proof, sessionCookie(baseUrl));
    return page(c, ReturnPage({ to: ownPath(journey.next), says: `You are signed in as ${login}.` }));
  });
  return app;
}

/** GitHub sends the person back from another site, which `Strict` would keep the cookie from. */
function journeyCookie(baseUrl: string) {
  const maxAge = SIGN_IN_JOURNEY_LIFE_MS / 1_000;
  return { ...sessionCookie(baseUrl), sameSite: "Lax", maxAge } as const;
}

function refuse(c: Context<AppEnv>, why: string): Promise<Response> {
  return page(
    c,
    MessagePage({ title: "Not signed in", message: `${why} Nothing was changed: try again.` }),
    400,
  );
}

interface Grant {
  readonly code: string;
  readonly verifier: string;
  readonly redirectUri: string;
}

/** The login behind a code; null when GitHub does not answer, or refuses. */
async function askWho(github: GitHubWay, grant: Grant): Promise<string | null> {
  const token = await ask(tokenAnswer, `${github.webUrl}/login/oauth/access_token`, {
    method: "POST",
    headers: { accept: "application/json" },
    body: new URLSearchParams({
      client_id: github.clientId,
      client_secret: github.clientSecret,
      code: grant.code,
      redirect_uri: grant.redirectUri,
      code_verifier: grant.verifier,
    }),
  });
  if (token === null) return null;
  const user = await ask(userAnswer, `${github.apiUrl}/user`, {
    headers: {
      accept: "application/vnd.github+json",
      authorization: `Bearer ${token.access_token}`,
      "user-agent": "shopfloor",
    },
  });
  return user?.login ?? null;
}

/** One answer in JSON, as the schema wants it. A redirect is none: it would take the secret elsewhere. */
async function ask<T extends z.ZodType>(
  schema: T,
  url: string,
  init: RequestInit,
): Promise<z.infer<T> | null> {
  try {
    const signal = AbortSignal.timeout(SIGN_IN_FETCH_TIMEOUT_MS);
    const response = await fetch(url, { ...init, redirect: "manual", signal });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return schema.parse(await response.json());
  } catch (cause) {
    // GitHub refuses a code with status 200 and another shape; a message may repeat what was sent, so it is not logged.
    const errorName = cause instanceof Error ? cause.name : "unknown";
    console.error(JSON.stringify({ event: "github_sign_in_failed", path: new URL(url).pathname, errorName }));
    return null;
  }
}
