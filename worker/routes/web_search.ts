/** What agents would get of the web, for people who set it up: the same call by a user's token. */
import { Hono } from "hono";
import { toolParameters } from "../../protocol/agent/tools.ts";
import { webSearchResult } from "../../protocol/agent/tool_results.ts";
import type { AppEnv } from "../app_env.ts";
import { refusalResponse } from "../errors.ts";
import { askWeb } from "../tools/web.ts";
import { answer } from "./answer.ts";
import { readBody } from "./input.ts";
import { type Operation, PROJECT_PATH } from "./operation.ts";
import { toolRefusal } from "./tool_refusal.ts";

const PATH = `${PROJECT_PATH}/web-search`;

export function createWebSearchRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.post(PATH, async (c) => {
    const body = await readBody(c, toolParameters.af_web_search);
    if (!body.ok) return body.error;
    const who = await c.var.queue.authorizeScope(c.var.caller, { scope: "tasks:write", isLineFine: false });
    if (!who.ok) return answer(who);
    const found = await askWeb(body.value, c.env, Date.now());
    return found.ok ? c.json(found.value) : refusalResponse(toolRefusal(found.error));
  });
  return app;
}

export const WEB_SEARCH_OPERATIONS: readonly Operation[] = [
  {
    tag: "Web",
    method: "post",
    paths: [PATH],
    summary: "Search the web or fetch a page, as agents do",
    tokens: ["user"],
    scope: "tasks:write",
    body: toolParameters.af_web_search,
    answers: { 200: webSearchResult },
    refusals: [
      "409 web_search_off",
      "409 web_fetch_off",
      "409 cursor_stale",
      "403 page_refused",
      "415 page_not_text",
      "422 invalid_for_provider",
      "502 provider_unreachable",
      "502 provider_failed",
      "502 provider_denied",
      "502 provider_malformed",
      "502 page_too_many_redirects",
      "503 provider_throttled",
    ],
  },
];
