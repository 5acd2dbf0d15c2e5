/**
 * One invocation of a plugin, as its host sees it: JSON-RPC 2.0, one message a line (Pipeline r10). Decides what is sent
 * and what was meant; the shell owns the process and its time.
 *
 * 1. Requests count from 1: `initialize`, `invoke`, then one `permission/respond` for each wish, then `shutdown`.
 * 2. Unknown notifications and answers to other requests are skipped; a line that is not JSON ends the session.
 * 3. Once there is an end, nothing more is sent but `shutdown`.
 */
import { err, type Result } from "../../protocol/result.ts";
import {
  costOf,
  countOf,
  type Fields,
  fieldsOf,
  listOf,
  numberOf,
  parseFields,
  textOf,
} from "./backend_fields.ts";
import type { WishAnswer } from "./backend_permission.ts";
import { policyForm } from "./backend_policy.ts";
import { answered, failed, type ProgramExit, ToolEvents } from "./backend_stream.ts";
import type { PromptAnswer, PromptCall } from "./effect.ts";
import type { ToolEvent } from "./entry.ts";
import type { BackendEvent } from "./event.ts";
import { type Fault, fault } from "./fault.ts";

export const PLUGIN_PROTOCOL = "1";

export interface PluginStep {
  /** Lines for its standard input. */
  readonly send: readonly string[];
  readonly events: readonly BackendEvent[];
  /** A wish that `respond` answers. */
  readonly wish: PluginWish | null;
  readonly warnings: readonly string[];
  readonly end: Result<PromptAnswer, Fault> | null;
}

export interface PluginWish {
  readonly displayName: string;
  readonly displayDetail: string;
  readonly toolInput: unknown;
}

const NOTHING: PluginStep = { send: [], events: [], wish: null, warnings: [], end: null };
const METHOD_NOT_FOUND = -32_601;

export class PluginSession {
  readonly #plugin: string;
  readonly #call: PromptCall;
  #state: "initializing" | "invoking" | "ended" = "initializing";
  #nextId = 1;
  #awaited = 0;

  constructor(plugin: string, call: PromptCall) {
    this.#plugin = plugin;
    this.#call = call;
  }

  /** The first line. */
  start(ailVersion: string): string {
    const line = this.#request("initialize", { protocol_version: PLUGIN_PROTOCOL, ail_version: ailVersion });
    this.#awaited = 1;
    return line;
  }

  get isInitialized(): boolean {
    return this.#state !== "initializing";
  }

  accept(line: string): PluginStep {
    if (this.#state === "ended" || line.trim() === "") return NOTHING;
    const message = parseFields(line);
    if (message === null) return this.#end(this.#protocolError("sent a line that is no JSON object"));
    const method = textOf(message["method"]);
    if (method !== null) {
      return message["id"] === undefined
        ? this.#notified(method, fieldsOf(message["params"]))
        : { ...NOTHING, send: [refusal(message["id"], method)] };
    }
    if (message["id"] !== this.#awaited) return NOTHING;
    const isError = message["error"] !== undefined && message["error"] !== null;
    return this.#state === "initializing"
      ? isError ? this.#end(this.#protocolError(`refused to start: ${said(message)}`)) : this.#invoke(message)
      : isError
      ? this.#end(failed(`plugin invoke failed: ${said(message)}`))
      : this.#end(this.#answer(message["result"]));
  }

  /** The fault of an output that stopped. @param exit Null when the program is still there. */
  closed(exit: ProgramExit | null): Result<PromptAnswer, Fault> {
    const request = this.#state === "initializing" ? "initialize" : "invoke";
    const how = exit === null ? "closed its output" : `ended with ${exit.code ?? "a signal"}`;
    const stderr = exit === null || exit.stderr === "" ? "" : `: ${exit.stderr}`;
    return this.#protocolError(`${how} before it answered '${request}'${stderr}`);
  }

  /** The fault of an output that cannot be read. @param what The end of a sentence. */
  broken(what: string): Result<PromptAnswer, Fault> {
    this.#state = "ended";
    return this.#protocolError(what);
  }

  respond({ isAllowed, reason }: WishAnswer): string {
    return this.#request("permission/respond", {
      allow: isAllowed,
      ...(reason === null ? {} : { reason }),
    });
  }

  shutdown(): string {
    return this.#request("shutdown", {});
  }

