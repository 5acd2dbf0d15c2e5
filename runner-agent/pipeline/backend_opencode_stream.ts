/**
 * Decodes what `opencode run --format json` prints (Pipeline r01).
 *
 * | line | means |
 * | --- | --- |
 * | `text`, `reasoning` | a whole piece of text |
 * | `tool_use` | a tool that has ended, with its output |
 * | `step_finish` | an answer of the model, with its tokens and cost |
 * | `error` | a fault, unless an answer follows |
 *
 * 1. No line says that it is the last: the program ends after an answer that asked for no tool.
 * 2. The response is the text of the last message that had any.
 * 3. Lines that are no JSON objects tell nothing.
 */
import type { Result } from "../../protocol/result.ts";
import {
  costOf,
  countOf,
  type Fields,
  fieldsOf,
  parseFields,
  sumOfCounts,
  textOf,
} from "./backend_fields.ts";
import { answered, type LineDecoder, ToolEvents } from "./backend_stream.ts";
import type { PromptAnswer } from "./effect.ts";
import type { BackendEvent } from "./event.ts";
import type { Fault } from "./fault.ts";

/** The reason of an answer after which tools run and the model is asked again. */
const GOES_ON = "tool-calls";

export class OpenCodeStream implements LineDecoder {
  readonly missingEnd = "Stream ended without a last 'step_finish' event";
  readonly end = null;
  told: string | null = null;
  #sessionId: string | null = null;
  #isAnswered = false;
  #said: { messageId: string | null; readonly texts: string[] } = { messageId: null, texts: [] };
  readonly #thoughts: string[] = [];
  readonly #tools = new ToolEvents();
  #inputTokens = 0;
  #outputTokens = 0;
  #costUsd = 0;

  accept(line: string): readonly BackendEvent[] {
    const event = parseFields(line);
    if (event === null) return [];
    this.#sessionId = textOf(event["sessionID"]) ?? this.#sessionId;
    const part = fieldsOf(event["part"]);
    switch (event["type"]) {
      case "text":
        return this.#text(textOf(part["messageID"]), textOf(part["text"]) ?? "");
      case "reasoning": {
        const text = textOf(part["text"]) ?? "";
        if (text === "") return [];
        this.#thoughts.push(text);
        return [{ type: "thinking", text }];
      }
      case "tool_use":
        return this.#tool(part);
      case "step_start":
        this.#isAnswered = false;
        return [];
      case "step_finish":
        this.#finish(part);
        return [];
      case "error":
        this.told = messageOf(fieldsOf(event["error"]));
        return [];
      default:
        return [];
    }
  }

  get atExit(): Result<PromptAnswer, Fault> | null {
    if (!this.#isAnswered) return null;
    return answered({
      response: this.#said.texts.join(""),
      // It knows no price of a provider that is not its own, and says 0.
      costUsd: this.#costUsd > 0 ? costOf(this.#costUsd) : null,
      sessionId: this.#sessionId,
      inputTokens: this.#inputTokens,
      outputTokens: this.#outputTokens,
      thinking: this.#thoughts.length === 0 ? null : this.#thoughts.join("\n"),
      toolEvents: this.#tools.all,
    });
  }

  #text(messageId: string | null, text: string): readonly BackendEvent[] {
    if (text === "") return [];
    if (messageId !== this.#said.messageId) this.#said = { messageId, texts: [] };
    this.#said.texts.push(text);
    return [{ type: "stream_delta", text }];
  }

  #tool(part: Fields): readonly BackendEvent[] {
    const tool_name = textOf(part["tool"]) ?? "";
    const id = textOf(part["callID"]);
    const named = { tool_name, ...(id === null ? {} : { tool_use_id: id }) };
    const state = fieldsOf(part["state"]);
    const input = state["input"] ?? {};
    const is_error = state["status"] === "error";
    const content = textOf(is_error ? state["error"] : state["output"]) ?? "";
    const kept = { tool_name, tool_id: id ?? "" };
    this.#tools.add({ event_type: "tool_call", ...kept, content_json: JSON.stringify(input) });
    this.#tools.add({ event_type: "tool_result", ...kept, content_json: content });
    return [{ type: "tool_use", ...named, input }, { type: "tool_result", ...named, content, is_error }];
  }

  #finish(part: Fields): void {
    const tokens = fieldsOf(part["tokens"]);
    this.#inputTokens = sumOfCounts([this.#inputTokens, countOf(tokens["input"])]);
    // Reasoning is output that is not shown.
    this.#outputTokens = sumOfCounts([
      this.#outputTokens,
      countOf(tokens["output"]),
      countOf(tokens["reasoning"]),
    ]);
    this.#costUsd += costOf(part["cost"]) ?? 0;
    this.#isAnswered = part["reason"] !== GOES_ON;
    if (this.#isAnswered) this.told = null;
  }
}

/** Its name, and the provider's words. */
function messageOf(error: Fields): string {
  const words = [textOf(error["name"]), textOf(fieldsOf(error["data"])["message"])];
  return words.filter((text) => text !== null && text !== "").join(": ") ||
    "opencode told of an error without words";
}
