/**
 * One request to a provider: bounded in time and bytes, never redirected. Errors name the status, never the address, a
 * key or a body.
 */
import type { z } from "zod";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { ProviderError, ProviderName } from "../domain/tool_error.ts";
import { TOOL_PROVIDER_JSON_MAX_BYTES, TOOL_PROVIDER_TIMEOUT_MS } from "../limits.ts";

export interface Provider {
  readonly name: ProviderName;
  /** Without a trailing slash. */
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: (url: URL, init: RequestInit) => Promise<Response>;
}

type Asked<T> = Promise<Result<T, ProviderError>>;

export interface AskOptions {
  readonly method?: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  /** What a 404 means. */
  readonly missing?: ProviderError;
}

/** Asks for JSON of a shape. */
export async function askJson<T extends z.ZodType>(
  provider: Provider,
  path: string,
  schema: T,
  options: AskOptions = {},
): Asked<z.output<T>> {
  const response = await ask(provider, path, options);
  if (!response.ok) return response;
  const bytes = await readAtMost(response.value, TOOL_PROVIDER_JSON_MAX_BYTES);
  const malformed = err({
    reason: "provider_malformed" as const,
    provider: provider.name,
    what: "its answer",
  });
  if (bytes === null) return err({ reason: "provider_unreachable", provider: provider.name });
  if (bytes.isCut) return malformed;
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes.bytes));
  } catch {
    return malformed;
  }
  const parsed = schema.safeParse(json);
  return parsed.success ? ok(parsed.data) : malformed;
}

/** Asks, and says what the status means. Redirects (3xx) are the caller's. */
export async function ask(provider: Provider, path: string, options: AskOptions = {}): Asked<Response> {
  const { name, baseUrl, headers, fetch } = provider;
  const { method = "GET", query = {}, body, missing } = options;
  const url = new URL(baseUrl + path);
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(key, String(value));
  }
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // A provider that sends its callers elsewhere would send the key there.
      redirect: "manual",
      signal: AbortSignal.timeout(TOOL_PROVIDER_TIMEOUT_MS),
    });
  } catch {
    return err({ reason: "provider_unreachable", provider: name });
  }
  const { status } = response;
  if (status < 400) return ok(response);
  await response.body?.cancel();
  const isThrottled = status === 429 ||
    (status === 403 &&
      (response.headers.get("x-ratelimit-remaining") === "0" || response.headers.has("retry-after")));
  if (isThrottled) return err({ reason: "provider_throttled", provider: name });
  if (missing !== undefined && (status === 404 || status === 410)) return err(missing);
  if (status === 401 || status === 403 || status === 404) {
    return err({ reason: "provider_denied", provider: name, status });
  }
  if (status === 400 || status === 422) return err({ reason: "invalid_for_provider", provider: name });
  return err({ reason: "provider_failed", provider: name, status });
}

/** The beginning of a body; null: it broke off. */
export async function readAtMost(
  response: Response,
  maxBytes: number,
): Promise<{ readonly bytes: Uint8Array; readonly isCut: boolean } | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  if (reader === undefined) return { bytes: new Uint8Array(), isCut: false };
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { bytes: join(chunks, size), isCut: false };
      const room = maxBytes - size;
      chunks.push(value.length > room ? value.subarray(0, room) : value);
      size += Math.min(value.length, room);
      if (value.length > room) {
        await reader.cancel();
        return { bytes: join(chunks, size), isCut: true };
      }
    }
  } catch {
    return null;
  }
}

/** The end of a body; null: it broke off. Never more than twice that is held. */
export async function readEnd(
  response: Response,
  maxBytes: number,
): Promise<{ readonly bytes: Uint8Array; readonly isCut: boolean } | null> {
  let chunks: Uint8Array[] = [];
  let size = 0;
  let isCut = false;
  const reader = response.body?.getReader();
  if (reader === undefined) return { bytes: new Uint8Array(), isCut: false };
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (value !== undefined) {
        chunks.push(value);
        size += value.length;
      }
      if (size > 2 * maxBytes || (done && size > maxBytes)) {
        chunks = [join(chunks, size).subarray(size - maxBytes)];
        size = maxBytes;
        isCut = true;
      }
      if (done) return { bytes: join(chunks, size), isCut };
    }
  } catch {
    return null;
  }
}

function join(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
