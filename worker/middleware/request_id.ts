/** Gives every request an id: the client's, when it is well-formed, else a new one. Echoed in `x-request-id`. */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../app_env.ts";

/** Longer or stranger ids are not echoed: a header is no place for somebody else's text. */
const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

const HEADER = "x-request-id";
const SWITCHING_PROTOCOLS = 101;

/** Sets `c.var.requestId`. */
export function requestId(generate: () => string = () => crypto.randomUUID()) {
  return createMiddleware<AppEnv>(async function requestId(c, next) {
    const given = c.req.header(HEADER);
    const id = given !== undefined && REQUEST_ID.test(given) ? given : generate();
    c.set("requestId", id);
    await next();
    // An upgrade's response must stay the object that the platform made.
    if (c.res.status !== SWITCHING_PROTOCOLS) setHeader(c, id);
  });
}

/** `c.header` wraps a finished response and its body in new ones, which costs more than all other middleware together. */
function setHeader(c: Context<AppEnv>, id: string): void {
  try {
    c.res.headers.set(HEADER, id);
  } catch {
    // What an object answered has headers that cannot be changed.
    c.header(HEADER, id);
  }
}
