/** Claude Code as a prompt backend: its arguments, its environment, and the lines that it prints (Pipeline r02). */
import type { Result } from "../../protocol/result.ts";
import {
  costOf,
  countOf,
  type Fields,
  fieldsOf,
  listOf,
  parseFields,
  sumOfCounts,
  textOf,
} from "./backend_fields.ts";
import { type BackendAbility, policyForm, unheededWishes } from "./backend_policy.ts";
import { answered, failed, type LineDecoder, ToolEvents } from "./backend_stream.ts";
import type { PromptAnswer, PromptCall } from "./effect.ts";
import type { BackendEvent } from "./event.ts";
import type { Fault } from "./fault.ts";
import { ARGUMENT_MAX_BYTES } from "./limits.ts";

/** A program's arguments; `input` goes to its standard input. */
export interface ProgramCall {
  readonly args: readonly string[];
  readonly input: string | null;
  readonly warnings: readonly string[];
}

const ABILITY: BackendAbility = {
  name: "claude",
  sampling: ["thinking"],
  policies: ["none", "allow", "deny", "mixed"],
  hasSystemPrompts: true,
};
/**
 * Since 2.1 Claude Code offers its model questions to people only where a permission tool is named. This one is its own
 * standard input, and is never used: the hooks decide before it.
 */
const QUESTIONS_OFFERED = ["--permission-prompt-tool", "stdio"] as const;
/** Up to which `sampling.thinking` an effort goes. */
const EFFORTS = [[0.25, "low"], [0.5, "medium"], [0.75, "high"], [1, "max"]] as const;

/** @param settingsPath The file with the permission hooks; null where nobody is asked. */
export function claudeCall(
  call: PromptCall,
  { isHeadless, settingsPath }: { readonly isHeadless: boolean; readonly settingsPath: string | null },
): ProgramCall {
  const isElsewhere = call.provider.baseUrl !== null;
  const resume = isElsewhere ? null : call.resumeSessionId;
  const asInput = mustBeInput(call.prompt);
  return {
    args: [
      ...["--output-format", "stream-json", "--verbose"],
      ...(isHeadless ? ["--dangerously-skip-permissions"] : []),
      ...option("--resume", resume),
      ...toolArgs(call),
      ...option("--model", call.model),
      ...option("--system-prompt", call.systemPrompt),
      ...call.appendSystemPrompt.flatMap((text) => ["--append-system-prompt", text]),
      ...option("--effort", effortOf(call.sampling?.thinking)),
      ...(settingsPath === null ? [] : QUESTIONS_OFFERED),
      ...option("--settings", settingsPath),
      "-p",
      ...(asInput ? [] : [call.prompt]),
    ],
    input: asInput ? call.prompt : null,
    warnings: [
      ...unheededWishes(call, ABILITY),
      ...(isElsewhere && call.resumeSessionId !== null
        ? [
          `step '${call.stepId}': 'resume' is ignored: sessions of the backend 'claude' end with a provider's base URL`,
        ]
        : []),
    ],
  };
}

/** One argument holds only so much, and a program takes one that begins with a dash for an option. */
export function mustBeInput(prompt: string): boolean {
  return prompt.startsWith("-") || new TextEncoder().encode(prompt).length > ARGUMENT_MAX_BYTES;
}

/** The child's own; a session inside another would refuse to start. */
export function claudeEnvironment(
  environment: Readonly<Record<string, string>>,
  { baseUrl, authToken }: PromptCall["provider"],
): Readonly<Record<string, string>> {
  const { CLAUDECODE: _, ...rest } = environment;
  return {
    ...rest,
    ...(baseUrl === null ? {} : { ANTHROPIC_BASE_URL: baseUrl }),
    ...(authToken === null ? {} : { ANTHROPIC_AUTH_TOKEN: authToken }),
  };
}

function toolArgs({ tools }: PromptCall): readonly string[] {
  const policy = policyForm(tools);
  switch (policy.kind) {
    case "default":
      return [];
    case "none":
      return ["--tools", ""];
    case "allow":
      return ["--allowedTools", policy.allow.join(",")];
    case "deny":
      return ["--disallowedTools", policy.deny.join(",")];
    case "mixed":
      return ["--allowedTools", policy.allow.join(","), "--disallowedTools", policy.deny.join(",")];
  }
}

function effortOf(thinking: number | undefined): string | null {
  if (thinking === undefined || thinking <= 0) return null;
  return EFFORTS.find(([most]) => thinking <= most)?.[1] ?? "max";
}

