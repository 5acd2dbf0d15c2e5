/**
 * The audit chain of an ask (Autonomy 19.10): each entry carries the hash of the one before it.
 *
 *     hash = SHA-256(prev as hex | canonical JSON of the entry without `hash` and `prev`); the first prev is 64 zeros
 *
 * 1. Canonical JSON is that of RFC 8785: members sorted by UTF-16 code units, numbers and strings as ECMAScript writes them,
 *    no white space. It is written out here, as it is fifteen lines and `protocol/` takes no further package.
 * 2. A chain that was cut off at its end is a valid chain: its length and its head are compared with what a second store
 *    knows ({@link verifyChain}'s answer carries both).
 *
 * Pure.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/** The `prev` of the first entry. */
export const GENESIS_HASH = "0".repeat(64);

export interface ChainEntry {
  readonly seq: number;
  readonly type: string;
  readonly prev: string;
  readonly hash: string;
}

export type ChainVerdict =
  | { readonly isWhole: true; readonly links: number; readonly head: string }
  /** `what` names the field that does not fit. */
  | {
    readonly isWhole: false;
    readonly index: number;
    readonly seq: number;
    readonly what: "prev" | "hash" | "seq";
    readonly expected: string;
    readonly came: string;
  };

/** Writes JSON in the one form that is hashed. Throws for what JSON has no word for, such as `NaN`. */
export function canonicalJson(value: unknown): string {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new TypeError(
      `Cannot write as canonical JSON as numbers must be finite: current value is ${value}`,
    );
  }
  if (value === null || typeof value !== "object") {
    const text = JSON.stringify(value);
    if (text === undefined) {
      throw new TypeError(
        `Cannot write as canonical JSON as it must be JSON: current value is ${typeof value}`,
      );
    }
    return text;
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(",")}}`;
}

/** Hex of SHA-256 of a value's canonical JSON. */
export function jsonDigest(value: unknown): string {
  return bytesToHex(sha256(utf8ToBytes(canonicalJson(value))));
}

/** The hash of an entry; its own `prev` and `hash`, if it has them, do not count. */
export function entryHash(prev: string, entry: object): string {
  const { prev: _prev, hash: _hash, ...content } = entry as Readonly<Record<string, unknown>>;
  return bytesToHex(sha256(utf8ToBytes(prev + canonicalJson(content))));
}

/** Adds an entry to a chain that ends with `prev`. */
export function linkEntry<Content extends object>(
  prev: string,
  content: Content,
): Content & { readonly prev: string; readonly hash: string } {
  return { ...content, prev, hash: entryHash(prev, content) };
}

/** Recomputes a chain, oldest entry first, and names the first link that does not hold. */
export function verifyChain(entries: readonly ChainEntry[]): ChainVerdict {
  let head = GENESIS_HASH;
  let seq = 0;
  for (const [index, entry] of entries.entries()) {
    const broken = (what: "prev" | "hash" | "seq", expected: string, came: unknown): ChainVerdict => ({
      isWhole: false,
      index,
      seq: entry.seq,
      what,
      expected,
      came: String(came),
    });
    if (entry.prev !== head) return broken("prev", head, entry.prev);
    const hash = entryHash(head, entry);
    if (entry.hash !== hash) return broken("hash", hash, entry.hash);
    if (!(entry.seq >= seq)) return broken("seq", `at least ${seq}`, entry.seq);
    head = hash;
    seq = entry.seq;
  }
  return { isWhole: true, links: entries.length, head };
}
