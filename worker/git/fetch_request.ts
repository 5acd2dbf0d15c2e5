/** What a client asks of upload-pack, parsed from protocol 2 arguments or protocol 0 lines to one shape. Pure. */
import { err, ok, type Result } from "../../protocol/result.ts";
import { NO_FILTER, type ObjectFilter, parseFilter } from "./object_filter.ts";
import { isObjectId } from "./object_id.ts";
import { pktText, readPktLines } from "./pkt_line.ts";
import type { MalformedRequest } from "./receive_command.ts";

/** How much history the client wants. */
export type Deepen =
  | { readonly kind: "none" }
  | { readonly kind: "depth"; readonly depth: number; readonly isRelative: boolean }
  | { readonly kind: "range"; readonly sinceSeconds: number | null; readonly notRefs: readonly string[] };

export interface FetchRequest {
  readonly wants: readonly string[];
  readonly clientShallow: readonly string[];
  readonly deepen: Deepen;
  /** What a partial clone leaves out. */
  readonly filter: ObjectFilter;
  /** Commits that the client says it has, a flush between batches (protocol 0 answers each). */
  readonly haves: readonly ({ readonly kind: "have"; readonly id: string } | { readonly kind: "flush" })[];
  readonly isDone: boolean;
  readonly includeTag: boolean;
  readonly sideBand: boolean;
  readonly multiAckDetailed: boolean;
  readonly noDone: boolean;
}

/** What `git fetch --unshallow` sends as depth. */
export const INFINITE_DEPTH = 0x7fffffff;

const malformed = (detail: string) => err<MalformedRequest>({ reason: "malformed_request", detail });

/** Parses the arguments of protocol 2's `fetch`. */
export function parseFetchArguments(args: readonly string[]): Result<FetchRequest, MalformedRequest> {
  return collect(args.map((text) => ({ kind: "text", text })), {
    sideBand: true,
    multiAckDetailed: true,
    noDone: true,
  });
}

/** Parses the body of a protocol 0 request: wants, shallow and deepen, flush, haves, `done`. */
export function parseFetchBody(body: Uint8Array): Result<FetchRequest, MalformedRequest> {
  const lines = readPktLines(body);
  if (!lines.ok) return malformed("the request is not in pkt-line format");
  const texts: Line[] = [];
  let capabilities = new Set<string>();
  for (const line of lines.value) {
    if (line.kind === "flush") {
      texts.push({ kind: "flush" });
      continue;
    }
    const text = pktText(line);
    const listed = /^(want [0-9a-f]{40}) (.*)$/.exec(text);
    if (listed !== null) capabilities = new Set(listed[2]!.split(" "));
    texts.push({ kind: "text", text: listed?.[1] ?? text });
  }
  // The first flush only ends the wants.
  const end = texts.findIndex((line) => line.kind === "flush");
  if (end >= 0) texts.splice(end, 1);
  for (const option of ["deepen-relative", "include-tag"]) {
    if (capabilities.has(option)) texts.push({ kind: "text", text: option });
  }
  return collect(texts, {
    sideBand: capabilities.has("side-band-64k"),
    multiAckDetailed: capabilities.has("multi_ack_detailed"),
    noDone: capabilities.has("no-done"),
  });
}

type Line = { readonly kind: "text"; readonly text: string } | { readonly kind: "flush" };
type Options = Pick<FetchRequest, "sideBand" | "multiAckDetailed" | "noDone">;

function collect(lines: readonly Line[], options: Options): Result<FetchRequest, MalformedRequest> {
  const wants: string[] = [];
  const clientShallow: string[] = [];
  const haves: FetchRequest["haves"][number][] = [];
  const notRefs: string[] = [];
  const flags = new Set<string>();
  let depth: number | null = null;
  let sinceSeconds: number | null = null;
  let filter = NO_FILTER;
  for (const line of lines) {
    if (line.kind === "flush") {
      haves.push(line);
      continue;
    }
    const space = line.text.indexOf(" ");
    const word = space < 0 ? line.text : line.text.slice(0, space);
    const rest = space < 0 ? "" : line.text.slice(space + 1);
    if (word === "want" || word === "have" || word === "shallow") {
      if (!isObjectId(rest)) return malformed(`${word} without an object id`);
      if (word === "have") haves.push({ kind: "have", id: rest });
      else (word === "want" ? wants : clientShallow).push(rest);
    } else if (word === "deepen" || word === "deepen-since") {
      if (!/^\d{1,12}$/.test(rest)) return malformed(`${word} without a number`);
      if (word === "deepen") depth = Number(rest);
      else sinceSeconds = Number(rest);
    } else if (word === "filter") {
      const parsed = parseFilter(rest);
      if (!parsed.ok) return malformed(parsed.error);
      filter = parsed.value;
    } else if (word === "deepen-not") notRefs.push(rest);
    else flags.add(word);
  }
  const isRange = sinceSeconds !== null || notRefs.length > 0;
  if (isRange && depth !== null && depth > 0) return malformed("deepen with deepen-since or deepen-not");
  const deepen: Deepen = isRange
    ? { kind: "range", sinceSeconds, notRefs }
    : depth !== null && depth > 0
    ? { kind: "depth", depth, isRelative: flags.has("deepen-relative") }
    : { kind: "none" };
  const includeTag = flags.has("include-tag");
  return ok({
    wants,
    clientShallow,
    deepen,
    filter,
    haves,
    isDone: flags.has("done"),
    includeTag,
    ...options,
  });
}
