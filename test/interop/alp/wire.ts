/** Plain HTTP, and what came back, as it is. */

export interface Answer {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  /** Undefined when the body is no JSON. */
  // deno-lint-ignore no-explicit-any -- checks reach into answers of every shape
  readonly json: any;
  readonly text: string;
  readonly headers: Headers;
}

export interface CallOptions {
  /** Null or absent: no Authorization header. */
  readonly token?: string | null;
  /** Sent as JSON; a string or bytes are sent as they are, and undefined as no body. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

const CALL_MAX_MS = 30_000;

/** Never follows redirects; rejects when nobody answers in time. */
export async function call(method: string, url: string, options: CallOptions = {}): Promise<Answer> {
  const { token, body } = options;
  const isRaw = typeof body === "string" || body instanceof Uint8Array;
  const response = await fetch(url, {
    method,
    redirect: "manual",
    headers: {
      ...(token == null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined || isRaw ? {} : { "content-type": "application/json" }),
      ...options.headers,
    },
    ...(body === undefined ? {} : { body: isRaw ? body as BodyInit : JSON.stringify(body) }),
    signal: AbortSignal.timeout(options.timeoutMs ?? CALL_MAX_MS),
  });
  const text = await response.text();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { method, url, status: response.status, json, text, headers: response.headers };
}

export function isOk(answer: Answer): boolean {
  return answer.status >= 200 && answer.status < 300;
}

/** For messages: the call and its answer. */
export function answerText(answer: Answer): string {
  const path = new URL(answer.url).pathname;
  return `${answer.status} to ${answer.method} ${path} ${answer.text.slice(0, 200)}`;
}
