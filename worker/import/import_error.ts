/** Why a line could not be fetched from a repository. Never holds what came from there but names and counts. */
import type { UrlRefusal } from "./import_url.ts";

export type ImportError =
  | UrlRefusal
  /** Nobody answered, or not in time. */
  | { readonly reason: "unreachable"; readonly host: string }
  | { readonly reason: "refused"; readonly host: string; readonly status: number }
  | { readonly reason: "too_many_redirects"; readonly host: string }
  /** What answered is no git server, or one of before protocol version 2. */
  | { readonly reason: "not_git"; readonly host: string }
  | { readonly reason: "remote_error"; readonly host: string }
  | { readonly reason: "ref_not_found"; readonly ref: string }
  | { readonly reason: "too_large"; readonly bytesMax: number }
  | { readonly reason: "bad_pack" }
  | { readonly reason: "no_line"; readonly ref: string }
  | { readonly reason: "too_many_files"; readonly filesMax: number; readonly bytesMax: number };
