/**
 * Whom GitHub vouches for: a workflow's own token, as bearer, in calls about a project (`domain/workload.ts`). A token
 * that does not hold makes nobody.
 */
import type { Context, MiddlewareHandler, Next } from "hono";
import type { AppEnv } from "../app_env.ts";
import { readWorkloads, workloadOf } from "../domain/workload.ts";
import { bearerOf, projectIn } from "./auth.ts";
import { baseOf } from "./own_page.ts";
import { claimsOf } from "./signing_keys.ts";

/** A JSON web token begins so, and none of ours does. */
const JWT = /^eyJ[\w-]*\.[\w-]+\.[\w-]+$/;

/** Expects `c.var.caller`; sets it for a workflow that is trusted. */
export function workload(nowMs: () => number = Date.now): MiddlewareHandler<AppEnv> {
  return (c, next) => {
    if (c.get("caller").kind !== "nobody") return next();
    const token = bearerOf(c.req.header("authorization") ?? "");
    return token === null || !JWT.test(token) ? next() : recognise(c, next, token, nowMs());
  };
}

async function recognise(c: Context<AppEnv>, next: Next, token: string, nowMs: number): Promise<void> {
  const way = readWorkloads(c.env);
  const { owner, project } = projectIn(c.req.path);
  if (way !== null && owner !== undefined && project !== undefined) {
    const keys = { url: `${way.issuer}/.well-known/jwks`, event: "oidc_keys_unavailable" } as const;
    const claims = await claimsOf(token, keys, nowMs);
    const found = workloadOf(claims, way, { baseUrl: baseOf(c), owner, project, nowMs });
    if (found !== null) c.set("caller", { kind: "workload", ...found });
  }
  await next();
}
