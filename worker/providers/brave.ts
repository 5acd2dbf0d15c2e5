/** Brave's web search (`/res/v1/web/search`). */
import { z } from "zod";
import { ok } from "../../protocol/result.ts";
import { plainSnippet } from "../domain/page_text.ts";
import type { WebSearch } from "../ports.ts";
import { askJson, type Provider } from "./ask.ts";

const answer = z.object({
  web: z.object({
    results: z.array(z.object({
      title: z.string(),
      url: z.string(),
      description: z.string().nullish(),
      page_age: z.string().nullish(),
    })),
  }).nullish(),
});

const FRESHNESS = { day: "pd", week: "pw", month: "pm", year: "py" } as const;

export function createBrave(provider: Provider): WebSearch {
  return {
    search: async ({ words, count, site, recency }) => {
      const q = site === undefined ? words : `${words} site:${site}`;
      const freshness = recency === undefined ? undefined : FRESHNESS[recency];
      const found = await askJson(provider, "/res/v1/web/search", answer, { query: { q, count, freshness } });
      if (!found.ok) return found;
      return ok(
        (found.value.web?.results ?? []).slice(0, count).map(({ title, url, description, page_age }) => ({
          title: plainSnippet(title),
          url,
          snippet: plainSnippet(description ?? ""),
          ...(page_age == null ? {} : { publishedAt: page_age }),
        })),
      );
    },
  };
}
