/**
 * The words of a web page: HTML to text, for a reader that has no eyes. One pass, no tree, bounded by the length of the
 * input; what is not meant to be read (scripts, styles, markup) is left out. Pure.
 */
import { WEB_TEXT_MAX_CHARS } from "../limits.ts";

/** Elements whose content is no text of the page. */
const SILENT = new Set([
  "script",
  "style",
  "noscript",
  "template",
  "svg",
  "iframe",
  "object",
  "head",
  "textarea",
]);
const BLOCKS = new Set(
  ("address article aside blockquote br dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li " +
    "main nav ol option p pre section table tbody td tfoot th thead tr ul").split(" "),
);
const ENTITIES: Readonly<Record<string, string>> = {
  ...{ amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " ", copy: "©", reg: "®", trade: "™" },
  ...{ hellip: "…", mdash: "—", ndash: "–", lsquo: "‘", rsquo: "’", ldquo: "“", rdquo: "”", bull: "•" },
  ...{
    middot: "·",
    times: "×",
    deg: "°",
    euro: "€",
    pound: "£",
    sect: "§",
    laquo: "«",
    raquo: "»",
    larr: "←",
    rarr: "→",
  },
};

export interface PageText {
  readonly title: string;
  readonly text: string;
}

/** Title and text of an HTML page. */
export function pageText(html: string): PageText {
  let text = "";
  let title = "";
  let at = 0;
  while (at < html.length && text.length < WEB_TEXT_MAX_CHARS) {
    const open = html.indexOf("<", at);
    text += html.slice(at, open < 0 ? html.length : open).replace(/\s+/g, " ");
    if (open < 0) break;
    const tag = tagAt(html, open);
    if (tag === null) {
      text += "<";
      at = open + 1;
      continue;
    }
    at = tag.end;
    if (tag.name === "head" && !tag.isEnd) {
      // Its title is the page's.
      const end = closing(html, at, "head");
      title = titleOf(html.slice(at, end.from));
      at = end.to;
    } else if (!tag.isEnd && !tag.isEmpty && SILENT.has(tag.name)) at = closing(html, at, tag.name).to;
    else if (BLOCKS.has(tag.name)) text += tag.name === "li" && !tag.isEnd ? "\n- " : "\n";
  }
  return {
    title: (title === "" ? titleOf(html) : title).slice(0, 300),
    text: tidy(decodeEntities(text.slice(0, WEB_TEXT_MAX_CHARS))),
  };
}

/** Markup out of a short text, as search engines put it around what was found. */
export function plainSnippet(html: string): string {
  return decodeEntities(html.replace(/<[^<>]*>/g, "")).replace(/\s+/g, " ").trim();
}

interface Tag {
  readonly name: string;
  readonly isEnd: boolean;
  readonly isEmpty: boolean;
  readonly end: number;
}

/** The tag, comment or declaration that begins at `open`; null: a bare `<`. */
function tagAt(html: string, open: number): Tag | null {
  if (html.startsWith("<!--", open)) {
    const end = html.indexOf("-->", open + 4);
    return { name: "", isEnd: false, isEmpty: true, end: end < 0 ? html.length : end + 3 };
  }
  const match = /^<(\/?)([A-Za-z][A-Za-z0-9-]{0,30})|^<[!?]/.exec(html.slice(open, open + 40));
  if (match === null) return null;
  let quote = "";
  for (let i = open + match[0].length; i < html.length; i++) {
    const char = html[i]!;
    if (quote !== "") quote = char === quote ? "" : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (char === ">") {
      const name = (match[2] ?? "").toLowerCase();
      return { name, isEnd: match[1] === "/", isEmpty: html[i - 1] === "/" || name === "", end: i + 1 };
    }
  }
  return { name: "", isEnd: false, isEmpty: true, end: html.length };
}

/** Where the end tag of a name is; without one, the element goes on to the end. */
function closing(html: string, from: number, name: string): { readonly from: number; readonly to: number } {
  const end = new RegExp(`</${name}[\\s>/]`, "gi");
  end.lastIndex = from;
  const match = end.exec(html);
  if (match === null) return { from: html.length, to: html.length };
  const close = html.indexOf(">", match.index);
  return { from: match.index, to: close < 0 ? html.length : close + 1 };
}

function titleOf(head: string): string {
  const open = /<title[^<>]{0,200}>/i.exec(head);
  if (open === null) return "";
  const from = open.index + open[0].length;
  return decodeEntities(head.slice(from, closing(head, from, "title").from)).replace(/\s+/g, " ").trim();
}

function decodeEntities(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z]{2,8}));/g,
    (whole, decimal, hex, name) => {
      if (name !== undefined) return ENTITIES[name] ?? whole;
      const code = decimal === undefined ? parseInt(hex, 16) : Number(decimal);
      const isText = code >= 32 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
      return isText ? String.fromCodePoint(code) : " ";
    },
  );
}

function tidy(text: string): string {
  return text.split("\n").map((line) => line.trim()).join("\n").replace(/\n{3,}/g, "\n\n").trim();
}
