/** A prompt call with nothing but its prompt, and surroundings that keep what a backend says. */
import { type Result } from "../../protocol/result.ts";
import type { PromptAnswer, PromptCall } from "../../runner-agent/pipeline/effect.ts";
import type { BackendEvent } from "../../runner-agent/pipeline/event.ts";
import type { Fault } from "../../runner-agent/pipeline/fault.ts";
import type { CallSurroundings, PromptBackend } from "../../runner-agent/ail/ports.ts";

export const NO_PROVIDER: PromptCall["provider"] = {
  baseUrl: null,
  authToken: null,
  connectTimeoutMs: null,
  readTimeoutMs: null,
  maxHistoryMessages: null,
};

export function promptCall(given: Partial<PromptCall> = {}): PromptCall {
  return {
    stepId: "s",
    backend: "stub",
    prompt: "do it",
    resumeSessionId: null,
    tools: null,
    model: null,
    provider: NO_PROVIDER,
    systemPrompt: null,
    appendSystemPrompt: [],
    sampling: null,
    outputSchema: null,
    timeoutMs: null,
    isSilent: false,
    ...given,
  };
}

export interface Invoked {
  readonly result: Result<PromptAnswer, Fault>;
  readonly events: readonly BackendEvent[];
  readonly warnings: readonly string[];
}

/** Invokes a backend once. */
export async function invoked(
  backend: PromptBackend,
  call: Partial<PromptCall> = {},
  surroundings: Partial<CallSurroundings> = {},
): Promise<Invoked> {
  const events: BackendEvent[] = [];
  const warnings: string[] = [];
  const result = await backend.invoke(promptCall({ backend: backend.name, ...call }), {
    signal: new AbortController().signal,
    cwd: "/",
    environment: { PATH: Deno.env.get("PATH") ?? "" },
    isHeadless: false,
    warn: (message) => warnings.push(message),
    ...surroundings,
    onEvent(event) {
      events.push(event);
      surroundings.onEvent?.(event);
    },
  });
  return { result, events, warnings };
}
