/**
 * The one way from a sandbox to a model: the agent's CLI sends plain HTTP with a placeholder key, and the runner sends
 * it on to the provider with the real one.
 *
 * 1. Whatever key the sandbox sent, in a header or the query, is removed; the real key is written in the provider's
 *    header and nowhere else (S1).
 * 2. A request reaches the provider's origin below its base path or nothing at all (S2): the path is checked by an
 *    allow list of characters, without any escapes, and redirects are not followed.
 * 3. Bodies stream both ways; a server-sent event leaves when it arrives.
 * 4. The key never comes back: it is cut from headers and bodies of every answer.
 * 5. An answer that refuses the key says so once: it carries `x-should-retry: false`. A token that was minted for it is not
 *    used again.
 */

import type { ModelProvider, ModelTokens } from "../ports.ts";
import type { PathRule } from "./model_paths.ts";
import { REDACTED, redactStream } from "./redact_stream.ts";

/** Why a request was not sent on, or not answered; the `code` of the JSON error that the CLI gets. */
export type ModelRouteErrorCode =
  | "model_path_not_allowed"
  | "model_method_not_allowed"
  | "model_redirect_refused"
  | "model_token_missing"
  | "model_unreachable";

export interface ModelRouteOptions {
  readonly provider: ModelProvider;
  /** The real key, or where its short-lived ones come from. */
  readonly key: string | ModelTokens;
  /** How it is written when it is no key of the provider's; absent: in the provider's header. */
  readonly keyHeader?: ModelProvider["keyHeader"];
  /** Features of the API (`anthropic-beta`) that go with it, besides those that the CLI names. */
  readonly betas?: readonly string[];
  /** What of the API is served; absent: all that {@link baseUrl} leads to. */
  readonly pathRule?: PathRule;
  /** Where requests go: the provider's own URL, or the one that replaces it. */
  readonly baseUrl: string;
  /** The path under which the sandbox reaches this route, such as `/model/anthropic`. */
  readonly prefix: string;
  /** Told of each answer of the provider: the status of one that refuses the key, null for every other. */
  readonly onKeyAnswer?: (refusedStatus: number | null) => void;
  /** Ends everything in flight, for when the sandbox is gone. A CLI that hangs up while it gets an answer needs none. */
  readonly signal?: AbortSignal;
  /** Sends the request; `globalThis.fetch` if absent. */
  readonly fetch?: (url: URL, init: RequestInit) => Promise<Response>;
}

