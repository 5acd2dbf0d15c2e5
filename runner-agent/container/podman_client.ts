/**
 * JSON over Podman's unix socket (libpod REST). It knows no meaning: what a status says is for the driver.
 *
 * Podman answers many refusals with 500 and a `cause`; the status alone is not enough, so both are returned.
 */

/** The version of the REST paths; 4.0.0 is the oldest that has all we use, and newer servers accept it. */
export const API_VERSION = "v4.0.0";

/** An answer of Podman; `body` is null when there was none. */
export interface PodmanReply {
  readonly status: number;
  // deno-lint-ignore no-explicit-any
  readonly body: any;
}

/** One Podman service. `close` frees its connections. */
export class PodmanClient {
  readonly #http: Deno.HttpClient;

  constructor(readonly socketPath: string) {
    this.#http = Deno.createHttpClient({ proxy: { transport: "unix", path: socketPath } });
  }

  /** Sends one request; rejects only when no answer came (service gone, or `signal` aborted). */
  async request(
    method: string,
    path: string,
    options: { body?: unknown; signal?: AbortSignal } = {},
  ): Promise<PodmanReply> {
    const response = await fetch(`http://podman/${API_VERSION}/libpod${path}`, {
      method,
      client: this.#http,
      signal: options.signal,
      headers: options.body === undefined ? {} : { "content-type": "application/json" },
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? null : JSON.parse(text) };
  }

  /** The same for an answer, or a body, that is read as it comes. */
  open(
    method: string,
    path: string,
    options: { body?: ReadableStream<Uint8Array>; contentType?: string; signal?: AbortSignal } = {},
  ): Promise<Response> {
    return fetch(`http://podman/${API_VERSION}/libpod${path}`, {
      method,
      client: this.#http,
      signal: options.signal,
      headers: options.contentType === undefined ? {} : { "content-type": options.contentType },
      body: options.body,
    });
  }

  close(): void {
    this.#http.close();
  }
}

/** What Podman says is the reason of a refusal. */
export function causeOf(reply: PodmanReply): string {
  return String(reply.body?.message ?? reply.body?.cause ?? "");
}

/** The exception for an answer that only a broken host gives. It quotes Podman, never our request (S1). */
export function unexpectedReply(action: string, reply: PodmanReply): Error {
  return new Error(
    `Cannot ${action} as Podman must accept it: current answer is ${reply.status} ${causeOf(reply)}`,
  );
}
