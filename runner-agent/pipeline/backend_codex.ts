/** Codex as a prompt backend: its arguments, and the lines that `exec --json` prints (Pipeline r06). */
import type { Result } from "../../protocol/result.ts";
import { mustBeInput, type ProgramCall } from "./backend_claude.ts";
import { countOf, type Fields, fieldsOf, numberOf, parseFields, textOf } from "./backend_fields.ts";
import { type BackendAbility, unheededWishes } from "./backend_policy.ts";
import { answered, failed, type LineDecoder, type ProgramExit, ToolEvents } from "./backend_stream.ts";
import type { PromptAnswer, PromptCall } from "./effect.ts";
import type { BackendEvent } from "./event.ts";
import type { Fault } from "./fault.ts";

const ABILITY: BackendAbility = { name: "codex", sampling: [], policies: [], hasSystemPrompts: false };

/** In a sandbox of ours its own would have no kernel to stand on, and the folder need not be a repository. */
const NO_OWN_SANDBOX = ["--dangerously-bypass-approvals-and-sandbox", "--skip-git-repo-check"] as const;

/** How Codex is told to work without asking: the flag is gone from later versions, which have only its two settings. */
export type CodexDialect = "flag" | "settings";
const FULL_AUTO: Readonly<Record<CodexDialect, readonly string[]>> = {
  flag: ["--full-auto"],
  settings: ["-c", 'sandbox_mode="workspace-write"', "-c", 'approval_policy="never"'],
};

export function codexCall(
  call: PromptCall,
  { isHeadless, isSandboxed = false, dialect }: {
    readonly isHeadless: boolean;
    readonly isSandboxed?: boolean;
    readonly dialect: CodexDialect;
  },
): ProgramCall {
  const asInput = mustBeInput(call.prompt);
  return {
    args: [
      "exec",
      ...(call.resumeSessionId === null ? [] : ["resume", call.resumeSessionId]),
      "--json",
      ...(call.model === null ? [] : ["--model", call.model]),
      ...(!isHeadless ? [] : isSandboxed ? NO_OWN_SANDBOX : FULL_AUTO[dialect]),
      // A dash is Codex's word for standard input.
      asInput ? "-" : call.prompt,
    ],
    input: asInput ? call.prompt : null,
    warnings: unheededWishes(call, ABILITY),
  };
}

/** Did Codex refuse its arguments because it knows the flag no more? Nothing was done then. */
export function refusesFlag({ code, stderr }: ProgramExit): boolean {
  return code === 2 && stderr.includes("--full-auto");
}

/**
 * Decodes `codex exec --json`.
 *
 * 1. `error` ends nothing by itself: Codex says so of a connection that it tries again. What follows decides.
 * 2. Of reasoning that is told only when it is complete, that is the telling.
 */
export class CodexStream implements LineDecoder {
  readonly missingEnd = "Stream ended without a 'turn.completed' event";
  end: Result<PromptAnswer, Fault> | null = null;
  #sessionId: string | null = null;
  #response: string | null = null;
  told: string | null = null;
  readonly #thoughts = new Map<string, string>();
  readonly #tools = new ToolEvents();

  accept(line: string): readonly BackendEvent[] {
    if (this.end !== null || line.trim() === "") return [];
    const event = parseFields(line);
    if (event === null) {
      this.end = failed("Malformed line in the stream of codex: expected a JSON object");
      return [];
    }
    const item = fieldsOf(event["item"]);
    const id = textOf(item["id"]) ?? textOf(event["item_id"]) ?? textOf(item["item_id"]) ?? "";
    switch (event["type"]) {
      case "thread.started":
        this.#sessionId = textOf(event["thread_id"]);
        return [];
      case "item.started":
        return item["type"] === "command_execution" ? [this.#command(id, item)] : [];
      case "item.updated":
        return this.#updated(id, item);
      case "item.completed":
        return this.#completed(id, item);
      case "error":
        this.told = messageOf(event) ?? "codex told of an error without words";
        return [];
      case "turn.failed":
        this.end = failed(messageOf(event["error"]) ?? this.told ?? "codex told that its turn failed");
        return [];
      case "turn.completed":
        this.end = this.#answer(fieldsOf(event["usage"]));
        return [];
      default:
        return [];
    }
  }

  #command(id: string, item: Fields): BackendEvent {
    const input = { command: textOf(item["command"]) ?? "" };
    this.#tools.add({
      event_type: "tool_call",
      tool_name: "Bash",
      tool_id: id,
      content_json: JSON.stringify(input),
    });
    return { type: "tool_use", tool_name: "Bash", ...(id === "" ? {} : { tool_use_id: id }), input };
  }

  #updated(id: string, item: Fields): readonly BackendEvent[] {
    const text = textOf(item["text"]) ?? "";
    if (text === "") return [];
    if (item["type"] === "agent_message") return [{ type: "stream_delta", text }];
    if (item["type"] !== "reasoning") return [];
    this.#thoughts.set(id, text);
    return [{ type: "thinking", text }];
  }

  #completed(id: string, item: Fields): readonly BackendEvent[] {
    switch (item["type"]) {
      case "agent_message":
        this.#response = textOf(item["text"]) ?? this.#response;
        return [];
      case "reasoning": {
        const wasTold = this.#thoughts.has(id);
        const told = this.#updated(id, item);
        return wasTold ? [] : told;
      }
      case "command_execution": {
        const content = textOf(item["aggregated_output"]) ?? "";
        this.#tools.add({
          event_type: "tool_result",
          tool_name: "Bash",
          tool_id: id,
          content_json: content,
        });
        return [{
          type: "tool_result",
          tool_name: "Bash",
          ...(id === "" ? {} : { tool_use_id: id }),
          content,
          is_error: numberOf(item["exit_code"]) !== 0,
        }];
      }
      default:
        return [];
    }
  }

  #answer(usage: Fields): Result<PromptAnswer, Fault> {
    const thoughts = [...this.#thoughts.values()];
    return answered({
      // A turn may end with what was done and no words.
      response: this.#response ?? "",
      sessionId: this.#sessionId,
      inputTokens: countOf(usage["input_tokens"]),
      outputTokens: countOf(usage["output_tokens"]),
      thinking: thoughts.length === 0 ? null : thoughts.join("\n"),
      toolEvents: this.#tools.all,
    });
  }
}

/** An error is a text, or an object with one. */
function messageOf(error: unknown): string | null {
  return textOf(error) ?? textOf(fieldsOf(error)["message"]);
}
