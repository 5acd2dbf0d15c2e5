/** What `deno task audit verify` says about an exported log. Pure. */
import { type ChainEntry, verifyChain } from "../../protocol/autonomy/audit_chain.ts";

export interface AuditReport {
  readonly isWhole: boolean;
  readonly text: string;
}

/**
 * Reads a log (the answer of the API, a JSON list of entries, or one entry a line) and recomputes it. Throws when it is none.
 *
 * @param knownHead A head that a second store knows: it must be the hash of one of the links. Null: none is known.
 */
export function auditReport(text: string, knownHead: string | null): AuditReport {
  const entries = readEntries(text);
  const verdict = verifyChain(entries);
  if (!verdict.isWhole) {
    const { index, seq, what, expected, came } = verdict;
    const lines = [
      `Broken at link ${index} (seq ${seq}, ${entries[index]!.type}): '${what}' does not hold.`,
      `  expected ${expected}`,
      `  came     ${came}`,
      `${index} of ${entries.length} links before it hold.`,
    ];
    return { isWhole: false, text: lines.join("\n") };
  }
  if (knownHead !== null && !entries.some((entry) => entry.hash === knownHead)) {
    const lines = [
      `Broken after link ${entries.length - 1}: the chain was cut off, or is another one.`,
      `  expected a link with the hash ${knownHead}`,
      `  came     ${entries.length} links, head ${verdict.head}`,
    ];
    return { isWhole: false, text: lines.join("\n") };
  }
  const noun = verdict.links === 1 ? "link holds" : "links hold";
  return { isWhole: true, text: `${verdict.links} ${noun}; head ${verdict.head}` };
}

function readEntries(text: string): readonly ChainEntry[] {
  const list = parse(text);
  return list.map((entry, index) => {
    if (!isEntry(entry)) throw new Error(`entry ${index} must have 'seq', 'type', 'prev' and 'hash'`);
    return entry;
  });
}

function parse(text: string): readonly unknown[] {
  let whole: unknown;
  try {
    whole = JSON.parse(text);
  } catch {
    return text.split("\n").filter((line) => line.trim() !== "").map((line, index) => {
      try {
        return JSON.parse(line) as unknown;
      } catch {
        throw new Error(`line ${index + 1} must be JSON`);
      }
    });
  }
  if (Array.isArray(whole)) return whole;
  const { entries } = (whole ?? {}) as { readonly entries?: unknown };
  if (Array.isArray(entries)) return entries;
  if (isEntry(whole)) return [whole];
  throw new Error("expected a list of entries");
}

function isEntry(value: unknown): value is ChainEntry {
  if (typeof value !== "object" || value === null) return false;
  const { seq, type, prev, hash } = value as Readonly<Record<string, unknown>>;
  return typeof seq === "number" && [type, prev, hash].every((one) => typeof one === "string");
}
