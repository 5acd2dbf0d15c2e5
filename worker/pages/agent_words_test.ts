import assert from "node:assert/strict";
import { commandWords, statusWords } from "./agent_words.ts";

Deno.test("how an agent is, in words", () => {
  const cases: readonly (readonly [Record<string, unknown>, string, string | null])[] = [
    [{ phase: "running", activity: "thinking", detail: null }, "Thinking", null],
    [{ phase: "running", activity: "working", detail: "Bash" }, "Working", "Bash"],
    [{ phase: "running", activity: "working", detail: "Bash", isStalled: true }, "Stalled", "Working: Bash"],
    [{ phase: "running", activity: "working", detail: "Bash", isStalled: false }, "Working", "Bash"],
    [{ phase: "suspended", activity: "working", detail: "Bash" }, "Suspended", null],
    [
      { phase: "error", activity: "idle", cause: "the agent ended with exit code 1" },
      "Failed",
      "the agent ended with exit code 1",
    ],
    [{ phase: "running", activity: "dreaming" }, "dreaming", null],
    [{}, "Running", null],
  ];
  for (const [payload, text, detail] of cases) {
    const words = statusWords({ payload });
    assert.deepEqual([words.text, words.detail], [text, detail], JSON.stringify(payload));
  }
});

Deno.test("the recorded state of a command, and why", () => {
  const sent = { state: "sent", outcome: null, detail: null } as const;
  const at = (state: string, why?: string) => ({ payload: { state, why } });
  assert.equal(commandWords({ ...sent, state: "queued" }, undefined).text, "Queued");
  assert.equal(commandWords(sent, undefined).text, "With its runner");
  assert.equal(commandWords(sent, at("queued")).text, "With its runner");
  assert.equal(commandWords(sent, at("pasted")).text, "Pasted");
  assert.deepEqual(
    commandWords({ state: "done", outcome: "rejected", detail: null }, at("rejected", "too large")),
    { text: "Rejected", tone: "bad", detail: "too large" },
  );
  assert.equal(
    commandWords({ state: "done", outcome: "expired", detail: "the run ended" }, at("pasted")).detail,
    "the run ended",
  );
});
