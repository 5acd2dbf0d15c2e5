/** The `http` and `ollama` backends: a model without an agent around it (Pipeline r05). */
import { parseJson } from "../../pipeline/backend_fields.ts";
import {
  type ChatMessage,
  conversation,
  httpTarget,
  refusedReply,
  slidingWindow,
  thinkOf,
} from "../../pipeline/backend_http.ts";
import { unheededWishes } from "../../pipeline/backend_policy.ts";
import { answered, failed } from "../../pipeline/backend_stream.ts";
import type { PromptBackend } from "../ports.ts";
import { post } from "./http_post.ts";
import { backendOf } from "./invoke_within.ts";
import { SESSIONS_MAX } from "./limits.ts";

/** Conversations of one run, by session id; the one that was used last goes last. */
export class HttpSessions {
  readonly #sessions = new Map<string, readonly ChatMessage[]>();

  read(id: string): readonly ChatMessage[] | null {
    return this.#sessions.get(id) ?? null;
  }

  keep(id: string, messages: readonly ChatMessage[]): void {
    this.#sessions.delete(id);
    this.#sessions.set(id, messages);
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > SESSIONS_MAX && oldest !== undefined) this.#sessions.delete(oldest);
  }
}

/** @param sessions Shared by all backends of a run that speak HTTP. */
export function createHttpBackend(name: "http" | "ollama", sessions: HttpSessions): PromptBackend {
  return backendOf(name, async (call, { environment, signal, warn }) => {
    const found = httpTarget(call, environment);
    if (!found.ok) return found;
    const { wire, model, ...target } = found.value;
    // A model without an agent has no tools to switch off.
    const ability = { name, sampling: wire.sampling, policies: ["none"], hasSystemPrompts: true } as const;
    for (const warning of unheededWishes(call, ability)) warn(warning);

    const history = call.resumeSessionId === null ? null : sessions.read(call.resumeSessionId);
    const messages = conversation(call, history);
    const request = {
      model,
      messages,
      sampling: call.sampling,
      think: thinkOf(call.sampling, environment),
      schema: call.outputSchema,
      schemaField: name === "ollama" ? "format" : "response_format",
    } as const;
    const reply = await post({ ...target, body: wire.body(request) }, signal);
    if (!reply.ok) return failed(`Transport error: ${reply.error}`);
    const { status, body } = reply.value;
    if (status < 200 || status > 299) return refusedReply(status, body);
    const parsed = parseJson(body);
    if (parsed === undefined) {
      return failed("HttpRunner: failed to parse response JSON: the reply is not JSON");
    }
    const read = wire.read(parsed, request);
    if (!read.ok) return failed(`HttpRunner: failed to parse response JSON: ${read.error}`);

    const { text, ...rest } = read.value;
    const sessionId = history === null ? crypto.randomUUID() : call.resumeSessionId!;
    const said = [...messages, { role: "assistant", content: text } as const];
    sessions.keep(sessionId, slidingWindow(said, call.provider.maxHistoryMessages));
    return answered({ response: text, sessionId, ...rest });
  }, "HTTP request cancelled by cancel_token");
}
