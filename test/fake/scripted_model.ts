/**
 * The other end of the wire: a model provider on loopback that speaks the four formats of the agent CLIs, each
 * streaming and not, and does what a script says instead of thinking.
 *
 * 1. It is stateless: the turn is read from the conversation that the CLI sends, so retries and side requests (titles,
 *    summaries, requests without tools) cannot shift the script.
 * 2. As strict as the real ones: without the provider's own key in the provider's own header it answers 401.
 * 3. It records every request with the key it carried, so a test can prove who added it.
 */

import { anthropicMessages } from "./scripted_model_anthropic.ts";
import { openaiChat } from "./scripted_model_chat.ts";
import type { ModelFormat, ScriptedStep } from "./scripted_model_format.ts";
import { geminiGenerate } from "./scripted_model_gemini.ts";
import { openaiResponses } from "./scripted_model_responses.ts";

export type { ScriptedStep };

/** One request that arrived. */
export interface RecordedRequest {
  readonly method: string;
  readonly pathname: string;
  readonly search: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly status: number;
  /** Which turn of the script was played; null for side requests and refusals. */
  readonly turn: number | null;
}

export interface ScriptedModel extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string;
  readonly requests: readonly RecordedRequest[];
}

export interface ScriptedModelOptions {
  /** The key of each provider; requests with another one, or with none, get 401. */
  readonly keys: Readonly<Partial<Record<ModelFormat["provider"], string>>>;
  /** Turn 0 is the first answer to the prompt; each tool result that comes back adds one. */
  readonly script: (turn: number) => ScriptedStep;
}

/** What requests without the shell tool get: titles and summaries, which no test is about. */
const SIDE_ANSWER: ScriptedStep = { kind: "text", text: "ok" };

const FORMATS: readonly ModelFormat[] = [anthropicMessages, openaiResponses, openaiChat, geminiGenerate];
const KEY_HEADERS: Readonly<Record<ModelFormat["provider"], (key: string) => readonly [string, string]>> = {
  anthropic: (key) => ["x-api-key", key],
  openai: (key) => ["authorization", `Bearer ${key}`],
  gemini: (key) => ["x-goog-api-key", key],
};

/** Starts the model on a free port of loopback. */
export function startScriptedModel(options: ScriptedModelOptions): ScriptedModel {
  const requests: RecordedRequest[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const url = new URL(request.url);
    const body = await request.text();
    const { response, turn } = answer(options, request, url, body);
    requests.push({
      method: request.method,
      pathname: url.pathname,
      search: url.search,
      headers: Object.fromEntries(request.headers),
      body,
      status: response.status,
      turn,
    });
    return response;
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    requests,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function answer(
  options: ScriptedModelOptions,
  request: Request,
  url: URL,
  body: string,
): { readonly response: Response; readonly turn: number | null } {
  const format = FORMATS.find(({ matches }) => matches(url.pathname));
  if (format === undefined || request.method !== "POST") {
    return { response: Response.json({ error: { message: "not found" } }, { status: 404 }), turn: null };
  }
  const key = options.keys[format.provider];
  if (key === undefined || !carriesKey(request, format.provider, key)) {
    return { response: format.error(401, "invalid key"), turn: null };
  }
  const call = format.read(body, url);
  if (call.shellTool === null) return { response: format.write(call, SIDE_ANSWER), turn: null };
  return { response: format.write(call, options.script(call.turn)), turn: call.turn };
}

function carriesKey(request: Request, provider: ModelFormat["provider"], key: string): boolean {
  const [name, value] = KEY_HEADERS[provider](key);
  return request.headers.get(name) === value;
}
