/**
 * Models over HTTP: where a call goes, with which key, and the conversation that is sent (Pipeline r05). The shapes of the
 * two wires are in `backend_chat.ts` and `backend_messages.ts`.
 */
import { ok, type Result } from "../../protocol/result.ts";
import { CHAT_COMPLETIONS } from "./backend_chat.ts";
import { MESSAGES } from "./backend_messages.ts";
import { failed } from "./backend_stream.ts";
import type { JsonSchema, Sampling } from "./ast.ts";
import type { PromptCall } from "./effect.ts";
import type { Fault } from "./fault.ts";
import { REFUSAL_MAX_CHARS } from "./limits.ts";

export interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** What is asked, whatever the wire. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly sampling: Sampling | null;
  /** Null: not said. */
  readonly think: boolean | null;
  readonly schema: JsonSchema | null;
  /** How the server takes a schema. */
  readonly schemaField: "format" | "response_format";
}

export interface ChatReply {
  readonly text: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly model: string | null;
}

/** One wire. */
export interface ChatWire {
  readonly sampling: readonly (keyof Sampling)[];
  url(baseUrl: string): string;
  headers(token: string | null): Readonly<Record<string, string>>;
  body(request: ChatRequest): string;
  /** The error says what is missing. */
  read(reply: unknown, request: ChatRequest): Result<ChatReply, string>;
}

export interface HttpTarget {
  readonly wire: ChatWire;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly model: string;
  readonly connectTimeoutMs: number;
  readonly readTimeoutMs: number;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** A model thinks for minutes before the first byte. */
const READ_TIMEOUT_MS = 300_000;
const LOCAL_BASE_URL = "http://localhost:11434/v1";
/** Where `vendor/model` goes when no base URL is given: with one, the server knows its own names (Pipeline s15). */
const VENDORS: Readonly<Record<string, { readonly baseUrl: string; readonly key: string | null }>> = {
  anthropic: { baseUrl: "https://api.anthropic.com/v1/messages", key: "ANTHROPIC_API_KEY" },
  openai: { baseUrl: "https://api.openai.com/v1", key: "OPENAI_API_KEY" },
  ollama: { baseUrl: LOCAL_BASE_URL, key: null },
};

/** The step's provider, then the environment, then a model on this machine. */
export function httpTarget(
  { provider, model: named }: PromptCall,
  environment: Readonly<Record<string, string>>,
): Result<HttpTarget, Fault> {
  const model = named ?? (environment["AIL_HTTP_MODEL"] || null);
  if (model === null) {
    return failed(
      "HttpRunner: no model specified: expected 'model' in the step or 'defaults', or AIL_HTTP_MODEL",
    );
  }
  const given = provider.baseUrl ?? (environment["AIL_HTTP_BASE_URL"] || null);
  const slash = model.indexOf("/");
  const vendor = given === null && slash > 0 && Object.hasOwn(VENDORS, model.slice(0, slash))
    ? VENDORS[model.slice(0, slash)]!
    : null;
  const baseUrl = (given ?? vendor?.baseUrl ?? LOCAL_BASE_URL).replace(/\/+$/, "");
  if (!isHttpUrl(baseUrl)) {
    return failed(
      `HttpRunner: the base URL must begin with http:// or https://: current value is '${baseUrl}'`,
    );
  }
  const token = provider.authToken ?? (environment["AIL_HTTP_TOKEN"] || null) ??
    (vendor?.key == null ? null : environment[vendor.key] || null);
  const wire = baseUrl.endsWith("/v1/messages") ? MESSAGES : CHAT_COMPLETIONS;
  return ok({
    wire,
    url: wire.url(baseUrl),
    headers: wire.headers(token),
    model: vendor === null ? model : model.slice(slash + 1),
    connectTimeoutMs: provider.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    readTimeoutMs: provider.readTimeoutMs ?? READ_TIMEOUT_MS,
  });
}

/** The step's wish wins over the environment's. */
export function thinkOf(
  sampling: Sampling | null,
  environment: Readonly<Record<string, string>>,
): boolean | null {
  if (sampling?.thinking !== undefined) return sampling.thinking >= 0.5;
  const said = environment["AIL_HTTP_THINK"];
  return said === undefined || said === "" ? null : said !== "false";
}

/** @param history Of the session that goes on; null for a new one. */
export function conversation(
  call: PromptCall,
  history: readonly ChatMessage[] | null,
): readonly ChatMessage[] {
  const user: ChatMessage = { role: "user", content: call.prompt };
  if (history !== null) return [...history, user];
  const system = [...(call.systemPrompt === null ? [] : [call.systemPrompt]), ...call.appendSystemPrompt]
    .join("\n\n");
  return system === "" ? [user] : [{ role: "system", content: system }, user];
}

/** The system message, and of the others the last `max`; null is all. */
export function slidingWindow(messages: readonly ChatMessage[], max: number | null): readonly ChatMessage[] {
  if (max === null) return messages;
  const said = messages.filter(({ role }) => role !== "system");
  return [
    ...messages.filter(({ role }) => role === "system"),
    ...said.slice(Math.max(0, said.length - max)),
  ];
}

/** `HTTP 404: words`, as much of them as somebody reads. */
export function refusedReply(status: number, body: string): { readonly ok: false; readonly error: Fault } {
  return failed(`HTTP ${status}: ${Array.from(body.trim()).slice(0, REFUSAL_MAX_CHARS).join("")}`);
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && ["http:", "https:"].includes(new URL(text).protocol);
}
