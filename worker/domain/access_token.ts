/** User and connection tokens: made with limits, listed without their text, deleted. */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { TokenInput } from "../../protocol/line/token.ts";
import type { Draft } from "./draft.ts";
import type { QueueError, TokenCreated, TokenView } from "./job_queue_api.ts";
import { findLine } from "./line_catalog.ts";
import { touchProject } from "./project.ts";
import type { QueueState, TokenGrant, TokenRecord } from "./queue_state.ts";
import type { MintedToken } from "./token.ts";

/** Digits of a token's hash that are its id: what cannot be turned back may be shown, and these never meet. */
const ID_DIGITS = 26;

/** What a token without limits may do: also one that was made before there were any. */
const NO_LIMITS: TokenGrant = { scopes: ["*"], lineId: null, expiresAtMs: null };

/** Makes a token; its text leaves once, in this answer. */
export function createToken(
  draft: Draft,
  actor: string,
  input: TokenInput & { readonly minted: MintedToken },
): Result<TokenCreated, QueueError> {
  const expiresAtMs = input.expiresAt ?? null;
  if (expiresAtMs !== null && expiresAtMs <= draft.nowMs) {
    return err({ reason: "expiry_in_the_past", expiresAtMs, nowMs: draft.nowMs });
  }
  if (input.lineId !== undefined) {
    const line = findLine(draft.before, input.lineId);
    if (!line.ok) return line;
  }
  touchProject(draft);
  const row: TokenRecord = {
    hash: input.minted.hash,
    kind: input.kind,
    name: input.name,
    runnerId: null,
    createdAtMs: draft.nowMs,
    grant: { scopes: input.scopes ?? ["*"], lineId: input.lineId ?? null, expiresAtMs },
  };
  draft.put({ kind: "token", row });
  draft.audit(`${input.kind}_token_created`, actor, {
    subject: `${input.kind}:${input.name}`,
    detail: row.grant!.scopes.join(" "),
  });
  return ok({ ...tokenView(row), token: input.minted.text });
}

/** Every user and connection token, the oldest first; also those that have expired, until somebody deletes them. */
export function listTokens(state: Pick<QueueState, "tokens">): TokenView[] {
  return accessTokens(state).map(tokenView)
    .sort((a, b) => a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1));
}

/** Deletes a token: from this decision on it is nobody's. */
export function deleteToken(draft: Draft, actor: string, tokenId: string): Result<null, QueueError> {
  const token = accessTokens(draft.before).find((t) => idOf(t) === tokenId);
  if (token === undefined) return err({ reason: "not_found", what: "token", id: tokenId });
  draft.put({ kind: "delete_token", hash: token.hash });
  draft.audit(`${token.kind}_token_deleted`, actor, { subject: `${token.kind}:${token.name}` });
  return ok(null);
}

function accessTokens(state: Pick<QueueState, "tokens">): TokenRecord[] {
  return [...state.tokens.values()].filter((token) => token.kind === "user" || token.kind === "connection");
}

function idOf(token: TokenRecord): string {
  return token.hash.slice(0, ID_DIGITS);
}

function tokenView(token: TokenRecord): TokenView {
  const { scopes, lineId, expiresAtMs } = token.grant ?? NO_LIMITS;
  return {
    id: idOf(token),
    name: token.name,
    kind: token.kind === "connection" ? "connection" : "user",
    scopes,
    lineId,
    createdAtMs: token.createdAtMs,
    expiresAtMs,
  };
}
