/**
 * The model providers that the runner can add a key for. A harness names one; the runner reads the key from
 * `keyVariable` of its own environment and keeps it (S1).
 */

import type { ModelProvider } from "../ports.ts";

/** Anthropic's Messages API; its base URL ends before `/v1`. */
export const ANTHROPIC: ModelProvider = {
  name: "anthropic",
  defaultBaseUrl: "https://api.anthropic.com",
  keyVariable: "ANTHROPIC_API_KEY",
  baseUrlVariable: "ANTHROPIC_BASE_URL",
  keyHeader: { name: "x-api-key", prefix: "" },
};

/** OpenAI's Responses and Chat Completions APIs, and what is compatible with them; its base URL includes `/v1`. */
export const OPENAI: ModelProvider = {
  name: "openai",
  defaultBaseUrl: "https://api.openai.com/v1",
  keyVariable: "OPENAI_API_KEY",
  baseUrlVariable: "OPENAI_BASE_URL",
  keyHeader: { name: "authorization", prefix: "Bearer " },
};

/** Google's Gemini API; its base URL ends before `/v1beta`. */
export const GEMINI: ModelProvider = {
  name: "gemini",
  defaultBaseUrl: "https://generativelanguage.googleapis.com",
  keyVariable: "GEMINI_API_KEY",
  baseUrlVariable: "GOOGLE_GEMINI_BASE_URL",
  keyHeader: { name: "x-goog-api-key", prefix: "" },
};

/** All providers by name. */
export const MODEL_PROVIDERS: Readonly<Record<ModelProvider["name"], ModelProvider>> = {
  anthropic: ANTHROPIC,
  openai: OPENAI,
  gemini: GEMINI,
};
