/** The body of a prompt or skill step: its texts, its settings, the call, and the entry of the answer (Pipeline s05.2, s15). */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { Defaults, PromptSettings, Provider, Step } from "./ast.ts";
import {
  perform,
  type PromptAnswer,
  type PromptCall,
  type ProviderSettings,
  type Routine,
} from "./effect.ts";
import type { Entry } from "./entry.ts";
import type { Fault } from "./fault.ts";
import { appendedTexts, promptText } from "./prompt_text.ts";
import { serverOf } from "./providers.ts";
import type { BodyEnd, CliSettings, PlacedStep, RunState } from "./run_state.ts";
import { mergeSampling } from "./sampling.ts";
import { loadSkill } from "./skill.ts";
import { newEntry, tellStarted, warn } from "./telling.ts";
import { resolveTemplate } from "./template.ts";
import { chooseByVendor } from "./vendor.ts";

export type AskingStep = Extract<Step, { readonly kind: "prompt" | "skill" }>;

export function* runPromptBody(
  step: AskingStep,
  { entryId, position }: PlacedStep,
  state: RunState,
): Routine<Result<BodyEnd, Fault>> {
  const prompt = yield* taskText(step, state);
  if (!prompt.ok) return prompt;
  yield* tellStarted(state, entryId, position, prompt.value, prompt.value);
  const { defaults } = state.frame.pipeline;
  const { backend, ...settings } = settingsOf(step, state);
  const timeoutMs = step.timeoutMs ?? defaults.timeoutMs;
  const system = step.systemPrompt === null
    ? ok(null)
    : yield* promptText(step.systemPrompt, step.origin.path, state);
  if (!system.ok) return system;
  const appended = yield* appendedTexts(step.appendSystemPrompt, state, timeoutMs);
  if (!appended.ok) return appended;
  state.backend = backend;
  const session = step.resume ? newestSession(state, backend) : null;
  if (step.resume && session === null) {
    const detail = `no earlier step of the backend '${backend}' has a session: it begins a new one`;
    yield* warn(`step '${entryId}': 'resume' has no effect, ${detail}`);
  }
  const call: PromptCall = {
    stepId: entryId,
    backend,
    prompt: prompt.value,
    resumeSessionId: session,
    tools: step.tools ?? defaults.tools,
    ...settings,
    systemPrompt: system.value,
    appendSystemPrompt: appended.value,
    sampling: mergeSampling(
      defaults.sampling,
      defaults.provider?.sampling ?? {},
      step.provider?.sampling ?? {},
      step.sampling,
    ),
    outputSchema: step.outputSchema,
    timeoutMs,
    isSilent: !state.isControlled,
  };
  const answer = yield* perform<"invoke_prompt">({ kind: "invoke_prompt", call });
  if (!answer.ok) return err(answer.error);
  return ok({ kind: "entry", entry: answerEntry(entryId, call, answer.value), isPrompt: true });
}

/** The entry of an answer. */
export function answerEntry(entryId: string, call: PromptCall, answer: PromptAnswer): Entry {
  return newEntry(entryId, {
    prompt: call.prompt,
    response: answer.response,
    cost_usd: answer.costUsd,
    input_tokens: answer.inputTokens,
    output_tokens: answer.outputTokens,
    runner_session_id: answer.sessionId,
    thinking: answer.thinking,
    tool_events: answer.toolEvents,
    session_backend: call.backend,
    ...(call.sampling === null ? {} : { sampling: call.sampling }),
    ...(answer.model === null ? {} : { model: answer.model }),
  });
}

function* taskText(step: AskingStep, state: RunState): Routine<Result<string, Fault>> {
  if (step.kind === "prompt") return yield* promptText(step.prompt, step.origin.path, state);
  const text = yield* loadSkill(step.skill, step.with, step.origin.path, state.frame.input.surroundings);
  return text.ok ? resolveTemplate(text.value, state.scope()) : text;
}

/** The session that was recorded last by the same backend: sessions of one mean nothing to another. */
function newestSession({ entries }: RunState, backend: string): string | null {
  const newest = entries.newest((entry) =>
    entry.runner_session_id !== null && entry.session_backend === backend
  );
  return newest?.runner_session_id ?? null;
}

/** Who answers, and what of the model and its server it is told. */
function settingsOf(step: AskingStep, { frame }: RunState) {
  const { cli, surroundings, choosesByVendor, ...input } = frame.input;
  const settings = modelSettings(step, frame.pipeline.defaults, cli);
  const backend = (step.backend ?? input.defaultBackend).trim().toLowerCase();
  // What the command line says is taken as it stands.
  if (choosesByVendor !== true || step.backend !== null || cli.model !== null) {
    return { backend, ...settings };
  }
  const chosen = chooseByVendor({
    ...settings,
    defaultBackend: backend,
    environment: surroundings.environment,
  });
  return { backend, ...settings, ...chosen };
}

/** The strongest first: the command line, the step, its provider, the defaults' provider, the defaults. */
function modelSettings(
  step: PromptSettings,
  defaults: Defaults,
  cli: CliSettings,
): { readonly model: string | null; readonly provider: ProviderSettings } {
  const first = <K extends keyof Provider>(key: K) =>
    step.provider?.[key] ?? defaults.provider?.[key] ?? null;
  const server = serverOf(step.provider, defaults.provider);
  return {
    model: cli.model ?? step.model ?? first("model") ?? defaults.model,
    provider: {
      baseUrl: cli.provider.baseUrl ?? server.baseUrl,
      authToken: cli.provider.authToken ?? server.authToken,
      connectTimeoutMs: first("connectTimeoutMs"),
      readTimeoutMs: first("readTimeoutMs"),
      maxHistoryMessages: first("maxHistoryMessages"),
    },
  };
}
