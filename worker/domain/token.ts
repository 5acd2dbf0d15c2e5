/**
 * Bearer tokens (design S1): `sf_{kind}_{project tag}_{43 characters}`, or `pct_...` for connections. The prefix lets secret scanners find them;
 * the tag, a hash of owner and project, tells a token of another project from garbage without a look-up; the rest
 * is 256 random bits. We keep SHA-256 of the whole text and nothing else.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { TOKEN_BYTES } from "../../protocol/limits.ts";
import type { TokenKind } from "./queue_state.ts";

export interface MintedToken {
  readonly text: string;
  readonly hash: string;
}

/** With the tokens of runs, which are made in `run_token.ts`: their run's id stands before the 43 characters. */
const TOKEN_PATTERN =
  /^(?:(?:sf_(?:user|runner)|pct)_([0-9a-f]{8})_|sf_(?:job|repository)_([0-9a-f]{8})_[0-9a-z]{26})[A-Za-z0-9_-]{43}$/;

/** Makes a token from at least 32 unguessable bytes. */
export function mintToken(kind: TokenKind, owner: string, project: string, random: Uint8Array): MintedToken {
  if (random.length < TOKEN_BYTES) {
    throw new RangeError(
      `Cannot make a token as it needs ${TOKEN_BYTES} random bytes: current value is ${random.length}`,
    );
  }
  // The reference's prefix of connection tokens (Line 4.1), by which clients know them.
  const prefix = kind === "connection" ? "pct" : `sf_${kind}`;
  const text = `${prefix}_${projectTag(owner, project)}_${base64Url(random.subarray(0, TOKEN_BYTES))}`;
  return { text, hash: tokenHash(text) };
}

/** What is stored and looked up instead of the token. */
export function tokenHash(text: string): string {
  EMPTY._cloneInto(hasher).update(ENCODER.encode(text)).digestInto(digest);
  return bytesToHex(digest);
}

/** Every request hashes its token: begun again in place, a hash needs no new buffers, which cost more than the hashing. */
const EMPTY = sha256.create();
const hasher = EMPTY.clone();
const digest = new Uint8Array(EMPTY.outputLen);
const ENCODER = new TextEncoder();

/** Has the text the form of a token that we hand out? Anything else needs no look-up to be refused. */
export function isTokenText(text: string): boolean {
  return TOKEN_PATTERN.test(text);
}

/** Does the text say that it belongs to another project than this one? */
export function namesOtherProject(text: string, owner: string, project: string): boolean {
  const match = TOKEN_PATTERN.exec(text);
  return match !== null && (match[1] ?? match[2]) !== projectTag(owner, project);
}

/** The tag in a token's text; null: it is none of ours. */
export function tagOfToken(text: string): string | null {
  const match = TOKEN_PATTERN.exec(text);
  return match === null ? null : match[1] ?? match[2] ?? null;
}

/** Where R2 has which projects have a tag: an empty object for each, of which the key says all. */
export function projectPlacesPrefix(tag: string): string {
  return `projects/${tag}/`;
}

/** The key of a project's. */
export function projectPlaceKey(owner: string, project: string): string {
  return `${projectPlacesPrefix(projectTag(owner, project))}${owner}/${project}`;
}

/** Reads it; null for a key of another form. */
export function projectOfPlaceKey(key: string): { readonly owner: string; readonly project: string } | null {
  const match = /^projects\/[0-9a-f]{8}\/([^/]+)\/([^/]+)$/.exec(key);
  return match === null ? null : { owner: match[1]!, project: match[2]! };
}

/** Names a project in the texts of its tokens. */
export function projectTag(owner: string, project: string): string {
  const name = `${owner}/${project}`;
  if (lastTag.name !== name) lastTag = { name, tag: tokenHash(name).slice(0, 8) };
  return lastTag.tag;
}

/** Most requests that meet are of the same project. */
let lastTag = { name: "", tag: "" };

const BASE64_URL = Array.from(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
  (char) => char.charCodeAt(0),
);

/** Base64url without padding; written here as the pure set has no Buffer and `btoa` takes strings. */
export function base64Url(bytes: Uint8Array): string {
  const codes: number[] = [];
  for (let i = 0; i < bytes.length; i += 3) {
    const group = ((bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)) >>> 0;
    const chars = Math.min(3, bytes.length - i) + 1;
    for (let c = 0; c < chars; c++) codes.push(BASE64_URL[(group >>> (18 - 6 * c)) & 63]!);
  }
  return String.fromCharCode(...codes);
}
