import assert from "node:assert/strict";
import fc from "fast-check";
import { promptCall } from "../../test/fake/prompt_call.ts";
import { codexCall, CodexStream, refusesFlag } from "./backend_codex.ts";
import { settleProgram } from "./backend_stream.ts";

const FLAG = { isHeadless: true, dialect: "flag" } as const;
const MESSAGE = { type: "item.completed", item: { id: "i2", type: "agent_message", text: "all done" } };
const COMPLETED = { type: "turn.completed" };

function decoded(lines: readonly unknown[], exit = { code: 0, stderr: "" }) {
  const stream = new CodexStream();
  const events = lines.flatMap((line) =>
    stream.accept(typeof line === "string" ? line : JSON.stringify(line))
  );
  return { events, result: settleProgram(stream, exit) };
}

function answer(...lines: readonly unknown[]) {
  const { result } = decoded(lines);
  assert.ok(result.ok, result.ok ? "" : result.error.detail);
  return result.value;
}

function detail(lines: readonly unknown[], exit?: { code: number; stderr: string }): string {
  const { result } = decoded(lines, exit);
  assert.ok(!result.ok, "must be a fault");
  assert.equal(result.error.type, "ail:runner/invocation-failed");
  return result.error.detail;
}

Deno.test("r06: the arguments are in the order of the reference", () => {
  const call = promptCall({ prompt: "hello", resumeSessionId: "t-1", model: "m" });
  assert.deepEqual(codexCall(call, FLAG).args, [
    ...["exec", "resume", "t-1", "--json", "--model", "m", "--full-auto", "hello"],
  ]);
  assert.deepEqual(codexCall(promptCall(), { ...FLAG, isHeadless: false }).args, ["exec", "--json", "do it"]);
});

Deno.test("r06: versions without the flag get its two settings, once they have refused it", () => {
  assert.deepEqual(codexCall(promptCall(), { ...FLAG, dialect: "settings" }).args, [
    ...["exec", "--json", "-c", 'sandbox_mode="workspace-write"', "-c", 'approval_policy="never"', "do it"],
  ]);
  const refusal = "error: unexpected argument '--full-auto' found";
  assert.ok(refusesFlag({ code: 2, stderr: refusal }));
  assert.ok(!refusesFlag({ code: 1, stderr: refusal }) && !refusesFlag({ code: 2, stderr: "no" }));
});

Deno.test("r06: a prompt that looks like an option goes to standard input", () => {
  const { args, input } = codexCall(promptCall({ prompt: "- x" }), { ...FLAG, isHeadless: false });
  assert.deepEqual([args, input], [["exec", "--json", "-"], "- x"]);
});

Deno.test("r06: what codex cannot do is told", () => {
  const { warnings } = codexCall(
    promptCall({
      tools: { isDisabled: false, allow: ["Read"], deny: [] },
      sampling: { temperature: 0 },
      systemPrompt: "be kind",
    }),
    FLAG,
  );
  assert.equal(warnings.length, 3);
  assert.match(warnings.join("\n"), /sampling\.temperature.*\n.*tool policy.*\n.*system prompts/);
});

Deno.test("r06: the thread is the session, the last message the response", () => {
  const { sessionId, response, costUsd, inputTokens } = answer(
    { type: "thread.started", thread_id: "t-1" },
    { type: "turn.started" },
    { type: "item.completed", item: { id: "i1", type: "agent_message", text: "first" } },
    MESSAGE,
    COMPLETED,
  );
  assert.deepEqual([sessionId, response, costUsd, inputTokens], ["t-1", "all done", null, 0]);
});

Deno.test("r06: updates of messages and reasoning are told, with the whole text so far", () => {
  const update = (type: string, text: string) => ({ type: "item.updated", item: { id: "i1", type, text } });
  const { events, result } = decoded([
    update("agent_message", "a"),
    update("agent_message", "ab"),
    update("reasoning", "hm"),
    { type: "item.completed", item: { id: "i1", type: "reasoning", text: "hmm" } },
    { type: "item.completed", item: { id: "i9", type: "reasoning", text: "at once" } },
    MESSAGE,
    COMPLETED,
  ]);
  assert.deepEqual(events, [
    { type: "stream_delta", text: "a" },
    { type: "stream_delta", text: "ab" },
    { type: "thinking", text: "hm" },
    { type: "thinking", text: "at once" },
  ]);
  assert.equal(result.ok && result.value.thinking, "hmm\nat once");
});

