/**
 * A step of a request that looks, notes what it saw in the context, and refuses or lets pass, without waiting for anything.
 * It makes no promise of its own, as those of all steps live for as long as the request waits for its queue.
 */
import type { Context, MiddlewareHandler } from "hono";
import type { AppEnv } from "../app_env.ts";

/** `refuse` says null to let the request pass. */
export function guard(refuse: (c: Context<AppEnv>) => Response | null): MiddlewareHandler<AppEnv> {
  return (c, next) => {
    const refused = refuse(c);
    return refused === null ? next() : Promise.resolve(refused);
  };
}
