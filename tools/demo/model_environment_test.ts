import assert from "node:assert/strict";
import { modelEnvironment } from "./model_environment.ts";

Deno.test("an agent needs the key of its model, and keeps the address that the environment names", () => {
  assert.throws(() => modelEnvironment("claude", undefined, {}), /ANTHROPIC_API_KEY must hold/);
  assert.deepEqual(modelEnvironment("codex", undefined, { OPENAI_API_KEY: "k" }), { OPENAI_API_KEY: "k" });
  assert.deepEqual(
    modelEnvironment("codex", undefined, {
      OPENAI_API_KEY: "k",
      OPENAI_BASE_URL: "https://model.example/v1",
    }),
    { OPENAI_API_KEY: "k", OPENAI_BASE_URL: "https://model.example/v1" },
  );
});

Deno.test("--model-url goes before the environment and needs no key", () => {
  const own = "http://127.0.0.1:9000";
  assert.deepEqual(modelEnvironment("claude", own, { ANTHROPIC_BASE_URL: "https://other.example" }), {
    ANTHROPIC_API_KEY: "any-key",
    ANTHROPIC_BASE_URL: own,
  });
  assert.deepEqual(modelEnvironment("gemini", own, { GEMINI_API_KEY: "mine" }), {
    GEMINI_API_KEY: "mine",
    GOOGLE_GEMINI_BASE_URL: own,
  });
});

Deno.test("--model-url must be an address, of an agent that has a model", () => {
  assert.throws(() => modelEnvironment("claude", "file:///etc", {}), /http or https address/);
  assert.throws(() => modelEnvironment("command", "http://127.0.0.1:1", {}), /must have a model/);
  assert.deepEqual(modelEnvironment("command", undefined, {}), {});
});