Deno.test("r06: commands are the tool Bash, and fail by their exit code", () => {
  const done = (id: string, exit_code: number) => ({
    type: "item.completed",
    item: { id, type: "command_execution", command: "ls", aggregated_output: "out\n", exit_code },
  });
  const { events, result } = decoded([
    { type: "item.started", item: { id: "i1", type: "command_execution", command: "ls" } },
    done("i1", 0),
    { type: "item.started", item_id: "i2", item: { type: "command_execution", command: "false" } },
    done("i2", 1),
    MESSAGE,
    COMPLETED,
  ]);
  assert.deepEqual(events, [
    { type: "tool_use", tool_name: "Bash", tool_use_id: "i1", input: { command: "ls" } },
    { type: "tool_result", tool_name: "Bash", tool_use_id: "i1", content: "out\n", is_error: false },
    { type: "tool_use", tool_name: "Bash", tool_use_id: "i2", input: { command: "false" } },
    { type: "tool_result", tool_name: "Bash", tool_use_id: "i2", content: "out\n", is_error: true },
  ]);
  assert.deepEqual(result.ok && result.value.toolEvents.map(({ event_type, seq }) => [event_type, seq]), [
    ["tool_call", 0],
    ["tool_result", 1],
    ["tool_call", 2],
    ["tool_result", 3],
  ]);
});

Deno.test("r06: tokens are counted where codex tells them", () => {
  const { inputTokens, outputTokens } = answer(MESSAGE, {
    type: "turn.completed",
    usage: { input_tokens: 280, output_tokens: 40 },
  });
  assert.deepEqual([inputTokens, outputTokens], [280, 40]);
});

for (
  const [what, lines, expected] of [
    ["turn.failed", [{ type: "turn.failed", error: { message: "no credit" } }], /^no credit$/],
    ["turn.failed with a text", [{ type: "turn.failed", error: "no credit" }], /^no credit$/],
    ["error", [{ type: "error", message: "bad key" }], /^bad key$/],
    ["a stream without an end", [MESSAGE], /turn\.completed/],
    ["a line that is not JSON", ["{"], /^Malformed line/],
  ] as const
) {
  Deno.test(`r06: ${what} is a failure`, () => assert.match(detail(lines), expected));
}

Deno.test("r06: an error after which the turn goes on is none; without an end it is told before the exit code", () => {
  assert.equal(
    answer({ type: "error", message: "Reconnecting... 1/5" }, MESSAGE, COMPLETED).response,
    "all done",
  );
  assert.equal(detail([{ type: "error", message: "bad key" }], { code: 1, stderr: "x" }), "bad key");
  assert.equal(detail([], { code: 1, stderr: "x" }), "Process exited with 1: x");
});

Deno.test("r06: whatever is printed, nothing is thrown and an end is the last word", () => {
  const line = fc.oneof(
    fc.json(),
    fc.string(),
    fc.record({
      type: fc.constantFrom(
        "thread.started",
        "item.started",
        "item.updated",
        "item.completed",
        "turn.completed",
        "turn.failed",
        "error",
      ),
      result: fc.anything(),
      item: fc.record({
        type: fc.constantFrom("agent_message", "reasoning", "command_execution"),
        text: fc.anything(),
        command: fc.anything(),
      }),
    }).map((value) => JSON.stringify(value)),
  );
  fc.assert(fc.property(fc.array(line), (lines) => {
    const stream = new CodexStream();
    let before = stream.end;
    for (const one of lines) {
      const events = stream.accept(one);
      if (before !== null) assert.deepEqual([events, stream.end], [[], before]);
      before = stream.end;
    }
    settleProgram(stream, { code: 0, stderr: "" });
  }));
});
