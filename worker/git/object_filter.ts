/**
 * What a partial clone leaves out (`--filter`): blobs from a size on, trees and blobs from a depth on, or both. What a
 * client wants by its id is sent in any case; that is how it fetches later what it left out. Pure.
 */
import { err, ok, type Result } from "../../protocol/result.ts";

export interface ObjectFilter {
  /** Blobs of this many bytes or more are left out; Infinity: none is. */
  readonly blobBytes: number;
  /** Trees and blobs this deep or deeper below the root tree, which is at 0, are left out; Infinity: none is. */
  readonly treeDepth: number;
}

/** Leaves nothing out. */
export const NO_FILTER: ObjectFilter = { blobBytes: Infinity, treeDepth: Infinity };

const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/**
 * Parses git's filter-spec: `blob:none`, `blob:limit=N[kmg]`, `tree:N`, and `combine:` of those. The error arm is a line
 * for the person who fetches: other filters are not known here.
 *
 * @example
 * ```ts
 * parseFilter("blob:limit=1k"); // { ok: true, value: { blobBytes: 1024, treeDepth: Infinity } }
 * ```
 */
export function parseFilter(spec: string): Result<ObjectFilter, string> {
  if (spec === "blob:none") return ok({ ...NO_FILTER, blobBytes: 0 });
  const limit = /^blob:limit=(\d{1,12})([kmg]?)$/i.exec(spec);
  if (limit !== null) {
    return ok({ ...NO_FILTER, blobBytes: Number(limit[1]) * UNITS[limit[2]!.toLowerCase()]! });
  }
  const depth = /^tree:(\d{1,9})$/.exec(spec);
  if (depth !== null) return ok({ ...NO_FILTER, treeDepth: Number(depth[1]) });
  if (!spec.startsWith("combine:")) {
    return err("only the filters blob:none, blob:limit and tree are known here");
  }
  let combined = NO_FILTER;
  for (const part of spec.slice("combine:".length).split("+")) {
    const decoded = decodePart(part);
    if (decoded === null || decoded.startsWith("combine:")) return err("the combined filter is malformed");
    const parsed = parseFilter(decoded);
    if (!parsed.ok) return parsed;
    combined = {
      blobBytes: Math.min(combined.blobBytes, parsed.value.blobBytes),
      treeDepth: Math.min(combined.treeDepth, parsed.value.treeDepth),
    };
  }
  return ok(combined);
}

function decodePart(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    if (cause instanceof URIError) return null;
    throw cause;
  }
}
