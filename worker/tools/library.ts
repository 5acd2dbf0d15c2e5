/** `af_context_search`, `af_context_get` and `af_memory_recall` (Runtime 3.5): the scope is the agent's, never the caller's word. */
import type { ToolParameters } from "../../protocol/agent/tools.ts";
import type { ToolResult } from "../../protocol/agent/tool_results.ts";
import { isoTime } from "../../protocol/line/time.ts";
import { ok, type Result } from "../../protocol/result.ts";
import type { AgentScope, LibraryApi } from "../domain/library_api.ts";
import { pageOfList, pageOfText } from "../domain/text_page.ts";
import type { ToolError } from "../domain/tool_error.ts";

/** What models take for a token, on average; only a bound. */
const TOKEN_BYTES = 4;

export async function searchContext(
  input: ToolParameters<"af_context_search">,
  library: LibraryApi,
  scope: AgentScope,
): Promise<ToolResult<"af_context_search">> {
  const found = await library.searchContext(scope, {
    query: input.query,
    contextId: input.context_id ?? null,
    sourceId: input.source_id ?? null,
    limit: input.max_results,
  });
  const page = pageOfList(found, input.max_bytes, undefined);
  const chunks = page.ok
    ? page.value.items.map((chunk) => ({ ...chunk, headings: [...chunk.headings] }))
    : [];
  return { chunks, leftOut: found.length - chunks.length };
}

export async function getContext(
  input: ToolParameters<"af_context_get">,
  library: LibraryApi,
  scope: AgentScope,
): Promise<Result<ToolResult<"af_context_get">, ToolError>> {
  const found = await library.getSource(scope, { contextId: input.context_id, sourceId: input.source_id });
  if (!found.ok) return found;
  const { contextId, id, title, revision, text } = found.value;
  const page = pageOfText(text, input.max_bytes, input.cursor);
  return page.ok ? ok({ contextId, sourceId: id, title, revision, ...page.value }) : page;
}

export async function recallMemory(
  input: ToolParameters<"af_memory_recall">,
  library: LibraryApi,
  scope: AgentScope,
): Promise<ToolResult<"af_memory_recall">> {
  const { revision, items } = await library.recall(scope, { query: input.query, limit: input.max_items });
  const page = pageOfList(items, input.max_tokens * TOKEN_BYTES, undefined);
  return {
    revision,
    items: (page.ok ? page.value.items : []).map((item) => ({
      id: item.id,
      content: item.content,
      provenance: item.provenance,
      recordedAt: isoTime(item.recordedAtMs),
      ...(item.confidence === null ? {} : { confidence: item.confidence }),
      relevance: item.relevance,
    })),
  };
}
