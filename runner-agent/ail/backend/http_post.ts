/** One POST with a time to connect and a time of silence. Redirects are not followed: they would carry the key elsewhere. */
import * as http from "node:http";
import * as https from "node:https";
import { err, ok, type Result } from "../../../protocol/result.ts";
import { REPLY_MAX_BYTES } from "./limits.ts";

export interface PostRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly connectTimeoutMs: number;
  /** Without a byte. */
  readonly readTimeoutMs: number;
}

export interface PostReply {
  readonly status: number;
  readonly body: string;
}

/** @returns A sentence when there was no whole reply. */
export function post(request: PostRequest, signal: AbortSignal): Promise<Result<PostReply, string>> {
  const { promise, resolve } = Promise.withResolvers<Result<PostReply, string>>();
  const { url, body, connectTimeoutMs, readTimeoutMs } = request;
  const isSecure = new URL(url).protocol === "https:";
  const bytes = new TextEncoder().encode(body);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const sent = (isSecure ? https : http).request(url, {
    method: "POST",
    headers: {
      ...request.headers,
      "content-type": "application/json",
      "content-length": String(bytes.length),
      // A kept connection would hold the program open.
      connection: "close",
    },
    agent: false,
  });

  function settle(result: Result<PostReply, string>): void {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    sent.destroy();
    resolve(result);
  }
  function onAbort(): void {
    settle(err("cancelled"));
  }
  function waitAtMost(ms: number, what: string): void {
    clearTimeout(timer);
    timer = setTimeout(() => settle(err(`${what} within ${ms / 1000} s`)), ms);
  }

  waitAtMost(connectTimeoutMs, "no connection");
  signal.addEventListener("abort", onAbort);
  sent.on("socket", (socket) => {
    socket.on(isSecure ? "secureConnect" : "connect", () => waitAtMost(readTimeoutMs, "no answer"));
  });
  sent.on("error", (error) => settle(err((error as Error).message)));
  sent.on("response", (reply) => {
    const parts: Uint8Array[] = [];
    let size = 0;
    waitAtMost(readTimeoutMs, "no end of the answer");
    reply.on("data", (part: Uint8Array) => {
      parts.push(part);
      size += part.length;
      if (size > REPLY_MAX_BYTES) settle(err(`the answer is longer than ${REPLY_MAX_BYTES} bytes`));
      else waitAtMost(readTimeoutMs, "no end of the answer");
    });
    reply.on("error", (error: Error) => settle(err(error.message)));
    reply.on("aborted", () => settle(err("the connection ended within the answer")));
    reply.on("end", () => {
      const text = new TextDecoder().decode(concat(parts, size));
      settle(ok({ status: reply.statusCode ?? 0, body: text }));
    });
  });
  sent.end(bytes);
  return promise;
}

function concat(parts: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