const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST"]);
/** Segments of unreserved and sub-delimiter characters: no escapes, no backslashes, no empty segments. */
const PATH = /^(?:\/[A-Za-z0-9._~:@!$&'()*+,;=-]+)*\/?$/;
const KEY_REFUSED_STATUSES: ReadonlySet<number> = new Set([401, 403]);
const REDIRECT_STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const BODILESS_STATUSES: ReadonlySet<number> = new Set([204, 205, 304]);
/** A key that fits in a header unchanged. */
const KEY = /^[\x21-\x7e]+$/;

/** RFC 9110 7.6.1, and what only concerned the sandbox's own connection. */
const CONNECTION_HEADERS = [
  "connection",
  "content-length",
  "expect",
  "forwarded",
  "host",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
];
const KEY_HEADERS = ["api-key", "authorization", "cookie", "x-api-key", "x-goog-api-key"];
const KEY_PARAMETERS = ["access_token", "api-key", "api_key", "key"];

/**
 * Makes the handler of one provider. It never rejects; errors of its own are JSON `{ error: { code, message } }`.
 *
 * @throws RangeError if the key or the base URL of the runner's configuration cannot be used.
 */
export function createModelRoute(options: ModelRouteOptions): (request: Request) => Promise<Response> {
  const { provider } = options;
  const keyHeader = options.keyHeader ?? provider.keyHeader;
  const base = parseBaseUrl(options.baseUrl);
  const send = options.fetch ?? ((url: URL, init: RequestInit) => fetch(url, init));
  if (typeof options.key === "string") requireKey(provider, options.key);

  return async (request) => {
    const target = targetUrl(new URL(request.url), options.prefix, base, options.pathRule);
    if (target === null) return refusal(404, "model_path_not_allowed");
    if (!METHODS.has(request.method)) return refusal(405, "model_method_not_allowed");

    let key: string;
    try {
      key = typeof options.key === "string" ? options.key : await options.key.current();
    } catch {
      await request.body?.cancel();
      return refusal(502, "model_token_missing");
    }
    const headers = requestHeaders(request.headers);
    headers.set(keyHeader.name, keyHeader.prefix + key);
    for (const beta of options.betas ?? []) addBeta(headers, beta);
    let answer: Response;
    try {
      answer = await send(target, {
        method: request.method,
        headers,
        body: request.body,
        redirect: "manual",
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
    } catch {
      // The reason may quote the request; what the CLI needs to know is that nobody answered.
      return refusal(502, "model_unreachable");
    }
    const isRefused = KEY_REFUSED_STATUSES.has(answer.status);
    if (isRefused && typeof options.key !== "string") options.key.drop(key);
    options.onKeyAnswer?.(isRefused ? answer.status : null);
    const refused = refusedAnswer(answer);
    if (refused !== null) {
      await answer.body?.cancel();
      return refusal(502, refused);
    }
    const body = BODILESS_STATUSES.has(answer.status) ? null : answer.body;
    return new Response(body?.pipeThrough(redactStream(key)) ?? null, {
      status: answer.status,
      headers: answerHeaders(answer, key),
    });
  };
}

function requireKey({ keyVariable }: ModelProvider, key: string): void {
  if (KEY.test(key)) return;
  throw new RangeError(
    `Cannot create model route as ${keyVariable} must be printable ASCII without spaces: ` +
      `current value has ${key.length} characters`,
  );
}

/** The header is a list, in which the API wants no name twice. */
function addBeta(headers: Headers, beta: string): void {
  const named = (headers.get("anthropic-beta") ?? "").split(",").map((one) => one.trim()).filter((one) =>
    one !== "" && one !== beta
  );
  headers.set("anthropic-beta", [...named, beta].join(","));
}

function parseBaseUrl(text: string): URL {
  const base = URL.parse(text);
  if (base === null || !["http:", "https:"].includes(base.protocol)) {
    throw new RangeError(
      `Cannot create model route as the base URL must be an http or https URL: current value ${
        base === null ? "is no URL" : `has protocol ${base.protocol}`
      }`,
    );
  }
  if (base.username !== "" || base.password !== "" || base.search !== "" || base.hash !== "") {
    throw new RangeError(
      "Cannot create model route as the base URL must have no user, query or fragment: current value has one",
    );
  }
  return base;
}

/** The provider's URL for a request of the sandbox; null if it is outside of what the route serves. */
function targetUrl(
  requested: URL,
  prefix: string,
  base: URL,
  rule: PathRule = (path) => path,
): URL | null {
  if (requested.pathname !== prefix && !requested.pathname.startsWith(`${prefix}/`)) return null;
  const path = requested.pathname.slice(prefix.length);
  // Dot segments are resolved by now, but some servers also take `..;` for one.
  if (!PATH.test(path) || path.includes("..")) return null;
  const served = rule(path);
  if (served === null) return null;

  const target = new URL(base);
  target.pathname = base.pathname.replace(/\/+$/, "") + served;
  for (const [name, value] of requested.searchParams) {
    if (!KEY_PARAMETERS.includes(name.toLowerCase())) target.searchParams.append(name, value);
  }
  return target;
}

/** Why the sandbox must not see an answer; null if it may. */
function refusedAnswer({ type, status }: Response): ModelRouteErrorCode | null {
  if (type === "opaqueredirect" || REDIRECT_STATUSES.has(status)) return "model_redirect_refused";
  // Statuses that HTTP does not define cannot be passed on.
  return status >= 200 && status <= 599 ? null : "model_unreachable";
}

function requestHeaders(sent: Headers): Headers {
  const headers = withoutConnection(sent);
  for (const name of KEY_HEADERS) headers.delete(name);
  // The answer must be readable to be redacted.
  headers.set("accept-encoding", "identity");
  return headers;
}

function answerHeaders({ headers: received, status }: Response, key: string): Headers {
  const headers = withoutConnection(received);
  // `fetch` has already decoded the body.
  headers.delete("content-encoding");
  headers.delete("set-cookie");
  for (const [name, value] of [...headers]) {
    if (value.includes(key)) headers.set(name, value.replaceAll(key, REDACTED));
  }
  // The sandbox cannot have another key: without this some CLIs try the refused one for minutes.
  if (KEY_REFUSED_STATUSES.has(status)) headers.set("x-should-retry", "false");
  return headers;
}

/** A copy without the headers that belong to one connection, named by the standard or by `Connection` itself. */
function withoutConnection(all: Headers): Headers {
  const headers = new Headers(all);
  const named = (all.get("connection") ?? "").split(",").map((name) => name.trim()).filter(isHeaderName);
  for (const name of [...CONNECTION_HEADERS, ...named]) headers.delete(name);
  return headers;
}

function isHeaderName(text: string): boolean {
  return /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(text);
}

const MESSAGES: Readonly<Record<ModelRouteErrorCode, string>> = {
  model_path_not_allowed: "This path is not part of the model's API.",
  model_method_not_allowed: "The model route takes GET, HEAD and POST only.",
  model_token_missing: "The runner has no token of the model now; 'runner doctor' says why.",
  model_redirect_refused: "The model answered with a redirect, which the runner does not follow.",
  model_unreachable: "The runner could not reach the model.",
};

function refusal(status: number, code: ModelRouteErrorCode): Response {
  return Response.json({ error: { code, message: MESSAGES[code] } }, { status });
}
