import assert from "node:assert/strict";
import fc from "fast-check";
import { NO_PROVIDER, promptCall } from "../../test/fake/prompt_call.ts";
import { claudeCall, claudeEnvironment, ClaudeStream } from "./backend_claude.ts";
import { settleProgram } from "./backend_stream.ts";
import type { PromptCall } from "./effect.ts";

const DONE = { code: 0, stderr: "" };
const START = ["--output-format", "stream-json", "--verbose"];
const RESULT = {
  type: "result",
  subtype: "success",
  is_error: false,
  result: "done",
  total_cost_usd: 0.25,
  session_id: "s-1",
  model: "m-1",
};

function args(call: Partial<PromptCall>, isHeadless = false, settingsPath: string | null = null) {
  return claudeCall(promptCall(call), { isHeadless, settingsPath }).args;
}

function decoded(...lines: readonly unknown[]) {
  const stream = new ClaudeStream();
  const events = lines.flatMap((line) =>
    stream.accept(typeof line === "string" ? line : JSON.stringify(line))
  );
  return { events, result: settleProgram(stream, DONE), end: stream.end };
}

function said(...content: readonly unknown[]) {
  return { type: "assistant", message: { content } };
}

function detail(result: ReturnType<typeof settleProgram>): string {
  assert.ok(!result.ok, "must be a fault");
  assert.equal(result.error.type, "ail:runner/invocation-failed");
  return result.error.detail;
}

function answer(result: ReturnType<typeof settleProgram>) {
  assert.ok(result.ok, result.ok ? "" : result.error.detail);
  return result.value;
}

Deno.test("r02: every argument is there, in the order of the reference", () => {
  assert.deepEqual(
    args(
      {
        prompt: "hello",
        resumeSessionId: "old",
        tools: { isDisabled: false, allow: ["Read", "Edit(./src/*)"], deny: ["Bash"] },
        model: "opus",
        systemPrompt: "be kind",
        appendSystemPrompt: ["one", "two"],
        sampling: { thinking: 0.6 },
      },
      true,
      "/tmp/settings.json",
    ),
    [
      ...START,
      "--dangerously-skip-permissions",
      ...["--resume", "old"],
      ...["--allowedTools", "Read,Edit(./src/*)", "--disallowedTools", "Bash"],
      ...["--model", "opus"],
      ...["--system-prompt", "be kind"],
      ...["--append-system-prompt", "one", "--append-system-prompt", "two"],
      ...["--effort", "high"],
      ...["--permission-prompt-tool", "stdio"],
      ...["--settings", "/tmp/settings.json"],
      ...["-p", "hello"],
    ],
  );
  assert.deepEqual(args({}), [...START, "-p", "do it"]);
});

