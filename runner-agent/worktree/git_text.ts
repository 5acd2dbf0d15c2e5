/**
 * What git wrote, made fit for an error or a log (S1): no user info of a URL, no authorization header, no secret
 * that the caller knows, and only the end of it.
 *
 * Pure.
 */

const USER_INFO = /([a-z][a-z0-9+.-]*:\/\/)[^\s/@'"]*@/gi;
const AUTHORIZATION = /(authorization:\s*)[^\r\n'"]+/gi;

/** Replaces the user info of every URL in `text`: `https://me:secret@host/` becomes `https://***@host/`. */
export function redactUserInfo(text: string): string {
  return text.replace(USER_INFO, "$1***@");
}

/**
 * Redacts `text` and keeps its last `maxBytes` bytes (UTF-8).
 *
 * @param secrets Exact strings that must not survive; empty ones are ignored.
 */
export function redactGitText(text: string, secrets: readonly string[], maxBytes: number): string {
  let clean = text;
  for (const secret of secrets) if (secret !== "") clean = clean.replaceAll(secret, "***");
  clean = redactUserInfo(clean).replace(AUTHORIZATION, "$1***").trim();
  const bytes = new TextEncoder().encode(clean);
  if (bytes.length <= maxBytes) return clean;
  // A cut inside a character decodes to U+FFFD at the front; it is dropped.
  return new TextDecoder().decode(bytes.subarray(bytes.length - maxBytes)).replace(/^\uFFFD+/, "");
}
