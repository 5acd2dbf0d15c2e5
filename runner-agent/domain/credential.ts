/**
 * Named credentials of this machine, each for one address (ADR 0059): where one may be sent, and as what. Pure.
 *
 * 1. An address is an origin and a path; what is below it by whole segments of the path is covered, and nothing else: not
 *    `https://h/ab` by `https://h/a`, no other port, no other scheme.
 * 2. A path that servers may read otherwise than we do (an encoded separator, a dot segment, a backslash) is covered by nothing.
 * 3. A token travels over https, or in clear to a loopback address.
 * 4. Errors name the credential and its address, never a token, and of another address only that it is not covered.
 */
import { err, ok, type Result } from "../../protocol/result.ts";

/** What the settings file says of one; `command` prints the token (`domain/model_token.ts`). */
export interface CredentialSetting {
  readonly name: string;
  /** As `credentialAddress` takes it. */
  readonly address: string;
  readonly command: string;
  /** How the token is written: as the password of HTTP Basic, or as a bearer. */
  readonly scheme: CredentialScheme;
  /** Where it was said: file and line. */
  readonly from: string;
}

export type CredentialScheme = "basic" | "bearer";

/** Names as lines have them (`protocol/line/job_fields.ts`). */
export const CREDENTIAL_NAME = /^[A-Za-z0-9][\w.-]{0,99}$/;

/** The user of HTTP Basic beside a token, by which servers tell it from a password. */
const TOKEN_USER = "x-access-token";
const LOOPBACK_HOST = /^(?:127(?:\.\d{1,3}){3}|\[::1\]|localhost)$/;
/** `/`, `\`, `.` and `%` themselves, encoded, and control characters. */
const UNCLEAR_PATH = /%(?:2f|5c|2e|25|[01][0-9a-f]|7f)|\\|\/\//i;

/** Whether a token may be sent there (3). */
export function isSafeForToken(url: URL): boolean {
  return url.protocol === "https:" || (url.protocol === "http:" && LOOPBACK_HOST.test(url.hostname));
}

/** An address for a credential; its path without a slash at the end. */
export function credentialAddress(text: string): Result<URL, string> {
  const url = plainUrl(text);
  if (url === null) {
    return err("an https address without user, query or fragment, such as https://git.example/team");
  }
  if (!isSafeForToken(url)) return err("an https address; http is for this machine only");
  url.pathname = url.pathname.replace(/\/+$/, "");
  return ok(url);
}

/** Whether a credential for `address` may be sent to `target` (1, 2). */
export function coversAddress(address: string, target: string): boolean {
  const own = credentialAddress(address);
  const url = plainUrl(target);
  if (!own.ok || url === null || url.origin !== own.value.origin) return false;
  const prefix = segments(own.value);
  return segments(url).slice(0, prefix.length).join("/") === prefix.join("/");
}

/** The credential that a job names, if it may be used there; the error is for people. */
export function chooseCredential(
  credentials: readonly CredentialSetting[],
  name: string,
  target: string,
): Result<CredentialSetting, string> {
  const found = credentials.find((one) => one.name === name);
  if (found === undefined) {
    const shown = CREDENTIAL_NAME.test(name) ? `'${name}'` : "of that name";
    return err(`this runner has no credential ${shown}: its settings file must have it below 'credentials'`);
  }
  return coversAddress(found.address, target)
    ? ok(found)
    : err(`the credential '${name}' is for ${found.address}, and the address is not below it`);
}

/** The value of the header `Authorization`. */
export function authorizationOf(scheme: CredentialScheme, token: string): string {
  return scheme === "bearer" ? `Bearer ${token}` : `Basic ${btoa(`${TOKEN_USER}:${token}`)}`;
}

/** Null: not one that is read the same way by everybody. */
function plainUrl(text: string): URL | null {
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x20\x7f\\]/.test(text) || !/^https?:\/\//i.test(text)) return null;
  const url = URL.parse(text);
  if (url === null || url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    return null;
  }
  const written = text.replace(/^https?:\/\/[^/?#]*/i, "");
  // Dot segments are gone from what was read: they must not have been there.
  if (/(?:^|\/)\.{1,2}(?:\/|$)/.test(written) || UNCLEAR_PATH.test(written)) return null;
  return url;
}

function segments(url: URL): readonly string[] {
  return url.pathname.split("/").slice(1).filter((part, n, all) => part !== "" || n < all.length - 1);
}