function option(name: string, value: string | null): readonly string[] {
  return value === null ? [] : [name, value];
}

/**
 * Decodes `--output-format stream-json`.
 *
 * 1. A message that is told in several lines (one for each block) is counted once, by its id.
 * 2. Text is not accumulated: the response is the result's own.
 */
export class ClaudeStream implements LineDecoder {
  readonly missingEnd = "Stream ended without a 'result' event";
  readonly told = null;
  end: Result<PromptAnswer, Fault> | null = null;
  readonly #thoughts: string[] = [];
  readonly #tools = new ToolEvents();
  readonly #usage = new Map<string, { readonly input: number; readonly output: number }>();
  #model: string | null = null;

  accept(line: string): readonly BackendEvent[] {
    if (this.end !== null || line.trim() === "") return [];
    const event = parseFields(line);
    if (event === null) {
      this.end = failed("Malformed line in the stream of claude: expected a JSON object");
      return [];
    }
    switch (event["type"]) {
      case "assistant":
        return this.#assistant(fieldsOf(event["message"]));
      case "user":
        return listOf(fieldsOf(event["message"])["content"]).flatMap((block) =>
          this.#toolResult(fieldsOf(block))
        );
      case "result":
        this.end = this.#result(event);
        return [];
      default:
        return [];
    }
  }

  #assistant(message: Fields): readonly BackendEvent[] {
    const usage = fieldsOf(message["usage"]);
    this.#usage.set(textOf(message["id"]) ?? `line ${this.#usage.size}`, {
      input: countOf(usage["input_tokens"]),
      output: countOf(usage["output_tokens"]),
    });
    const model = textOf(message["model"]);
    // What the CLI itself says in the model's place is called `<synthetic>`.
    if (model !== null && !model.startsWith("<")) this.#model = model;
    return listOf(message["content"]).flatMap((block) => this.#block(fieldsOf(block)));
  }

  #block(block: Fields): readonly BackendEvent[] {
    switch (block["type"]) {
      case "text": {
        const text = textOf(block["text"]) ?? "";
        return text === "" ? [] : [{ type: "stream_delta", text }];
      }
      case "thinking": {
        const text = textOf(block["thinking"]) ?? "";
        if (text === "") return [];
        this.#thoughts.push(text);
        return [{ type: "thinking", text }];
      }
      case "tool_use": {
        const tool_name = textOf(block["name"]) ?? "";
        const id = textOf(block["id"]);
        const input = block["input"] ?? {};
        this.#tools.add({
          event_type: "tool_call",
          tool_name,
          tool_id: id ?? "",
          content_json: JSON.stringify(input),
        });
        return [{ type: "tool_use", tool_name, ...(id === null ? {} : { tool_use_id: id }), input }];
      }
      default:
        return [];
    }
  }

  #toolResult(block: Fields): readonly BackendEvent[] {
    if (block["type"] !== "tool_result") return [];
    const id = textOf(block["tool_use_id"]);
    const content = typeof block["content"] === "string"
      ? block["content"]
      : JSON.stringify(block["content"] ?? null);
    this.#tools.add({ event_type: "tool_result", tool_name: "", tool_id: id ?? "", content_json: content });
    return [{
      type: "tool_result",
      tool_name: "",
      ...(id === null ? {} : { tool_use_id: id }),
      content,
      ...(typeof block["is_error"] === "boolean" ? { is_error: block["is_error"] } : {}),
    }];
  }

  #result(event: Fields): Result<PromptAnswer, Fault> {
    const response = textOf(event["result"]);
    const subtype = textOf(event["subtype"]) ?? "error";
    if (event["subtype"] === "error" || event["is_error"] === true) {
      const errors = listOf(event["errors"]).filter((one) => typeof one === "string").join("; ");
      return failed(response || textOf(event["error"]) || errors || `claude ended with '${subtype}'`);
    }
    if (response === null) return failed(`The 'result' event has no text: its subtype is '${subtype}'`);
    const counts = [...this.#usage.values()];
    return answered({
      response,
      costUsd: costOf(event["total_cost_usd"]),
      sessionId: textOf(event["session_id"]),
      inputTokens: sumOfCounts(counts.map(({ input }) => input)),
      outputTokens: sumOfCounts(counts.map(({ output }) => output)),
      thinking: this.#thoughts.length === 0 ? null : this.#thoughts.join("\n"),
      model: textOf(event["model"]) ?? this.#model,
      toolEvents: this.#tools.all,
    });
  }
}
