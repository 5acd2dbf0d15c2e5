/**
 * Fetches one page of the web for an agent, as text.
 *
 * Every address, also that of each redirect, must be of a host that the operator allows, and public: a private one only
 * where the operator names it word for word. Nothing of ours goes along: no key, no cookie.
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import { pageText } from "../domain/page_text.ts";
import { publicUrl } from "../domain/public_url.ts";
import type { ProviderError } from "../domain/tool_error.ts";
import {
  TOOL_PROVIDER_TIMEOUT_MS,
  WEB_PAGE_MAX_BYTES,
  WEB_REDIRECTS_MAX,
  WEB_TEXT_MAX_CHARS,
} from "../limits.ts";
import { readAtMost } from "./ask.ts";

export interface WebPage {
  /** Where it was in the end. */
  readonly url: string;
  readonly title: string;
  readonly text: string;
}

export interface PageOptions {
  /** `docs.example.org`, `*.example.org`, `*`; a host may have a port. */
  readonly hosts: readonly string[];
  readonly fetch: (url: URL, init: RequestInit) => Promise<Response>;
}

const TEXT_TYPE = /^(text\/|application\/(json|xml|xhtml\+xml|javascript|rss\+xml|atom\+xml|x-yaml|toml)\b)/;

/** Null: where it leads may be asked. */
export function mayFetch(text: string, hosts: readonly string[]): Result<URL, ProviderError> {
  const url = publicUrl(text, hosts.filter((host) => !host.includes("*")));
  if (!url.ok) {
    const host = url.error.reason === "private_host" ? url.error.host : "";
    return err({ reason: "page_refused", why: url.error.reason, host });
  }
  const { host, hostname } = url.value;
  const isAllowed = hosts.some((rule) =>
    rule === "*" || rule === host || rule === hostname ||
    (rule.startsWith("*.") && hostname.endsWith(rule.slice(1)))
  );
  return isAllowed ? url : err({ reason: "page_refused", why: "host_not_allowed", host });
}

export async function fetchPage(
  address: string,
  { hosts, fetch }: PageOptions,
): Promise<Result<WebPage, ProviderError>> {
  const unreachable = err({ reason: "provider_unreachable" as const, provider: "web" as const });
  const signal = AbortSignal.timeout(TOOL_PROVIDER_TIMEOUT_MS);
  let at = address;
  for (let redirects = 0; redirects <= WEB_REDIRECTS_MAX; redirects++) {
    const url = mayFetch(at, hosts);
    if (!url.ok) return url;
    let response: Response;
    try {
      response = await fetch(url.value, {
        headers: { accept: "text/html,text/*;q=0.9,application/json;q=0.8", "user-agent": "shopfloor" },
        redirect: "manual",
        signal,
      });
    } catch {
      return unreachable;
    }
    const { status, headers } = response;
    const location = headers.get("location");
    if (status >= 300 && status < 400 && location !== null) {
      await response.body?.cancel();
      if (!URL.canParse(location, url.value.href)) {
        return err({ reason: "page_refused", why: "not_a_url", host: "" });
      }
      at = new URL(location, url.value).href;
      continue;
    }
    if (status !== 200) {
      await response.body?.cancel();
      return err({ reason: "provider_failed", provider: "web", status });
    }
    const contentType = (headers.get("content-type") ?? "text/html").toLowerCase();
    if (!TEXT_TYPE.test(contentType)) {
      await response.body?.cancel();
      return err({ reason: "page_not_text", contentType: contentType.slice(0, 60) });
    }
    const read = await readAtMost(response, WEB_PAGE_MAX_BYTES);
    if (read === null) return unreachable;
    const body = decode(read.bytes, contentType);
    const isHtml = /html/.test(contentType);
    const page = isHtml ? pageText(body) : { title: "", text: body.slice(0, WEB_TEXT_MAX_CHARS) };
    return ok({ url: url.value.href, ...page });
  }
  return err({ reason: "page_too_many_redirects" });
}

function decode(bytes: Uint8Array, contentType: string): string {
  const charset = /charset=["']?([a-z0-9_-]{2,30})/.exec(contentType)?.[1] ?? "utf-8";
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}
