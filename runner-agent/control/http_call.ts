/**
 * One call of the control plane, with its outcome as a value. Callers turn outcomes into policy.
 *
 * `ok`: 2xx with a body of the expected shape. `refused`: the control plane said no and would say so again (4xx, 501).
 * `unreachable`: nobody knows whether it happened; the call may be repeated (5xx, 408, 429, network, time-out, or an
 * answer that cannot be read).
 */
import type { z } from "zod";
import { ANSWER_MAX_BYTES, CALL_TIMEOUT_MS } from "../limits.ts";

export type CallOutcome<T> =
  | { readonly kind: "ok"; readonly value: T }
  | { readonly kind: "refused"; readonly status: number; readonly code: string; readonly message: string }
  | { readonly kind: "unreachable"; readonly detail: string };

export interface Call<T> {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Path and query below the server. */
  readonly path: string;
  /** Sent as JSON; bytes as text/plain. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly schema: z.ZodType<T>;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export type Caller = <T>(call: Call<T>) => Promise<CallOutcome<T>>;

const RETRYABLE_4XX: ReadonlySet<number> = new Set([408, 429]);
/** What this server does not have it will not have the next time. */
const NOT_IMPLEMENTED = 501;

/**
 * @param token Bearer of every call; null for a call that needs none.
 */
export function createCaller(serverUrl: string, token: string | null): Caller {
  return async function call<T>(request: Call<T>): Promise<CallOutcome<T>> {
    const timeout = AbortSignal.timeout(request.timeoutMs ?? CALL_TIMEOUT_MS);
    const signal = request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]);
    try {
      const response = await fetch(serverUrl.replace(/\/+$/, "") + request.path, {
        method: request.method,
        headers: {
          accept: "application/json",
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...contentType(request.body),
          ...request.headers,
        },
        body: bodyOf(request.body),
        redirect: "error",
        signal,
      });
      const text = await boundedText(response);
      if (response.ok) return readAnswer(text, request.schema);
      const isServersFault = response.status >= 500 && response.status !== NOT_IMPLEMENTED;
      if (response.status < 400 || isServersFault || RETRYABLE_4XX.has(response.status)) {
        return { kind: "unreachable", detail: `status ${response.status}` };
      }
      return { kind: "refused", status: response.status, ...readError(text) };
    } catch (error) {
      return { kind: "unreachable", detail: error instanceof Error ? error.name : "unknown error" };
    }
  };
}

function contentType(body: unknown): Record<string, string> {
  if (body === undefined) return {};
  return { "content-type": body instanceof Uint8Array ? "text/plain; charset=utf-8" : "application/json" };
}

function bodyOf(body: unknown): BodyInit | undefined {
  if (body === undefined) return undefined;
  return body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body);
}

/** The whole text of an answer. Rejects beyond {@link ANSWER_MAX_BYTES}. */
export async function boundedText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let sizeBytes = 0;
  for await (const chunk of response.body ?? []) {
    sizeBytes += chunk.length;
    if (sizeBytes > ANSWER_MAX_BYTES) throw new RangeError("Cannot read answer as it is too long");
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function readAnswer<T>(text: string, schema: z.ZodType<T>): CallOutcome<T> {
  const parsed = schema.safeParse(text === "" ? null : parseJson(text));
  if (parsed.success) return { kind: "ok", value: parsed.data };
  const issue = parsed.error.issues[0];
  return { kind: "unreachable", detail: `unexpected answer at '${issue?.path.join(".") ?? ""}'` };
}

function readError(text: string): { code: string; message: string } {
  const body = parseJson(text) as { error?: { code?: unknown; message?: unknown } } | undefined;
  const code = body?.error?.code;
  const message = body?.error?.message;
  return {
    code: typeof code === "string" ? code : "unknown",
    message: typeof message === "string" ? message : "",
  };
}

/** `undefined` for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
