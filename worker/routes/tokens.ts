/** User and connection tokens of a project: their text is in one answer, the one that makes them. */
import { Hono } from "hono";
import { tokenInput } from "../../protocol/line/token.ts";
import { isoTime } from "../../protocol/line/time.ts";
import type { AppEnv } from "../app_env.ts";
import type { TokenView } from "../domain/job_queue_api.ts";
import { answer } from "./answer.ts";
import { readBody } from "./input.ts";

/** A token as the wire has it: times in ISO-8601, as in `expiresAt` of what came in. */
function tokenBody<T extends TokenView>(view: T) {
  const { createdAtMs, expiresAtMs, ...rest } = view;
  return {
    ...rest,
    createdAt: isoTime(createdAtMs),
    createdAtMs,
    expiresAt: expiresAtMs === null ? null : isoTime(expiresAtMs),
  };
}

export function createTokenRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const path = "/api/owners/:owner/projects/:project/tokens";

  app.post(path, async (c) => {
    const body = await readBody(c, tokenInput);
    if (!body.ok) return body.error;
    const made = await c.var.queue.createToken(c.var.caller, body.value);
    return made.ok ? c.json(tokenBody(made.value), 201) : answer(made);
  });
  app.get(path, async (c) => {
    const tokens = await c.var.queue.listTokens(c.var.caller);
    return tokens.ok ? c.json({ tokens: tokens.value.map(tokenBody) }) : answer(tokens);
  });
  app.delete(`${path}/:tokenId`, async (c) => {
    const gone = await c.var.queue.deleteToken(c.var.caller, c.req.param("tokenId"));
    return gone.ok ? c.body(null, 204) : answer(gone);
  });
  return app;
}
