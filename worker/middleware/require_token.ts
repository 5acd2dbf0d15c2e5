/**
 * Refuses, before any object is woken or made, who cannot be anybody: no token, or a text that is none of ours.
 * Everybody else is looked up by the project's queue.
 */
import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../app_env.ts";
import { queueRefusal, refusalResponse } from "../errors.ts";

/** Expects `c.var.caller` to be set. */
export function requireToken() {
  return createMiddleware<AppEnv>(async function requireToken(c, next) {
    if (c.get("caller").kind !== "nobody") return next();
    return refusalResponse(queueRefusal({ reason: "unauthenticated" }));
  });
}
