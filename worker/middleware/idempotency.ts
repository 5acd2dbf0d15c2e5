/**
 * Reads `Idempotency-Key` of a POST, and where a route says so of another method, and gives the caller what the queue needs to carry the request out once: the key, and
 * a fingerprint of method, path and body.
 *
 * What does not go through a decision of the queue has an equivalent of its own: an artifact's id follows from the key; a
 * gate takes one answer and repeats it; a new gate link replaces the one before; a claim gives its holder the same run
 * again; output has sequences; a stage or stream told twice is told once. A poll repeated with its key is a new poll:
 * what the runner holds already is in `GET .../runners/{id}`, and a claim gives it again.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Context, MiddlewareHandler, Next } from "hono";
import type { AppEnv } from "../app_env.ts";
import { refusal, refusalResponse } from "../errors.ts";

const KEY = /^[\x20-\x7e]{1,255}$/;

/** Expects `c.var.caller` to be set. */
export function idempotency(methods: readonly string[] = ["POST"]): MiddlewareHandler<AppEnv> {
  return (c, next) => {
    const key = methods.includes(c.req.method) ? c.req.header("idempotency-key") : undefined;
    return key === undefined ? next() : onlyOnce(c, next, key);
  };
}

async function onlyOnce(c: Context<AppEnv>, next: Next, key: string): Promise<Response | void> {
  if (!KEY.test(key)) {
    const message =
      `Cannot use Idempotency-Key as it must be 1 to 255 printable characters: it has ${key.length} characters`;
    return refusalResponse(refusal(400, "invalid_idempotency_key", message));
  }
  const { pathname, search } = new URL(c.req.url);
  const body = new Uint8Array(await c.req.arrayBuffer());
  const { method } = c.req;
  const fingerprint = bytesToHex(sha256(concatBytes(utf8ToBytes(`${method} ${pathname}${search}\n`), body)));
  c.set("caller", { ...c.get("caller"), once: { key, fingerprint } });
  return await next();
}
