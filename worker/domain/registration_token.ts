/**
 * A token with which somebody registers runners and can do nothing else, for less than an hour: shown once, on the page
 * of runners, to be pasted on another machine. Whoever may keep runners may make one, as it lets nobody do more.
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import { REGISTRATION_TOKEN_LIFE_MS, REGISTRATION_TOKENS_MAX } from "../limits.ts";
import { createToken, deleteToken, listTokens } from "./access_token.ts";
import type { Draft } from "./draft.ts";
import type { QueueError, TokenCreated } from "./job_queue_api.ts";
import type { MintedToken } from "./token.ts";

const NAME = "runner registration";

/** Makes one, and forgets those that have expired. */
export function createRegistrationToken(
  draft: Draft,
  actor: string,
  minted: MintedToken,
): Result<TokenCreated, QueueError> {
  const own = listTokens(draft.before).filter((token) =>
    token.name === NAME && token.scopes.length === 1 && token.scopes[0] === "runners:write"
  );
  const [over, living] = [true, false].map((isOver) =>
    own.filter(({ expiresAtMs }) => isOver === (expiresAtMs !== null && expiresAtMs <= draft.nowMs))
  ) as [typeof own, typeof own];
  // The oldest first: a button that is pressed again and again leaves no heap of secrets.
  const tooMany = living.slice(0, Math.max(0, living.length + 1 - REGISTRATION_TOKENS_MAX));
  for (const { id } of [...over, ...tooMany]) {
    const gone = deleteToken(draft, actor, id);
    if (!gone.ok) return err(gone.error);
  }
  const made = createToken(draft, actor, {
    name: NAME,
    kind: "user",
    scopes: ["runners:write"],
    expiresAt: draft.nowMs + REGISTRATION_TOKEN_LIFE_MS,
    minted,
  });
  return made.ok ? ok(made.value) : made;
}
