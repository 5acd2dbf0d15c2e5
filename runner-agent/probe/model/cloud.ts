/**
 * The scripted model behind the other ways in: the token of a subscription, and two clouds. As strict as they are: what they do
 * not take is 401, a path of theirs that is none is 404, and a body in their own shape is read by the maker's rules.
 */
import { crc32 } from "node:zlib";
import { ANTHROPIC_OAUTH_BETA } from "../../limits.ts";
import type { ModelFormat } from "./format.ts";

/** How a provider is reached; absent: with its key. */
export type ModelWay =
  | { readonly kind: "oauth" }
  | { readonly kind: "vertex"; readonly project: string; readonly region: string }
  | { readonly kind: "bedrock" };

/** A request as the provider itself would get it; or how it is refused. */
export type Arrived =
  | { readonly kind: "is"; readonly url: URL; readonly body: string; readonly headers: Headers }
  | { readonly kind: "key_refused" | "not_found" }
  | { readonly kind: "bad_request"; readonly why: string };

const OTHER_KEYS = ["x-api-key", "x-goog-api-key", "api-key", "cookie"];
const BODY_VERSIONS = { vertex: "vertex-2023-10-16", bedrock: "bedrock-2023-05-31" } as const;

export function arrived(
  way: ModelWay,
  provider: ModelFormat["provider"],
  token: string | undefined,
  request: Request,
  url: URL,
  body: string,
): Arrived {
  const { headers } = request;
  const isLetIn = token !== undefined && headers.get("authorization") === `Bearer ${token}` &&
    OTHER_KEYS.every((name) => !headers.has(name)) && !url.searchParams.has("key");
  if (!isLetIn) return { kind: "key_refused" };
  if (way.kind === "oauth") {
    const betas = (headers.get("anthropic-beta") ?? "").split(",");
    const isNamed = betas.filter((beta) => beta === ANTHROPIC_OAUTH_BETA).length === 1;
    return isNamed ? { kind: "is", url, body, headers } : { kind: "key_refused" };
  }
  const place = way.kind === "bedrock"
    ? /^\/model\/([^/]+)\/(invoke|invoke-with-response-stream)$/
    : new RegExp(
      `^/v1(?:beta1)?/projects/${way.project}/locations/${way.region}/publishers/` +
        `${provider === "anthropic" ? "anthropic" : "google"}/models/([^/:]+):(\\w+)$`,
    );
  const [, model, call = ""] = place.exec(url.pathname) ?? [];
  if (model === undefined) return { kind: "not_found" };
  if (provider !== "anthropic") return { kind: "is", url, body, headers };
  return asMessages(way.kind, model, /stream/i.test(call), url, body, headers);
}

/** The clouds name the model in the path and the version in the body. */
function asMessages(
  kind: "vertex" | "bedrock",
  model: string,
  isStreaming: boolean,
  url: URL,
  body: string,
  sent: Headers,
): Arrived {
  const { anthropic_version, anthropic_beta: _beta, ...rest } = JSON.parse(body);
  if (anthropic_version !== BODY_VERSIONS[kind]) {
    return { kind: "bad_request", why: `anthropic_version: must be ${BODY_VERSIONS[kind]}` };
  }
  if ("model" in rest) return { kind: "bad_request", why: "model: Extra inputs are not permitted" };
  const headers = new Headers(sent);
  headers.set("anthropic-version", "2023-06-01");
  const messages = { ...rest, model, stream: isStreaming };
  return { kind: "is", url: new URL("/v1/messages", url), body: JSON.stringify(messages), headers };
}

/** Bedrock's stream: each event in a frame of its own (application/vnd.amazon.eventstream). */
export function asEventStream(response: Response): Response {
  if (response.headers.get("content-type") !== "text/event-stream" || response.body === null) return response;
  let rest = "";
  const frames = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(
    new TransformStream<string, Uint8Array>({
      transform(text, controller) {
        const lines = (rest + text).split("\n");
        rest = lines.pop()!;
        for (const line of lines) {
          if (!line.startsWith("data: ")) continue;
          const bytes = new TextEncoder().encode(line.slice("data: ".length)).toBase64();
          controller.enqueue(frame(JSON.stringify({ bytes })));
        }
      },
    }),
  );
  return new Response(frames, {
    status: response.status,
    headers: { "content-type": "application/vnd.amazon.eventstream" },
  });
}

const FRAME_HEADERS = {
  ":event-type": "chunk",
  ":content-type": "application/json",
  ":message-type": "event",
};
const STRING_TYPE = 7;
const PRELUDE_BYTES = 12;

function frame(payload: string): Uint8Array {
  const text = (value: string) => new TextEncoder().encode(value);
  const headers = Object.entries(FRAME_HEADERS).flatMap(([name, value]) => [
    name.length,
    ...text(name),
    STRING_TYPE,
    0,
    value.length,
    ...text(value),
  ]);
  const body = text(payload);
  const bytes = new Uint8Array(PRELUDE_BYTES + headers.length + body.length + 4);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length);
  view.setUint32(4, headers.length);
  view.setUint32(8, crc32(bytes.subarray(0, 8)));
  bytes.set(headers, PRELUDE_BYTES);
  bytes.set(body, PRELUDE_BYTES + headers.length);
  view.setUint32(bytes.length - 4, crc32(bytes.subarray(0, bytes.length - 4)));
  return bytes;
}
