/**
 * What a project's URL is, and which ones git may be given at all.
 *
 * 1. Only `http`, `https`, `ssh`, `git` and the scp form `host:path` name a remote; `ext::` and every other helper
 *    of git is refused, as it names a program to run.
 * 2. A secret in a URL (`https://me:secret@host/`) never stays in it: it is taken out and travels as a header in
 *    git's environment, since git hands a URL on to its helpers as an argument (S1).
 * 3. A path or `file://` URL is `local`; whether it may be used is decided by `allowed_repository.ts`.
 *
 * Pure.
 */
import { err, ok, type Result } from "../../protocol/result.ts";

export type RepositoryUrl =
  | {
    readonly kind: "remote";
    /** Without a secret. */
    readonly url: string;
    /** Value of the header `Authorization` that the URL's own credentials amount to. */
    readonly authorization: string | null;
  }
  | { readonly kind: "local"; readonly path: string };

/** A sentence that says why, fit for a person. */
export type RepositoryUrlError = { readonly reason: "unsupported"; readonly hint: string };

const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;
/** `user@host:path`; a host of more than one letter or with a user, so that it is no drive of Windows. */
const SCP_FORM = /^(?:[A-Za-z0-9_][A-Za-z0-9._-]*@)?[A-Za-z0-9][A-Za-z0-9.-]*:(?!:)[^\s]+$/;
const HINT = "use an https, http, ssh or git URL, or an absolute path below an allowed directory";

/**
 * Reads `text` as the URL of a repository.
 *
 * @example
 * ```ts
 * parseRepositoryUrl("https://example.org/a.git"); // ok, remote
 * parseRepositoryUrl("ext::sh -c id"); // refused
 * ```
 */
export function parseRepositoryUrl(text: string): Result<RepositoryUrl, RepositoryUrlError> {
  // deno-lint-ignore no-control-regex
  if (text === "" || text.startsWith("-") || /[\x00-\x1f\x7f]/.test(text)) return refuse(HINT);
  if (text.startsWith("/")) return ok({ kind: "local", path: text });
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    return SCP_FORM.test(text) && !text.includes("::")
      ? ok({ kind: "remote", url: text, authorization: null })
      : refuse(HINT);
  }
  if (!URL.canParse(text)) return refuse("the URL cannot be read");
  const url = new URL(text);
  // ssh would read such a host or user as an option.
  if (url.hostname.startsWith("-") || url.username.startsWith("-")) return refuse(HINT);
  switch (scheme) {
    case "file": {
      const path = decode(url.pathname);
      return url.host === "" && path !== null ? ok({ kind: "local", path }) : refuse(HINT);
    }
    case "http":
    case "https":
      return withoutUserInfo(url);
    case "ssh":
    case "git":
      return url.password === ""
        ? ok({ kind: "remote", url: text, authorization: null })
        : refuse("a password in an ssh URL is of no use to git: use a key of the host");
    default:
      return refuse(HINT);
  }
}

function withoutUserInfo(url: URL): Result<RepositoryUrl, RepositoryUrlError> {
  const user = decode(url.username);
  const password = decode(url.password);
  if (user === null || password === null) return refuse("the user info of the URL cannot be read");
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  if (user === "" && password === "") return ok({ kind: "remote", url: bare.href, authorization: null });
  const bytes = new TextEncoder().encode(`${user}:${password}`);
  return ok({ kind: "remote", url: bare.href, authorization: `Basic ${bytes.toBase64()}` });
}

/** Percent-decodes; null if the text is no valid encoding. */
function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}

function refuse(hint: string): { readonly ok: false; readonly error: RepositoryUrlError } {
  return err({ reason: "unsupported", hint });
}
