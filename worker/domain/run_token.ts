/**
 * The tokens that enter a sandbox with a run (S1): `sf_{job|repository}_{project tag}_{run id}{43 characters}`, where the
 * characters are HMAC-SHA256 over owner, project, kind and run id. Nothing is stored: who holds the key checks the text,
 * and the token is good exactly while its run is active. A run has one lease epoch for ever, so its id stands for both.
 * The same run asked for again has the same tokens.
 *
 * The key is derived from the admin token, SHA-256("shopfloor run key v1" | admin token), as that of gate links is
 * (`gate_key.ts`): changing the admin token ends the tokens of all runs that are under way. Without an admin token there
 * is no key, and no job is handed out.
 *
 * Pure: the admin token is an argument.
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { RunId } from "../../protocol/ids.ts";
import { isSameText } from "../../protocol/same_text.ts";
import { base64Url, projectTag } from "./token.ts";

export type RunTokenKind = "job" | "repository";

/** Makes the tokens of a run, of one kind at a time: most jobs need one of them. */
export interface RunTokens {
  job(runId: RunId): string;
  repository(runId: RunId): string;
}

const RUN_TOKEN = /^sf_(job|repository)_([0-9a-f]{8})_([0-7][0-9a-hjkmnp-tv-z]{25})([A-Za-z0-9_-]{43})$/;

const MAC_BYTES = 32;

/** Derives the key of the tokens of runs. */
export function deriveRunKey(adminToken: string): Uint8Array {
  return sha256(concatBytes(utf8ToBytes("shopfloor run key v1"), utf8ToBytes(adminToken)));
}

/** The tokens of the runs of one project. */
export function createRunTokens(key: Uint8Array, owner: string, project: string): RunTokens {
  const tag = projectTag(owner, project);
  // What depends on the key alone is hashed once.
  const keyed = hmac.create(sha256, key);
  const make = (kind: RunTokenKind) => {
    const started = keyed.clone().update(utf8ToBytes(`${owner}/${project}/${kind}/`));
    // One hash is begun again for every run: making its four buffers anew costs more than the hashing.
    const scratch = started.clone();
    const mac = new Uint8Array(MAC_BYTES);
    return (runId: RunId) => {
      started._cloneInto(scratch).update(asciiBytes(runId)).digestInto(mac);
      return `sf_${kind}_${tag}_${runId}${base64Url(mac)}`;
    };
  };
  return { job: make("job"), repository: make("repository") };
}

/** Has the text the form of a run's token? */
export function isRunTokenText(text: string): boolean {
  return RUN_TOKEN.test(text);
}

/** The run that a token of this project is of; null if we did not make it. Takes the same time for any wrong text. */
export function readRunToken(
  text: string,
  key: Uint8Array,
  owner: string,
  project: string,
): { readonly kind: RunTokenKind; readonly runId: RunId } | null {
  const match = RUN_TOKEN.exec(text);
  if (match === null) return null;
  const kind = match[1] as RunTokenKind;
  const runId = match[3] as RunId;
  return isSameText(createRunTokens(key, owner, project)[kind](runId), text) ? { kind, runId } : null;
}

/** Ids of runs are ASCII, and 26 characters are written in a fraction of the time of a `TextEncoder`. */
function asciiBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
