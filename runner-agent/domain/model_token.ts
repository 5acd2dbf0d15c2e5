/** What a credential command may print, and how long a token of it counts. Pure. */
import { err, ok, type Result } from "../../protocol/result.ts";
import { MODEL_TOKEN_EARLY_MS, MODEL_TOKEN_UNSAID_MS } from "../limits.ts";

export interface ModelToken {
  readonly token: string;
  readonly expiresAtMs: number;
}

const HEADER_TEXT = /^[\x21-\x7e]+$/;

/**
 * A line with the token, or JSON: `{"token": "...", "expiresAt": "2026-01-01T00:00:00Z"}` or with `"expiresInSeconds"`.
 * Errors say nothing of what was printed.
 */
export function readToken(printed: string, nowMs: number): Result<ModelToken, string> {
  const text = printed.trim();
  if (!text.startsWith("{")) {
    return HEADER_TEXT.test(text)
      ? ok({ token: text, expiresAtMs: nowMs + MODEL_TOKEN_UNSAID_MS })
      : err("it must print one token: printable ASCII without spaces");
  }
  let said: Readonly<Record<string, unknown>>;
  try {
    said = JSON.parse(text);
  } catch {
    return err("what it prints begins like JSON and is none");
  }
  const { token, expiresAt, expiresInSeconds } = said;
  if (typeof token !== "string" || !HEADER_TEXT.test(token)) {
    return err('its JSON must have "token": printable ASCII without spaces');
  }
  const expiresAtMs = typeof expiresAt === "string"
    ? Date.parse(expiresAt)
    : typeof expiresInSeconds === "number"
    ? nowMs + expiresInSeconds * 1_000
    : nowMs + MODEL_TOKEN_UNSAID_MS;
  if (!Number.isFinite(expiresAtMs)) {
    return err('its "expiresAt" must be a time such as 2026-01-01T00:00:00Z');
  }
  return expiresAtMs > nowMs ? ok({ token, expiresAtMs }) : err("its token has expired already");
}

/** Whether a token is used for one more request: not in its last minute, which a long request may outlive. */
export function isGood({ expiresAtMs }: ModelToken, nowMs: number): boolean {
  return nowMs < expiresAtMs - MODEL_TOKEN_EARLY_MS;
}
