/** Gives every request an id: the client's, when it is well-formed, else a new one. Echoed in `x-request-id`. */
import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../app_env.ts";

/** Longer or stranger ids are not echoed: a header is no place for somebody else's text. */
const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

const SWITCHING_PROTOCOLS = 101;

/** Sets `c.var.requestId`. */
export function requestId(generate: () => string = () => crypto.randomUUID()) {
  return createMiddleware<AppEnv>(async function requestId(c, next) {
    const given = c.req.header("x-request-id");
    const id = given !== undefined && REQUEST_ID.test(given) ? given : generate();
    c.set("requestId", id);
    await next();
    // An upgrade's response must stay the object that the platform made.
    if (c.res.status !== SWITCHING_PROTOCOLS) c.header("x-request-id", id);
  });
}
