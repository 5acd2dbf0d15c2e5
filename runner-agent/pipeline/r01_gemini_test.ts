import assert from "node:assert/strict";
import fc from "fast-check";
import { NO_PROVIDER, promptCall } from "../../test/fake/prompt_call.ts";
import { GEMINI_BACKEND } from "./backend_gemini.ts";
import type { ProgramExit } from "./backend_stream.ts";
import type { CliSetting } from "./cli_backend.ts";
import type { PromptCall } from "./effect.ts";

const DONE: ProgramExit = { code: 0, stderr: "" };
const SETTING: CliSetting = {
  isHeadless: false,
  isSandboxed: false,
  environment: { HOME: "/h" },
  directory: "/call",
  permissions: null,
};
const START = ["--output-format", "stream-json"];

function plan(call: Partial<PromptCall>, setting: Partial<CliSetting> = {}) {
  return GEMINI_BACKEND.plan(promptCall(call), { ...SETTING, ...setting });
}

/** @param size Of the chunks, in bytes. */
function decoded(lines: readonly unknown[], exit: ProgramExit | null = DONE, size = 7) {
  const decoder = GEMINI_BACKEND.decoder();
  const bytes = new TextEncoder().encode(
    lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join(""),
  );
  const events = [];
  for (let at = 0; at < bytes.length; at += size) events.push(...decoder.add(bytes.subarray(at, at + size)));
  events.push(...decoder.close());
  return { events, result: decoder.settle(exit), isOver: decoder.isOver };
}

const INIT = { type: "init", session_id: "s-1", model: "m-1" };
const said = (content: string) => ({ type: "message", role: "assistant", content, delta: true });
const USE = {
  type: "tool_use",
  tool_name: "run_shell_command",
  tool_id: "t1",
  parameters: { command: "ls" },
};
const RESULT = {
  type: "result",
  status: "success",
  stats: { total_tokens: 350, input_tokens: 280, output_tokens: 40 },
};

Deno.test("r01: gemini is told by few words, and its prompt goes to standard input", () => {
  const { program, args, stdin, files, warnings, environment } = plan({});
  assert.deepEqual([program, args, stdin, files, warnings], ["gemini", START, "do it", {}, []]);
  assert.deepEqual(environment, {
    HOME: "/h",
    GEMINI_CLI_TRUST_WORKSPACE: "true",
    GEMINI_CLI_NO_RELAUNCH: "true",
  });
});

Deno.test("r01: all that can be said to gemini is said", () => {
  const given = plan({
    model: "m",
    resumeSessionId: "old",
    systemPrompt: "be kind",
    appendSystemPrompt: ["one", "two"],
    provider: { ...NO_PROVIDER, baseUrl: "http://b", authToken: "t" },
    tools: { isDisabled: false, allow: ["Read"], deny: [] },
  }, { isHeadless: true, environment: { AIL_GEMINI_BIN: "/bin/g", GEMINI_CLI_TRUST_WORKSPACE: "false" } });
  assert.equal(given.program, "/bin/g");
  assert.deepEqual(given.args, [
    ...START,
    ...["--approval-mode", "yolo"],
    ...["--resume", "old"],
    ...["--model", "m"],
    ...["--policy", "/call/policy.toml"],
  ]);
  assert.equal(given.files["system.md"], "be kind\n\none\n\ntwo");
  assert.deepEqual(given.environment, {
    AIL_GEMINI_BIN: "/bin/g",
    GEMINI_CLI_TRUST_WORKSPACE: "false",
    GEMINI_CLI_NO_RELAUNCH: "true",
    GOOGLE_GEMINI_BASE_URL: "http://b",
    GEMINI_API_KEY: "t",
    GEMINI_SYSTEM_MD: "/call/system.md",
  });
  assert.deepEqual(given.warnings, []);
});

Deno.test("r01: what gemini cannot do is told: sampling, appending, asking", () => {
  const { warnings, stdin } = plan(
    { appendSystemPrompt: ["rule"], sampling: { temperature: 1, thinking: 1 } },
    { permissions: { ail: ["ail"], socketPath: "/s" } },
  );
  assert.deepEqual(warnings.map((one) => one.replace("step 's': the backend 'gemini' ", "")), [
    "does not support sampling.temperature, sampling.thinking: ignored",
    "cannot append to its system prompt: that goes before the prompt",
    "cannot ask for permissions: what is not allowed by 'tools' follows its own rules",
  ]);
  assert.equal(stdin, "rule\n\ndo it");
});

Deno.test("r01: a prompt that would be a command of gemini is none", () => {
  assert.equal(plan({ prompt: " /quit" }).stdin, "Task:\n\n /quit");
});

