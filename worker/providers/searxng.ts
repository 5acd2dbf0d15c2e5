/** A SearXNG of one's own, by its JSON API (`/search?format=json`, which its settings must allow). */
import { z } from "zod";
import { ok } from "../../protocol/result.ts";
import { plainSnippet } from "../domain/page_text.ts";
import type { WebSearch } from "../ports.ts";
import { askJson, type Provider } from "./ask.ts";

const answer = z.object({
  results: z.array(z.object({
    title: z.string(),
    url: z.string(),
    content: z.string().nullish(),
    publishedDate: z.string().nullish(),
  })),
});

export function createSearxng(provider: Provider): WebSearch {
  return {
    search: async ({ words, count, site, recency }) => {
      const q = site === undefined ? words : `${words} site:${site}`;
      const query = { q, format: "json", time_range: recency };
      const found = await askJson(provider, "/search", answer, { query });
      if (!found.ok) return found;
      return ok(
        found.value.results.slice(0, count).map(({ title, url, content, publishedDate }) => ({
          title: plainSnippet(title),
          url,
          snippet: plainSnippet(content ?? ""),
          ...(publishedDate == null ? {} : { publishedAt: publishedDate }),
        })),
      );
    },
  };
}
