import assert from "node:assert/strict";
import type { PromptCall } from "../../pipeline/effect.ts";
import { createCommandPrompts } from "./command_prompts.ts";
import type { CallEnd, CallRequest } from "./station_ports.ts";

const CALL: PromptCall = {
  stepId: "until_green::fix",
  backend: "command",
  prompt: "make it green",
  resumeSessionId: null,
  tools: null,
  model: null,
  provider: {
    baseUrl: null,
    authToken: null,
    connectTimeoutMs: null,
    readTimeoutMs: null,
    maxHistoryMessages: null,
  },
  systemPrompt: null,
  appendSystemPrompt: [],
  sampling: null,
  outputSchema: null,
  timeoutMs: 2_000,
  isSilent: true,
};

async function invoke(end: CallEnd, call: Partial<PromptCall> = {}) {
  const requests: CallRequest[] = [];
  const warnings: string[] = [];
  const prompts = createCommandPrompts({ runId: "r", command: "cat", args: ["a"] });
  const answer = await prompts.invoke("main#1", { ...CALL, ...call }, {
    calls: {
      run(_id, request) {
        requests.push(request);
        return Promise.resolve(end);
      },
    },
    signal: new AbortController().signal,
    onEvent: () => {},
    warn: (message) => void warnings.push(message),
  });
  return { answer, requests, warnings };
}

const ended = (exitCode: number, stdout: string, stderr = ""): CallEnd => ({
  kind: "ended",
  exitCode,
  stdout,
  stderr,
  isCut: false,
});

Deno.test("a prompt is the command's standard input, its step is named, what it prints is the answer", async () => {
  const { answer, requests } = await invoke(ended(0, "green now\n\n"));
  assert.equal(answer.ok && answer.value.response, "green now");
  assert.deepEqual(requests, [{
    argv: ["bash", "-euo", "pipefail", "-c", "cat", "bash", "a"],
    env: { SHOPFLOOR_STEP_ID: "until_green::fix" },
    stdin: "make it green",
    timeoutMs: 2_000,
  }]);
});

Deno.test("a command that fails is a prompt that fails, with the command's last words", async () => {
  const { answer } = await invoke(ended(3, "half", "no such file\n"));
  assert.deepEqual(!answer.ok && [answer.error.type, answer.error.detail], [
    "ail:runner/invocation-failed",
    "the station's command ended with 3: no such file",
  ]);
});

Deno.test("time, an end by the engine and a sandbox that is gone have a type each", async () => {
  for (
    const [end, type] of [
      [{ kind: "timed_out" }, "ail:runner/timeout"],
      [{ kind: "cancelled" }, "ail:runner/cancelled"],
      [{ kind: "failed", message: "the sandbox is gone" }, "ail:runner/invocation-failed"],
    ] as const
  ) {
    const { answer } = await invoke(end);
    assert.equal(!answer.ok && answer.error.type, type);
  }
});

Deno.test("another backend is refused before anything is run; a session to resume is warned of", async () => {
  const other = await invoke(ended(0, ""), { backend: "claude" });
  assert.equal(!other.answer.ok && other.answer.error.type, "ail:runner/not-found");
  assert.deepEqual(other.requests, []);
  const resumed = await invoke(ended(0, "x"), { resumeSessionId: "s" });
  assert.match(resumed.warnings[0]!, /no session/);
});
