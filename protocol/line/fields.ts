/** The zod pieces that several wire schemas share: names, labels, bounded texts. */
import { z } from "zod";
import { isName, isUlid } from "../ids.ts";
import {
  DESCRIPTION_MAX_BYTES,
  LABEL_MAX_CHARS,
  LABELS_MAX,
  PAGE_DEFAULT,
  PAGE_MAX,
  REASON_MAX_CHARS,
  TITLE_MAX_CHARS,
} from "../limits.ts";

const NAME_RULE = "1 to 100 letters, digits, '.', '_' or '-', starting with a letter or digit";

/** A name chosen by a person, as a URL segment and git ref allow it. */
export function name<Brand extends string>() {
  return z.string().refine(isName, { error: `expected ${NAME_RULE}` }).transform((text) => text as Brand);
}

/** Bounds a text by its UTF-8 size: sizes are bytes, never characters. */
export function textUpToBytes(bytesMax: number) {
  return z.string().refine((text) => new TextEncoder().encode(text).length <= bytesMax, {
    error: `expected at most ${bytesMax} bytes`,
  });
}

/** Labels are exact and case-sensitive; duplicates fall together (Line 6). */
export const labels = z.array(z.string().min(1).max(LABEL_MAX_CHARS)).max(LABELS_MAX)
  .transform((list) => [...new Set(list)]);

/** How a station's labels are held against a runner's: all of them by the published rule, one by the reference (Line 6). */
export const labelMatching = z.enum(["superset", "overlap"]);
export type LabelMatching = z.infer<typeof labelMatching>;

export const title = z.string().trim().min(1).max(TITLE_MAX_CHARS);
export const description = textUpToBytes(DESCRIPTION_MAX_BYTES);
export const reason = z.string().max(REASON_MAX_CHARS);
export const priority = z.enum(["low", "medium", "high"]);
export type Priority = z.infer<typeof priority>;

/** A git object id: SHA-1 in hex. */
export const commitId = z.string().regex(/^[0-9a-f]{40}$/, { error: "expected 40 hex digits" });

/** The query of every list: how many rows, and from where on. A cursor is the id of the last row of the page before. */
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE_DEFAULT),
  cursor: z.string().refine(isUlid, { error: "expected the 'nextCursor' of the page before" }).optional(),
});

/** An address that many may read: it holds no credential (S1). */
export const publicUrl = z.string().max(2_000).refine((text) => {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
}, { error: "expected an http or https address without a credential" });
