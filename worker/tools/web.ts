/** `af_web_search` (Runtime 3.5). All that comes back is marked as what strangers wrote. */
import type { ToolParameters } from "../../protocol/agent/tools.ts";
import type { ToolResult } from "../../protocol/agent/tool_results.ts";
import { isoTime } from "../../protocol/line/time.ts";
import { ok, type Result } from "../../protocol/result.ts";
import { pageOfText } from "../domain/text_page.ts";
import type { ToolError } from "../domain/tool_error.ts";
import type { Env } from "../env.ts";
import { fetchPage } from "../providers/web_page.ts";
import { pageHosts, webSearch } from "./config.ts";

export async function askWeb(
  input: ToolParameters<"af_web_search">,
  env: Env,
  nowMs: number,
): Promise<Result<ToolResult<"af_web_search">, ToolError>> {
  const trust = "untrusted" as const;
  if (input.action === "search") {
    const engine = webSearch(env);
    if (!engine.ok) return engine;
    const { query = "", count, site, recency } = input;
    const found = await engine.value.search({ words: query, count, site, recency });
    return found.ok ? ok({ action: "search", trust, results: [...found.value] }) : found;
  }
  const hosts = pageHosts(env);
  if (!hosts.ok) return hosts;
  const page = await fetchPage(input.url!, { hosts: hosts.value, fetch: (url, init) => fetch(url, init) });
  if (!page.ok) return page;
  const { url, title, text } = page.value;
  const piece = pageOfText(text, input.max_bytes, input.cursor);
  if (!piece.ok) return piece;
  return ok({ action: "fetch", trust, url, title, retrievedAt: isoTime(nowMs), ...piece.value });
}
