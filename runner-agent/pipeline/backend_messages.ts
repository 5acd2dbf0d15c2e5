/**
 * Anthropic's messages. A schema becomes the input of a tool that the model must use: models of all ages know that, and the
 * input of a tool is an object, so that any other value is wrapped.
 */
import { err, ok } from "../../protocol/result.ts";
import type { JsonSchema } from "./ast.ts";
import { countOf, fieldsOf, listOf, textOf } from "./backend_fields.ts";
import type { ChatWire } from "./backend_http.ts";
import { ANSWER_TOKENS } from "./limits.ts";

const API_VERSION = "2023-06-01";
const OUTPUT_TOOL = "output";
const WRAPPED = "value";

export const MESSAGES: ChatWire = {
  sampling: ["temperature", "top_p", "top_k", "max_tokens", "stop_sequences"],
  url: (baseUrl) => baseUrl,
  headers: (token) => ({
    "anthropic-version": API_VERSION,
    ...(token === null ? {} : { "x-api-key": token }),
  }),
  body({ model, messages, sampling, schema }) {
    const { temperature, top_p, top_k, max_tokens, stop_sequences } = sampling ?? {};
    const system = messages.filter(({ role }) => role === "system").map(({ content }) => content).join(
      "\n\n",
    );
    const spoken = messages.filter(({ role }) => role !== "system");
    // A window may have cut between question and answer; a conversation begins with the user.
    const begin = spoken.findIndex(({ role }) => role === "user");
    return JSON.stringify({
      model,
      max_tokens: max_tokens ?? ANSWER_TOKENS,
      ...(system === "" ? {} : { system }),
      messages: spoken.slice(begin),
      temperature,
      top_p,
      top_k,
      stop_sequences,
      ...(schema === null ? {} : {
        tools: [{ name: OUTPUT_TOOL, description: "Gives the answer.", input_schema: toolSchema(schema) }],
        tool_choice: { type: "tool", name: OUTPUT_TOOL },
      }),
    });
  },
  read(reply, { schema }) {
    const fields = fieldsOf(reply);
    const blocks = listOf(fields["content"]).map(fieldsOf);
    const output = schema === null ? undefined : blocks.find(({ type }) => type === "tool_use")?.["input"];
    const texts = blocks.flatMap((block) => block["type"] === "text" ? [textOf(block["text"]) ?? ""] : []);
    if (output === undefined && texts.length === 0) return err("expected a text in 'content'");
    const usage = fieldsOf(fields["usage"]);
    return ok({
      text: output === undefined
        ? texts.join("")
        : JSON.stringify(schema !== null && isWrapped(schema) ? fieldsOf(output)[WRAPPED] ?? null : output),
      inputTokens: countOf(usage["input_tokens"]),
      outputTokens: countOf(usage["output_tokens"]),
      model: textOf(fields["model"]),
    });
  },
};

function isWrapped(schema: JsonSchema): boolean {
  return schema["type"] !== "object";
}

function toolSchema(schema: JsonSchema): JsonSchema {
  return isWrapped(schema)
    ? { type: "object", properties: { [WRAPPED]: schema }, required: [WRAPPED] }
    : schema;
}
