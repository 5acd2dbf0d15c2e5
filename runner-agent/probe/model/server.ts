/**
 * The other end of the wire: a model provider on loopback that speaks the four formats of the agent CLIs, each
 * streaming and not, and does what a script says instead of thinking. `runner harness probe` boots CLIs against it, and so
 * do our tests.
 *
 * 1. It keeps no state of a conversation: where a script is, is read from what the CLI sends, so retries and side requests
 *    (titles, summaries, requests without tools) cannot shift it.
 * 2. As strict as the real ones: 401 without the provider's own key in the provider's own header, 400 for a request that
 *    the provider would not understand, each in the provider's own shape.
 * 3. It records every request with the key that it carried, so a test can prove who added it.
 */

import { anthropicMessages } from "./anthropic.ts";
import { arrived, asEventStream, type ModelWay } from "./cloud.ts";
import { openaiChat } from "./chat.ts";
import type { ModelCall, ModelFormat } from "./format.ts";
import { geminiGenerate } from "./gemini.ts";
import { openaiResponses } from "./responses.ts";
import { playScript, type Script, type ScriptFunction } from "./script.ts";
import type { ScriptedStep } from "./step.ts";
import { wait } from "./stream.ts";

/** One request that arrived. */
export interface RecordedRequest {
  readonly method: string;
  readonly pathname: string;
  readonly search: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly status: number;
  /** How many tool results the conversation held; null for side requests and refusals. */
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
  /** Providers that are reached in another way than with their key; their `keys` are bearer tokens. */
  readonly ways?: Readonly<Partial<Record<ModelFormat["provider"], ModelWay>>>;
  readonly script: ScriptFunction | Script;
}

/** What titles and summaries get, which no script is about: most come without the shell tool. */
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
  const stopping = new AbortController();
  const script = typeof options.script === "function" ? options.script : playScript(options.script);
  let serial = 0;

  /** What arrives on a way of its own is answered as the provider would, and written as the way wants it. */
  async function answer(request: Request, url: URL, body: string): Promise<Answer> {
    const [[provider, way] = [], more] = Object.entries(options.ways ?? {});
    const format = FORMATS.find((one) => one.provider === provider);
    if (more !== undefined) {
      throw new TypeError("Cannot play a model as one provider may have a way of its own");
    }
    if (way === undefined || format === undefined) {
      return await answerFormat(request, url, body, request.headers);
    }
    const come = arrived(way, format.provider, options.keys[format.provider], request, url, body);
    switch (come.kind) {
      case "is": {
        const said = await answerFormat(request, come.url, come.body, come.headers, true);
        return way.kind === "bedrock" ? { ...said, response: asEventStream(said.response) } : said;
      }
      case "not_found":
        return { response: new Response(null, { status: 404 }), turn: null };
      case "key_refused":
        return { response: format.error("key_refused", "invalid credentials"), turn: null };
      case "bad_request":
        return { response: format.error("bad_request", come.why), turn: null };
    }
  }

  async function answerFormat(
    request: Request,
    url: URL,
    body: string,
    headers: Headers,
    isLetIn = false,
  ): Promise<Answer> {
    const format = FORMATS.find(({ matches }) => matches(url.pathname));
    if (format === undefined || request.method !== "POST") {
      return { response: Response.json({ error: { message: "not found" } }, { status: 404 }), turn: null };
    }
    const key = options.keys[format.provider];
    if (!isLetIn && (key === undefined || !carriesKey(request, format.provider, key))) {
      return { response: format.error("key_refused", "invalid key"), turn: null };
    }
    const call = format.read(body, url, headers);
    if (!call.ok) return { response: format.error("bad_request", call.error), turn: null };
    const isSide = call.value.shellTool === null || isTitle(call.value);
    const step = isSide ? SIDE_ANSWER : script(call.value.turn, call.value);
    const turn = isSide ? null : call.value.turn;
    await wait(step.delayMs ?? 0, AbortSignal.any([stopping.signal, request.signal]));
    if (step.kind === "error") {
      return { response: format.error(step.error, step.message ?? `scripted ${step.error}`), turn };
    }
    const response = format.write({ call: call.value, step, serial: serial++, signal: stopping.signal });
    return { response, turn };
  }

  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const url = new URL(request.url);
    const body = await request.text();
    const { response, turn } = await answer(request, url, body);
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
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await server.shutdown();
    },
  };
}

interface Answer {
  readonly response: Response;
  readonly turn: number | null;
}

/** Codex in a terminal asks for its session's title with all of its tools, in a conversation beside the real one. */
function isTitle({ items }: ModelCall): boolean {
  return items.some((item) => item.kind === "user" && item.text.startsWith(TITLE_WISH));
}

const TITLE_WISH = "Generate a concise, single-line";

function carriesKey(request: Request, provider: ModelFormat["provider"], key: string): boolean {
  const [name, value] = KEY_HEADERS[provider](key);
  return request.headers.get(name) === value;
}