Deno.test("r01: gemini's session, model, tokens, tools and last words are read", () => {
  const { events, result } = decoded([
    "Loaded some credentials.",
    INIT,
    { type: "message", role: "user", content: "do it" },
    said("I will"),
    said(" look."),
    USE,
    { type: "tool_result", tool_id: "t1", status: "success", output: "a\nb" },
    said("all "),
    said("done"),
    RESULT,
    said("too late"),
  ]);
  assert.deepEqual(events, [
    { type: "stream_delta", text: "I will" },
    { type: "stream_delta", text: " look." },
    { type: "tool_use", tool_name: "run_shell_command", tool_use_id: "t1", input: { command: "ls" } },
    {
      type: "tool_result",
      tool_name: "run_shell_command",
      tool_use_id: "t1",
      content: "a\nb",
      is_error: false,
    },
    { type: "stream_delta", text: "all " },
    { type: "stream_delta", text: "done" },
  ]);
  assert.ok(result.ok);
  assert.deepEqual(result.value, {
    response: "all done",
    costUsd: null,
    sessionId: "s-1",
    inputTokens: 280,
    outputTokens: 70,
    thinking: null,
    model: "m-1",
    toolEvents: [
      {
        event_type: "tool_call",
        tool_name: "run_shell_command",
        tool_id: "t1",
        content_json: '{"command":"ls"}',
        seq: 0,
      },
      {
        event_type: "tool_result",
        tool_name: "run_shell_command",
        tool_id: "t1",
        content_json: "a\nb",
        seq: 1,
      },
    ],
  });
});

Deno.test("r01: a run of gemini that ends with a tool keeps what it said before, and a tool that failed is an error", () => {
  const { events, result } = decoded([
    said("I will."),
    USE,
    { type: "tool_result", tool_id: "t1", status: "error", error: { message: "no" } },
    RESULT,
  ]);
  assert.equal(result.ok && result.value.response, "I will.");
  assert.deepEqual(events.at(-1), {
    type: "tool_result",
    tool_name: "run_shell_command",
    tool_use_id: "t1",
    content: "no",
    is_error: true,
  });
});

for (
  const [what, lines, exit, expected] of [
    [
      "a result that says so",
      [{ type: "result", status: "error", error: { message: "words" } }],
      DONE,
      /^words$/,
    ],
    [
      "a result without words",
      [{ type: "result", status: "error" }],
      DONE,
      /^gemini told that its run failed$/,
    ],
    ["an error and no result", [{ type: "error", severity: "error", message: "words" }], DONE, /^words$/],
    ["no result", [INIT, said("x")], DONE, /^Stream ended without a 'result' event$/],
    ["an exit code", [INIT], { code: 55, stderr: "not trusted" }, /^Process exited with 55: not trusted$/],
    ["a signal after its answer", [RESULT], { code: null, stderr: "" }, /^Process exited with signal$/],
  ] as const
) {
  Deno.test(`r01: ${what} of gemini is a failed invocation`, () => {
    const { result } = decoded(lines, exit);
    assert.ok(!result.ok && result.error.type === "ail:runner/invocation-failed");
    assert.match(result.error.detail, expected);
  });
}

Deno.test("r01: a warning of gemini is no fault, and an answer before we ended it counts", () => {
  const warned = decoded([{ type: "error", severity: "warning", message: "loop" }], DONE);
  assert.match(!warned.result.ok ? warned.result.error.detail : "", /^Stream ended/);
  const { result, isOver } = decoded([said("x"), RESULT], null);
  assert.ok(result.ok && isOver);
});

Deno.test("r01: whatever gemini prints, however it is cut, nothing is thrown and numbers are bounded", () => {
  const line = fc.oneof(
    fc.json(),
    fc.string(),
    fc.record({
      type: fc.constantFrom("init", "message", "tool_use", "tool_result", "error", "result"),
      role: fc.constantFrom("assistant", "user"),
      content: fc.anything(),
      status: fc.constantFrom("success", "error"),
      stats: fc.record({
        input_tokens: fc.anything(),
        total_tokens: fc.double(),
        output_tokens: fc.double(),
      }),
    }),
  );
  fc.assert(fc.property(fc.array(line), fc.integer({ min: 1, max: 50 }), (lines, size) => {
    const { result } = decoded(lines, DONE, size);
    if (!result.ok) return;
    for (const count of [result.value.inputTokens, result.value.outputTokens]) {
      assert.ok(Number.isSafeInteger(count) && count >= 0);
    }
  }));
});

Deno.test("r01: gemini's sessions are found by the first part of their ids", () => {
  const { sessionFile } = GEMINI_BACKEND;
  const id = "90cc08e3-b27d-4b1b-a271-2a289a07fc7f";
  assert.equal(sessionFile?.below, ".gemini/tmp");
  assert.ok(sessionFile.isNamedFor("work/chats/session-2026-11-22T09-05-90cc08e3.jsonl", id));
  for (
    const path of [
      "work/chats/session-2026-11-22T09-05-90cc08e4.jsonl",
      "chats/session-x-90cc08e3.jsonl",
      "work/logs.json",
    ]
  ) assert.ok(!sessionFile.isNamedFor(path, id), path);
});