  #invoke(message: Fields): PluginStep {
    const result = fieldsOf(message["result"]);
    const version = result["protocol_version"];
    if (version !== PLUGIN_PROTOCOL) {
      return this.#end(
        this.#protocolError(
          `speaks another protocol: expected version "${PLUGIN_PROTOCOL}", got ${
            JSON.stringify(version ?? null)
          }`,
        ),
      );
    }
    const { prompt, resumeSessionId, model, systemPrompt, appendSystemPrompt, sampling } = this.#call;
    const canResume = fieldsOf(result["capabilities"])["session_resume"] === true;
    const policy = policyParams(this.#call);
    this.#state = "invoking";
    this.#awaited = this.#nextId;
    const send = this.#request("invoke", {
      prompt,
      ...(resumeSessionId === null || !canResume ? {} : { session_id: resumeSessionId }),
      ...(model === null ? {} : { model }),
      ...(systemPrompt === null ? {} : { system_prompt: systemPrompt }),
      ...(appendSystemPrompt.length === 0 ? {} : { append_system_prompt: appendSystemPrompt }),
      ...(policy === null ? {} : { tool_policy: policy }),
      ...(sampling === null ? {} : { sampling }),
    });
    const warnings = resumeSessionId === null || canResume ? [] : [
      `step '${this.#call.stepId}': 'resume' is ignored: the plugin '${this.#plugin}' cannot resume a session`,
    ];
    return { ...NOTHING, send: [send], warnings };
  }

  #notified(method: string, params: Fields): PluginStep {
    // Before it was asked anything there is nothing to tell.
    if (this.#state !== "invoking") return NOTHING;
    if (method === "stream/permission_request") {
      return {
        ...NOTHING,
        wish: {
          displayName: textOf(params["display_name"]) ?? "",
          displayDetail: textOf(params["display_detail"]) ?? "",
          toolInput: params["tool_input"],
        },
      };
    }
    const event = streamEvent(method, params);
    return event === null ? NOTHING : { ...NOTHING, events: [event] };
  }

  #answer(value: unknown): Result<PromptAnswer, Fault> {
    const result = fieldsOf(value);
    const response = textOf(result["response"]);
    if (response === null) return this.#protocolError("answered 'invoke' without a 'response' text");
    return answered({
      response,
      costUsd: costOf(result["cost_usd"]),
      sessionId: textOf(result["session_id"]),
      inputTokens: countOf(result["input_tokens"]),
      outputTokens: countOf(result["output_tokens"]),
      thinking: textOf(result["thinking"]),
      model: textOf(result["model"]),
      toolEvents: toolEvents(result["tool_events"]),
    });
  }

  #end(end: Result<PromptAnswer, Fault>): PluginStep {
    this.#state = "ended";
    return { ...NOTHING, end };
  }

  #protocolError(detail: string): Result<PromptAnswer, Fault> {
    return err(fault("ail:plugin/protocol-error", `the plugin '${this.#plugin}' ${detail}`));
  }

  #request(method: string, params: Fields): string {
    return JSON.stringify({ jsonrpc: "2.0", id: this.#nextId++, method, params });
  }
}

function streamEvent(method: string, params: Fields): BackendEvent | null {
  const tool_use_id = textOf(params["tool_use_id"]);
  const tool = {
    tool_name: textOf(params["tool_name"]) ?? "",
    ...(tool_use_id === null ? {} : { tool_use_id }),
  };
  switch (method) {
    case "stream/delta":
      return { type: "stream_delta", text: textOf(params["text"]) ?? "" };
    case "stream/thinking":
      return { type: "thinking", text: textOf(params["text"]) ?? "" };
    case "stream/tool_use":
      return {
        type: "tool_use",
        ...tool,
        ...(params["input"] === undefined ? {} : { input: params["input"] }),
      };
    case "stream/tool_result":
      return {
        type: "tool_result",
        ...tool,
        ...(typeof params["content"] === "string" ? { content: params["content"] } : {}),
        ...(typeof params["is_error"] === "boolean" ? { is_error: params["is_error"] } : {}),
      };
    case "stream/cost_update":
      return {
        type: "cost_update",
        cost_usd: costOf(params["cost_usd"]) ?? 0,
        input_tokens: countOf(params["input_tokens"]),
        output_tokens: countOf(params["output_tokens"]),
      };
    default:
      return null;
  }
}

function policyParams({ tools }: PromptCall): Fields | null {
  const policy = policyForm(tools);
  switch (policy.kind) {
    case "default":
      return null;
    case "none":
      return { type: "no_tools" };
    case "allow":
      return { type: "allowlist", tools: policy.allow };
    case "deny":
      return { type: "denylist", tools: policy.deny };
    case "mixed":
      return { type: "mixed", allow: policy.allow, deny: policy.deny };
  }
}

function toolEvents(value: unknown): readonly ToolEvent[] {
  const events = new ToolEvents();
  for (const one of listOf(value).map(fieldsOf)) {
    const { event_type } = one;
    if (event_type !== "tool_call" && event_type !== "tool_result") continue;
    events.add({
      event_type,
      tool_name: textOf(one["tool_name"]) ?? "",
      tool_id: textOf(one["tool_id"]) ?? "",
      content_json: textOf(one["content_json"]) ?? "",
    });
  }
  return events.all;
}

/** `words (code N)` of an error reply. */
function said(message: Fields): string {
  const error = fieldsOf(message["error"]);
  return `${textOf(error["message"]) ?? "no message"} (code ${numberOf(error["code"]) ?? "unknown"})`;
}

function refusal(id: unknown, method: string): string {
  const error = { code: METHOD_NOT_FOUND, message: `the host has no method '${method}'` };
  return JSON.stringify({ jsonrpc: "2.0", id, error });
}
