/** OpenAI's chat completions, which most servers of models speak (Pipeline r05). */
import { err, ok } from "../../protocol/result.ts";
import { countOf, fieldsOf, listOf, textOf } from "./backend_fields.ts";
import type { ChatRequest, ChatWire } from "./backend_http.ts";

export const CHAT_COMPLETIONS: ChatWire = {
  sampling: ["temperature", "top_p", "top_k", "max_tokens", "stop_sequences", "thinking"],
  url: (baseUrl) => `${baseUrl}/chat/completions`,
  headers: (token): Readonly<Record<string, string>> =>
    token === null ? {} : { authorization: `Bearer ${token}` },
  body(request) {
    const { model, messages, sampling, think } = request;
    const { temperature, top_p, top_k, max_tokens, stop_sequences: stop } = sampling ?? {};
    // What is undefined is left out.
    return JSON.stringify({
      model,
      messages,
      stream: false,
      ...(think === null ? {} : { think }),
      temperature,
      top_p,
      top_k,
      max_tokens,
      stop,
      ...schemaFields(request),
    });
  },
  read(reply) {
    const fields = fieldsOf(reply);
    const message = fieldsOf(fieldsOf(listOf(fields["choices"])[0])["message"]);
    const text = textOf(message["content"]);
    if (text === null) return err("expected a text in 'choices[0].message.content'");
    const usage = fieldsOf(fields["usage"]);
    return ok({
      text,
      inputTokens: countOf(usage["prompt_tokens"]),
      outputTokens: countOf(usage["completion_tokens"]),
      model: textOf(fields["model"]),
    });
  },
};

function schemaFields({ schema, schemaField }: ChatRequest) {
  if (schema === null) return {};
  return schemaField === "format" ? { format: schema } : {
    response_format: { type: "json_schema", json_schema: { name: "output", schema, strict: true } },
  };
}
