/**
 * Decodes what `gemini --output-format stream-json` prints (Pipeline r01).
 *
 * | line | means |
 * | --- | --- |
 * | `init` | the session and the model |
 * | `message` of the assistant | a piece of text |
 * | `tool_use`, `tool_result` | a tool |
 * | `error` | a fault, if nothing comes of the run |
 * | `result` | the end, with all tokens |
 *
 * 1. The response is what was said last: after the last tool, or before it when nothing was said after it.
 * 2. Lines that are no JSON objects tell nothing: servers of tools write there, too.
 */
import type { Result } from "../../protocol/result.ts";
import { countOf, type Fields, fieldsOf, parseFields, textOf } from "./backend_fields.ts";
import { answered, failed, type LineDecoder, ToolEvents } from "./backend_stream.ts";
import type { PromptAnswer } from "./effect.ts";
import type { BackendEvent } from "./event.ts";
import type { Fault } from "./fault.ts";

export class GeminiStream implements LineDecoder {
  readonly missingEnd = "Stream ended without a 'result' event";
  end: Result<PromptAnswer, Fault> | null = null;
  told: string | null = null;
  #sessionId: string | null = null;
  #model: string | null = null;
  #said: string[] = [];
  #isNewText = false;
  readonly #tools = new ToolEvents();
  readonly #toolNames = new Map<string, string>();

  accept(line: string): readonly BackendEvent[] {
    const event = this.end === null ? parseFields(line) : null;
    switch (event?.["type"]) {
      case "init":
        this.#sessionId = textOf(event["session_id"]);
        this.#model = textOf(event["model"]);
        return [];
      case "message":
        return event["role"] === "assistant" ? this.#text(textOf(event["content"]) ?? "") : [];
      case "tool_use":
        return [this.#toolUse(event)];
      case "tool_result":
        return [this.#toolResult(event)];
      case "error":
        if (event["severity"] !== "warning") this.told = textOf(event["message"]) ?? this.told;
        return [];
      case "result":
        this.end = this.#result(event);
        return [];
      default:
        return [];
    }
  }

  #text(text: string): readonly BackendEvent[] {
    if (text === "") return [];
    if (this.#isNewText) this.#said = [];
    this.#isNewText = false;
    this.#said.push(text);
    return [{ type: "stream_delta", text }];
  }

  #toolUse(event: Fields): BackendEvent {
    this.#isNewText = true;
    const tool_name = textOf(event["tool_name"]) ?? "";
    const id = textOf(event["tool_id"]);
    const input = event["parameters"] ?? {};
    if (id !== null) this.#toolNames.set(id, tool_name);
    this.#tools.add({
      event_type: "tool_call",
      tool_name,
      tool_id: id ?? "",
      content_json: JSON.stringify(input),
    });
    return { type: "tool_use", tool_name, ...(id === null ? {} : { tool_use_id: id }), input };
  }

  #toolResult(event: Fields): BackendEvent {
    const id = textOf(event["tool_id"]);
    const tool_name = this.#toolNames.get(id ?? "") ?? "";
    const isError = event["status"] !== "success";
    const content = textOf(event["output"]) ?? textOf(fieldsOf(event["error"])["message"]) ?? "";
    this.#tools.add({ event_type: "tool_result", tool_name, tool_id: id ?? "", content_json: content });
    return {
      type: "tool_result",
      tool_name,
      ...(id === null ? {} : { tool_use_id: id }),
      content,
      is_error: isError,
    };
  }

  #result(event: Fields): Result<PromptAnswer, Fault> {
    if (event["status"] !== "success") {
      const words = textOf(fieldsOf(event["error"])["message"]);
      return failed(words ?? this.told ?? "gemini told that its run failed");
    }
    const stats = fieldsOf(event["stats"]);
    const input = countOf(stats["input_tokens"]);
    return answered({
      // A run may end with what was done and no words.
      response: this.#said.join(""),
      sessionId: this.#sessionId,
      inputTokens: input,
      // Thoughts are in the total alone.
      outputTokens: Math.max(countOf(stats["output_tokens"]), countOf(stats["total_tokens"]) - input),
      model: this.#model,
      toolEvents: this.#tools.all,
    });
  }
}
