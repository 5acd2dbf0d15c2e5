/** Refuses a body that is too large before it is read, and while it is read when its length was not said. */
import { bodyLimit as honoBodyLimit } from "hono/body-limit";
import type { Context, MiddlewareHandler } from "hono";
import type { AppEnv } from "../app_env.ts";
import { refusal, refusalResponse } from "../errors.ts";

/**
 * Limits the body of a route, in bytes.
 *
 * @param hasOwn Requests whose routes have a limit of their own, which are let through.
 */
export function bodyLimit(
  maxBytes: number,
  hasOwn: (c: Context<AppEnv>) => boolean = () => false,
): MiddlewareHandler<AppEnv> {
  const refuse = () =>
    refusalResponse(
      refusal(413, "body_too_large", `Cannot read the body as it must be at most ${maxBytes} bytes`, {
        maxBytes,
      }),
    );
  const whileRead = honoBodyLimit({ maxSize: maxBytes, onError: refuse });
  return (c, next) => {
    if (hasOwn(c)) return next();
    const length = c.req.header("content-length");
    // Looking at the body makes a stream of it, which costs more than to read it: only where its length was not said.
    const isSaid = length !== undefined && /^\d+$/.test(length) &&
      c.req.header("transfer-encoding") === undefined;
    if (!isSaid) return whileRead(c, next);
    return Number(length) > maxBytes ? Promise.resolve(refuse()) : next();
  };
}
