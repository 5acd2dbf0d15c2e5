/** User and connection tokens of a project: their text is in one answer, the one that makes them. */
import { Hono } from "hono";
import { tokenInput } from "../../protocol/line/token.ts";
import { isoTime } from "../../protocol/line/time.ts";
import type { AppEnv } from "../app_env.ts";
import type { TokenView } from "../domain/job_queue_api.ts";
import { answer } from "./answer.ts";
import { readBody } from "./input.ts";
import { z } from "zod";
import { tokenAnswer, tokenMadeAnswer } from "../../protocol/line/answers.ts";
import { type Operation, PROJECT_PATH } from "./operation.ts";

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

const TOKENS = { tag: "Tokens", paths: [`${PROJECT_PATH}/tokens`], tokens: ["user"], scope: "*" } as const;

export const TOKEN_OPERATIONS: readonly Operation[] = [
  {
    ...TOKENS,
    method: "post",
    summary: "Make a user or connection token",
    description: "A request with an idempotency key is not answered twice: its answer holds the token.",
    body: tokenInput,
    answers: { 201: tokenMadeAnswer },
    refusals: ["400 expiry_in_the_past", "404 line_not_found"],
  },
  {
    ...TOKENS,
    method: "get",
    summary: "List tokens, without their text",
    answers: { 200: z.object({ tokens: z.array(tokenAnswer) }) },
  },
  {
    ...TOKENS,
    paths: [`${PROJECT_PATH}/tokens/:tokenId`],
    method: "delete",
    summary: "Delete a token",
    answers: { 204: null },
    refusals: ["404 token_not_found"],
  },
];
