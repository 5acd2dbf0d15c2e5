/**
 * What may be kept and shown of a request that waits for a person: enough to judge it, and nothing that opens a door (S1).
 *
 * 1. A preview is bounded, and names how much is missing.
 * 2. What looks like a credential is replaced: members and parameters that are named like one, the prefixes of known
 *    tokens, keys in PEM, and long runs of characters without a word. Rather too much than too little.
 *
 * Pure.
 */
import { APPROVAL_PREVIEW_MAX_CHARS, APPROVAL_URL_SHOWN_MAX_CHARS } from "../limits.ts";

const REDACTED = "[redacted]";
/**
 * How members, parameters and headers are called that hold a secret, from the word that tells it to the end of the name. What
 * comes before in a name is not looked at: from each place of a long text to the next such word, that takes a minute.
 */
const TELLING =
  "(?:pass(?:word|wd|phrase)?|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|auth(?:orization)?|cookie|session|signature|jwt|bearer)[\\w.-]*";
const SHORT_NAME = "(?:key|sig|pwd)";

/** Each with what stays of the match before the secret. */
const RULES: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/-----BEGIN [A-Z0-9 ]{1,60}-----[\s\S]*?(?:-----END [A-Z0-9 ]{1,60}-----|$)/g, REDACTED],
  // JSON: "password": "..." and "token": 12345, closed or cut off.
  [
    new RegExp(`((?:${TELLING}|"${SHORT_NAME})"\\s*:\\s*)(?:"(?:[^"\\\\]|\\\\.)*(?:"|$)|-?[\\w.+-]+)`, "gi"),
    `$1"${REDACTED}"`,
  ],
  // Forms, headers, assignments: password=..., Authorization: Bearer ...
  [
    new RegExp(
      `((?:${TELLING}|\\b${SHORT_NAME})\\s*[=:]\\s*)(?:(?:bearer|basic|token)\\s+)?[^\\s&;,"'<>{}\\[\\]]+`,
      "gi",
    ),
    `$1${REDACTED}`,
  ],
  [/\b(bearer|basic)\s+[A-Za-z0-9+/_.~-]{8,}=*/gi, `$1 ${REDACTED}`],
  [
    /\b(?:gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|sk-|rk_|pk_live_|sk_live_|alp_|oag1\.|whsec_|whsk_|AKIA|ASIA|AIza|ya29\.|npm_|dop_v1_|eyJ)[A-Za-z0-9+/_.=-]{6,}/g,
    REDACTED,
  ],
  [/\b[A-Za-z0-9+_-]{40,}={0,2}/g, REDACTED],
];

/** The beginning of a body without what looks like a secret; null: there is none. */
export function bodyPreview(body: string | null): string | null {
  if (body === null || body === "") return null;
  // What follows the cut could be the end of a secret that is not recognised without it: it is cut before.
  const cut = redact(body.slice(0, 2 * APPROVAL_PREVIEW_MAX_CHARS));
  const shown = printable(cut.slice(0, APPROVAL_PREVIEW_MAX_CHARS));
  const isWhole = body.length <= APPROVAL_PREVIEW_MAX_CHARS && cut.length <= APPROVAL_PREVIEW_MAX_CHARS;
  return isWhole ? shown : `${shown}… (of ${body.length} characters)`;
}

/** A URL as it is shown: without user and password, and without secrets in its query. */
export function urlPreview(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null) return redact(url.slice(0, APPROVAL_URL_SHOWN_MAX_CHARS));
  const { protocol, host, pathname, search, username, password } = parsed;
  const user = username === "" && password === "" ? "" : `${REDACTED}@`;
  const shown = `${protocol}//${user}${host}${redact(pathname)}${redact(search)}`;
  return shown.length <= APPROVAL_URL_SHOWN_MAX_CHARS
    ? shown
    : `${shown.slice(0, APPROVAL_URL_SHOWN_MAX_CHARS)}…`;
}

/** A text without what looks like a secret. */
export function redact(text: string): string {
  return RULES.reduce((left, [pattern, replacement]) => left.replace(pattern, replacement), text);
}

/** Control characters could draw something else on a terminal. */
function printable(text: string): string {
  // deno-lint-ignore no-control-regex -- they are what is replaced
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}