for (
  const [what, tools, expected] of [
    ["no tools", { isDisabled: true, allow: ["Read"], deny: [] }, ["--tools", ""]],
    ["an allow list", { isDisabled: false, allow: ["Read"], deny: [] }, ["--allowedTools", "Read"]],
    ["a deny list", { isDisabled: false, allow: [], deny: ["Bash"] }, ["--disallowedTools", "Bash"]],
    ["neither list", { isDisabled: false, allow: [], deny: [] }, []],
  ] as const
) {
  Deno.test(`r02: a policy of ${what} becomes ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(args({ tools }), [...START, ...expected, "-p", "do it"]);
  });
}

for (
  const [thinking, effort] of [
    [0, null],
    [0.01, "low"],
    [0.25, "low"],
    [0.26, "medium"],
    [0.5, "medium"],
    [0.75, "high"],
    [0.76, "max"],
    [1, "max"],
  ] as const
) {
  Deno.test(`r02: thinking ${thinking} is the effort ${effort}`, () => {
    const expected = effort === null ? [] : ["--effort", effort];
    assert.deepEqual(args({ sampling: { thinking } }), [...START, ...expected, "-p", "do it"]);
  });
}

Deno.test("r02: a session is not resumed elsewhere, and other sampling is told and ignored", () => {
  const call = promptCall({
    resumeSessionId: "old",
    provider: { ...NO_PROVIDER, baseUrl: "http://elsewhere" },
    sampling: { temperature: 1, thinking: 1 },
  });
  const { args, warnings } = claudeCall(call, { isHeadless: false, settingsPath: null });
  assert.ok(!args.includes("--resume"));
  assert.match(warnings.join("\n"), /sampling\.temperature: ignored\n.*'resume' is ignored/);
});

Deno.test("r02: a prompt that one argument cannot hold, or that looks like an option, goes to standard input", () => {
  for (const prompt of ["- a list", "ä".repeat(65_600)]) {
    const call = claudeCall(promptCall({ prompt }), { isHeadless: false, settingsPath: null });
    assert.deepEqual([call.args, call.input], [[...START, "-p"], prompt]);
  }
});

Deno.test("r02: the child alone gets the provider, and is in no other session", () => {
  const given = { HOME: "/h", CLAUDECODE: "1", ANTHROPIC_BASE_URL: "old" };
  const provider = { ...NO_PROVIDER, baseUrl: "http://b", authToken: "t" };
  assert.deepEqual(claudeEnvironment(given, provider), {
    HOME: "/h",
    ANTHROPIC_BASE_URL: "http://b",
    ANTHROPIC_AUTH_TOKEN: "t",
  });
  assert.deepEqual(claudeEnvironment(given, NO_PROVIDER), { HOME: "/h", ANTHROPIC_BASE_URL: "old" });
});

Deno.test("r02: text is a delta, empty text is nothing, and the response is the result's own", () => {
  const { events, result } = decoded(
    said({ type: "text", text: "par" }, { type: "text", text: "" }),
    RESULT,
  );
  assert.deepEqual(events, [{ type: "stream_delta", text: "par" }]);
  assert.equal(answer(result).response, "done");
});

Deno.test("r02: thoughts are told and joined by line ends", () => {
  const { events, result } = decoded(
    said({ type: "thinking", thinking: "one" }),
    said({ type: "thinking", thinking: "two" }),
    RESULT,
  );
  assert.deepEqual(events.map(({ type }) => type), ["thinking", "thinking"]);
  assert.equal(answer(result).thinking, "one\ntwo");
  assert.equal(answer(decoded(RESULT).result).thinking, null);
});

Deno.test("r02: calls of tools and their results are told and kept", () => {
  const { events, result } = decoded(
    said({ type: "tool_use", id: "t1", name: "Bash", input: { command: "ls" } }, {
      type: "tool_use",
      id: "t2",
      name: "Look",
    }),
    {
      type: "user",
      message: {
        content: [
          { type: "tool_result", tool_use_id: "t1", content: "a\nb", is_error: false },
          { type: "tool_result", tool_use_id: "t2", content: [{ type: "text", text: "x" }] },
        ],
      },
    },
    RESULT,
  );
  assert.deepEqual(events, [
    { type: "tool_use", tool_name: "Bash", tool_use_id: "t1", input: { command: "ls" } },
    { type: "tool_use", tool_name: "Look", tool_use_id: "t2", input: {} },
    { type: "tool_result", tool_name: "", tool_use_id: "t1", content: "a\nb", is_error: false },
    { type: "tool_result", tool_name: "", tool_use_id: "t2", content: '[{"type":"text","text":"x"}]' },
  ]);
  assert.deepEqual(answer(result).toolEvents, [
    {
      event_type: "tool_call",
      tool_name: "Bash",
      tool_id: "t1",
      content_json: '{"command":"ls"}',
      seq: 0,
    },
    { event_type: "tool_call", tool_name: "Look", tool_id: "t2", content_json: "{}", seq: 1 },
    { event_type: "tool_result", tool_name: "", tool_id: "t1", content_json: "a\nb", seq: 2 },
    {
      event_type: "tool_result",
      tool_name: "",
      tool_id: "t2",
      content_json: '[{"type":"text","text":"x"}]',
      seq: 3,
    },
  ]);
});

Deno.test("r02: tokens are added up, those of one message once", () => {
  const line = (id: string | undefined, input_tokens: number, output_tokens: number) => ({
    type: "assistant",
    message: { id, content: [], usage: { input_tokens, output_tokens } },
  });
  const { inputTokens, outputTokens } = answer(
    decoded(line("a", 10, 1), line("a", 10, 5), line("b", 20, 2), line(undefined, 1, 1), RESULT).result,
  );
  assert.deepEqual([inputTokens, outputTokens], [31, 8]);
});

Deno.test("r02: the result has cost, session and model; without its own, the model that spoke", () => {
  const { costUsd, sessionId, model } = answer(decoded(RESULT).result);
  assert.deepEqual([costUsd, sessionId, model], [0.25, "s-1", "m-1"]);
  const { model: _, total_cost_usd: __, ...bare } = RESULT;
  const spoken = answer(decoded({ type: "assistant", message: { model: "m-2", content: [] } }, bare).result);
  assert.deepEqual([spoken.costUsd, spoken.model], [null, "m-2"]);
});

Deno.test("r02: what is not known, blank lines, and lines after the result say nothing", () => {
  const { events, result } = decoded(
    { type: "system", subtype: "init" },
    { type: "rate_limit_event" },
    { type: "tomorrow" },
    "",
    RESULT,
    "no json",
    said({ type: "text", text: "late" }),
  );
  assert.deepEqual(events, []);
  assert.equal(answer(result).response, "done");
});

for (
  const [what, line, expected] of [
    ["an error subtype", { ...RESULT, subtype: "error", result: "no credit" }, /^no credit$/],
    ["is_error", { ...RESULT, is_error: true, result: "bad key" }, /^bad key$/],
    [
      "an error without words",
      { type: "result", subtype: "error_during_execution", is_error: true },
      /error_during/,
    ],
    ["a result without text", { type: "result", subtype: "error_max_turns" }, /no text.*error_max_turns/],
    ["a line that is not JSON", "{nope", /^Malformed line/],
    ["a line that is no object", "[1]", /^Malformed line/],
  ] as const
) {
  Deno.test(`r02: ${what} is a failure, whatever the exit code`, () => {
    assert.match(detail(decoded(line).result), expected);
  });
}

Deno.test("r02: a stream without a result, and an exit code that is not 0, are failures", () => {
  assert.equal(detail(decoded(said()).result), "Stream ended without a 'result' event");
  const stream = new ClaudeStream();
  assert.equal(
    detail(settleProgram(stream, { code: 3, stderr: "no such model" })),
    "Process exited with 3: no such model",
  );
  assert.equal(detail(settleProgram(stream, { code: null, stderr: "" })), "Process exited with signal");
  stream.accept(JSON.stringify(RESULT));
  assert.equal(detail(settleProgram(stream, { code: 1, stderr: "" })), "Process exited with 1");
  assert.ok(settleProgram(stream, null).ok, "one that stayed after its answer was ended by us");
});

Deno.test("r02: whatever is printed, nothing is thrown and an end is the last word", () => {
  const line = fc.oneof(
    fc.json(),
    fc.string(),
    fc.record({
      type: fc.constantFrom("assistant", "user", "result", "x"),
      result: fc.anything(),
      message: fc.record({
        content: fc.array(
          fc.record({
            type: fc.constantFrom("text", "thinking", "tool_use", "tool_result"),
            text: fc.anything(),
            input: fc.anything(),
          }),
        ),
      }),
    }).map((value) => JSON.stringify(value)),
  );
  fc.assert(fc.property(fc.array(line), (lines) => {
    const stream = new ClaudeStream();
    let before = stream.end;
    for (const one of lines) {
      const events = stream.accept(one);
      if (before !== null) assert.deepEqual([events, stream.end], [[], before]);
      before = stream.end;
    }
    settleProgram(stream, { code: 0, stderr: "" });
  }));
});
