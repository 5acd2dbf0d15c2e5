/** How a tool of an agent says no, beside the queue's own reasons. Types only. */
import type { LibraryError } from "./library_api.ts";
import type { UrlRefusal } from "./public_url.ts";
import type { SpecFault, SpecStatus } from "./spec.ts";
import type { CursorStale } from "./text_page.ts";

/** What stands behind a tool: for messages. */
export type ProviderName = "github" | "brave" | "searxng" | "web";

export type ProviderError =
  | { readonly reason: "provider_unreachable"; readonly provider: ProviderName }
  | { readonly reason: "provider_failed"; readonly provider: ProviderName; readonly status: number }
  /** The key is not accepted, or may not do it. */
  | { readonly reason: "provider_denied"; readonly provider: ProviderName; readonly status: number }
  | { readonly reason: "provider_throttled"; readonly provider: ProviderName }
  | { readonly reason: "provider_malformed"; readonly provider: ProviderName; readonly what: string }
  | { readonly reason: "invalid_for_provider"; readonly provider: ProviderName }
  | {
    readonly reason: "remote_not_found";
    readonly what: "issue" | "ci_run" | "ci_job" | "pull_request";
    readonly id: string;
  }
  | { readonly reason: "ci_log_gone"; readonly id: string }
  | {
    readonly reason: "page_refused";
    readonly why: UrlRefusal["reason"] | "host_not_allowed";
    readonly host: string;
  }
  | { readonly reason: "page_not_text"; readonly contentType: string }
  | { readonly reason: "page_too_many_redirects" };

export type ToolError =
  | ProviderError
  | LibraryError
  | CursorStale
  | {
    readonly reason: "off";
    readonly what: "tracker" | "ci" | "web_search" | "web_fetch";
    readonly why: string;
  }
  | { readonly reason: "tracker_not_found"; readonly tracker: string; readonly trackers: readonly string[] }
  | { readonly reason: "project_not_yours"; readonly project: string; readonly expected: string }
  | { readonly reason: "spec_not_found"; readonly name: string; readonly names: readonly string[] }
  | { readonly reason: "no_specs" }
  | { readonly reason: "spec_ambiguous"; readonly names: readonly string[] }
  | { readonly reason: "spec_not_active"; readonly name: string; readonly status: SpecStatus }
  | {
    readonly reason: "spec_artifact_missing";
    readonly name: string;
    readonly artifact: string;
    readonly artifacts: readonly string[];
  }
  | { readonly reason: "spec_invalid"; readonly name: string; readonly faults: readonly SpecFault[] };
