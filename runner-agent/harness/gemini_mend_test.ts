/** What is left out of a chat of Gemini CLI before it is resumed, and which files are left alone. */
import assert from "node:assert/strict";
import { mendGeminiChat } from "./gemini_mend.ts";

const CALL = { type: "gemini", toolCalls: [{ id: "c1", result: ["done"] }] };
const REPEATED = { type: "user", content: [{ functionResponse: { id: "c1" } }] };
const SAID = { type: "user", content: [{ text: "go on" }] };
const lines = (...all: readonly unknown[]) => all.map((one) => `${JSON.stringify(one)}\n`).join("");

Deno.test("an answer that stands with its call is left out where it is repeated", () => {
  assert.equal(mendGeminiChat(lines(CALL, REPEATED, SAID)), lines(CALL, SAID));
  const all = (messages: readonly unknown[]) => lines({ $set: { messages, n: 1 } });
  assert.equal(mendGeminiChat(all([CALL, REPEATED, SAID])), all([CALL, SAID]));
  const honest = lines(CALL, SAID);
  assert.equal(mendGeminiChat(honest), honest);
});

Deno.test("a file that is larger than any chat is left as it is, without a look at its lines", () => {
  const chat = lines(CALL, REPEATED);
  for (const more of ["{}\n".repeat(20_000), "x".repeat(16 * 1_048_576)]) {
    assert.equal(mendGeminiChat(chat + more), chat + more);
  }
});
