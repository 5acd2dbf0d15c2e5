/** The page to sign in at: it says which ways there are. */
import { Hono } from "hono";
import type { AppEnv } from "../app_env.ts";
import { viewerOf } from "../domain/caller.ts";
import { ownPath } from "../domain/own_path.ts";
import { readSignIn } from "../domain/sign_in_ways.ts";
import { SignInPage } from "../pages/sign_in.tsx";
import { page } from "./page_response.ts";

/** `GET /signin`. */
export function createSignInPageRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.get("/signin", (c) => {
    const next = ownPath(c.req.query("next") ?? "/");
    const wasRefused = c.req.query("refused") !== undefined;
    if (viewerOf(c.var.caller) !== null && !wasRefused) return c.redirect(next, 303);
    const { github, access, faults } = readSignIn(c.env);
    const ways = {
      hasAdminToken: !!c.env.SHOPFLOOR_ADMIN_TOKEN,
      githubHost: github === null ? null : new URL(github.webUrl).host,
      accessTeam: access === null ? null : new URL(access.teamUrl).host,
      faults,
    };
    return page(c, SignInPage({ view: { wasRefused, next, ways } }));
  });
  return app;
}
