import assert from "node:assert/strict";
import fc from "fast-check";
import { promptCall } from "../../test/fake/prompt_call.ts";
import { PluginSession } from "./backend_plugin.ts";
import type { PromptCall } from "./effect.ts";

const CAPABLE = { session_resume: true, streaming: true };
const HELLO = { name: "p", version: "1", protocol_version: "1", capabilities: CAPABLE };

function begun(call: Partial<PromptCall> = {}) {
  const session = new PluginSession("p", promptCall(call));
  assert.deepEqual(JSON.parse(session.start("0.1.4")), {
    jsonrpc: "2.0",
    id: 1,
    method: "initialize",
    params: { protocol_version: "1", ail_version: "0.1.4" },
  });
  return session;
}

function accept(session: PluginSession, message: unknown) {
  return session.accept(
    typeof message === "string" ? message : JSON.stringify({ jsonrpc: "2.0", ...message as object }),
  );
}

function invoking(call: Partial<PromptCall> = {}, hello: unknown = HELLO) {
  const session = begun(call);
  const step = accept(session, { id: 1, result: hello });
  assert.equal(step.end, null, "must have been accepted");
  return { session, warnings: step.warnings, invoke: JSON.parse(step.send[0]!) };
}

function notified(method: string, params: unknown) {
  return accept(invoking().session, { method, params });
}

function faultOf(step: ReturnType<PluginSession["accept"]>) {
  assert.ok(step.end !== null && !step.end.ok, "must have ended with a fault");
  return step.end.error;
}

Deno.test("r10: invoke has the prompt alone when nothing else was said", () => {
  const { invoke } = invoking();
  assert.deepEqual(invoke, { jsonrpc: "2.0", id: 2, method: "invoke", params: { prompt: "do it" } });
});

Deno.test("r10: invoke has all that was said, the appended system prompts too", () => {
  const { invoke } = invoking({
    resumeSessionId: "old",
    model: "m",
    systemPrompt: "be kind",
    appendSystemPrompt: ["one", "two"],
    tools: { isDisabled: false, allow: ["Read"], deny: [] },
    sampling: { temperature: 0.5 },
  });
  assert.deepEqual(invoke.params, {
    prompt: "do it",
    session_id: "old",
    model: "m",
    system_prompt: "be kind",
    append_system_prompt: ["one", "two"],
    tool_policy: { type: "allowlist", tools: ["Read"] },
    sampling: { temperature: 0.5 },
  });
});

for (
  const [tools, expected] of [
    [{ isDisabled: true, allow: ["A"], deny: [] }, { type: "no_tools" }],
    [{ isDisabled: false, allow: ["A"], deny: [] }, { type: "allowlist", tools: ["A"] }],
    [{ isDisabled: false, allow: [], deny: ["B"] }, { type: "denylist", tools: ["B"] }],
    [{ isDisabled: false, allow: ["A"], deny: ["B"] }, { type: "mixed", allow: ["A"], deny: ["B"] }],
    [{ isDisabled: false, allow: [], deny: [] }, undefined],
  ] as const
) {
  Deno.test(`r10: the tool policy ${JSON.stringify(tools)} is sent as ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(invoking({ tools }).invoke.params.tool_policy, expected);
  });
}

Deno.test("r10: a plugin that cannot resume is not asked to, and that is told", () => {
  const { invoke, warnings } = invoking({ resumeSessionId: "old" }, { protocol_version: "1" });
  assert.ok(!("session_id" in invoke.params));
  assert.match(warnings.join(), /'resume' is ignored/);
});

for (const version of ["2", 1, undefined]) {
  Deno.test(`r10: the version ${JSON.stringify(version)} of a plugin is refused`, () => {
    const { type, detail } = faultOf(
      accept(begun(), { id: 1, result: { ...HELLO, protocol_version: version } }),
    );
    assert.equal(type, "ail:plugin/protocol-error");
    assert.match(detail, /expected version "1"/);
  });
}

Deno.test("r10: an answer is read with all its fields", () => {
  const event = { event_type: "tool_call", tool_name: "T", tool_id: "1", content_json: "{}", seq: 9 };
  const { end } = accept(invoking().session, {
    id: 2,
    result: {
      response: "done",
      cost_usd: 0.5,
      session_id: "s",
      input_tokens: 1,
      output_tokens: 2,
      thinking: "hm",
      model: "m",
      tool_events: [event, { event_type: "odd" }, 3],
    },
  });
  assert.deepEqual(end, {
    ok: true,
    value: {
      response: "done",
      costUsd: 0.5,
      sessionId: "s",
      inputTokens: 1,
      outputTokens: 2,
      thinking: "hm",
      model: "m",
      toolEvents: [{ ...event, seq: 0 }],
    },
  });
});

for (
  const [method, params, event] of [
    ["stream/delta", { text: "a" }, { type: "stream_delta", text: "a" }],
    ["stream/thinking", { text: "hm" }, { type: "thinking", text: "hm" }],
    ["stream/tool_use", { tool_name: "T", tool_use_id: "1", input: { a: 1 } }, {
      type: "tool_use",
      tool_name: "T",
      tool_use_id: "1",
      input: { a: 1 },
    }],
    ["stream/tool_result", { tool_name: "T", content: "x", is_error: true }, {
      type: "tool_result",
      tool_name: "T",
      content: "x",
      is_error: true,
    }],
    ["stream/cost_update", { cost_usd: 0.1, input_tokens: 1, output_tokens: 2 }, {
      type: "cost_update",
      cost_usd: 0.1,
      input_tokens: 1,
      output_tokens: 2,
    }],
  ] as const
) {
  Deno.test(`r10: ${method} is the event ${event.type}`, () => {
    assert.deepEqual(notified(method, params).events, [event]);
  });
}

Deno.test("r10: a permission request is a wish, and its answer a request of its own", () => {
  const { session } = invoking();
  const { wish } = accept(session, {
    method: "stream/permission_request",
    params: { display_name: "Bash", display_detail: "ls", tool_input: { command: "ls" } },
  });
  assert.deepEqual(wish, { displayName: "Bash", displayDetail: "ls", toolInput: { command: "ls" } });
  assert.deepEqual(JSON.parse(session.respond({ isAllowed: true, reason: null })), {
    jsonrpc: "2.0",
    id: 3,
    method: "permission/respond",
    params: { allow: true },
  });
  assert.deepEqual(JSON.parse(session.respond({ isAllowed: false, reason: "no" })).params, {
    allow: false,
    reason: "no",
  });
  assert.deepEqual(JSON.parse(session.shutdown()), {
    jsonrpc: "2.0",
    id: 5,
    method: "shutdown",
    params: {},
  });
});

Deno.test("r10: unknown notifications, other answers and blank lines are skipped", () => {
  const { session } = invoking();
  for (
    const message of [
      { method: "stream/tomorrow", params: {} },
      { id: 99, result: {} },
      { id: 1, result: {} },
      "",
      " ",
    ]
  ) {
    assert.deepEqual(accept(session, message), { send: [], events: [], wish: null, warnings: [], end: null });
  }
});

Deno.test("r10: a request of the plugin is refused as JSON-RPC has it", () => {
  const { send } = accept(invoking().session, { id: "x", method: "host/read_file" });
  assert.deepEqual(JSON.parse(send[0]!), {
    jsonrpc: "2.0",
    id: "x",
    error: { code: -32_601, message: "the host has no method 'host/read_file'" },
  });
});

for (const [code, message] of [[-32_600, "bad"], [-32_001, "no model"], [-32_003, "too many"]] as const) {
  Deno.test(`r10: the error ${code} of invoke is a failed invocation, of initialize a broken protocol`, () => {
    const refused = faultOf(accept(invoking().session, { id: 2, error: { code, message } }));
    assert.deepEqual([refused.type, refused.detail], [
      "ail:runner/invocation-failed",
      `plugin invoke failed: ${message} (code ${code})`,
    ]);
    assert.equal(
      faultOf(accept(begun(), { id: 1, error: { code, message } })).type,
      "ail:plugin/protocol-error",
    );
  });
}

Deno.test("r10: a line that is not JSON, an answer without words and an early end break the protocol", () => {
  assert.equal(faultOf(accept(invoking().session, "hello")).type, "ail:plugin/protocol-error");
  assert.equal(faultOf(accept(invoking().session, { id: 2, result: {} })).type, "ail:plugin/protocol-error");
});

for (
  const [exit, expected] of [
    [{ code: 3, stderr: "no key" }, "ended with 3 before it answered 'REQUEST': no key"],
    [{ code: 0, stderr: "" }, "ended with 0 before it answered 'REQUEST'"],
    [{ code: null, stderr: "" }, "ended with a signal before it answered 'REQUEST'"],
    [null, "closed its output before it answered 'REQUEST'"],
  ] as const
) {
  Deno.test(`r10: a plugin that ${expected} broke the protocol`, () => {
    for (const [session, request] of [[begun(), "initialize"], [invoking().session, "invoke"]] as const) {
      const closed = session.closed(exit);
      assert.deepEqual(!closed.ok && [closed.error.type, closed.error.detail], [
        "ail:plugin/protocol-error",
        `the plugin 'p' ${expected.replace("REQUEST", request)}`,
      ]);
    }
  });
}

Deno.test("r10: a plugin whose output cannot be read broke the protocol, and nothing it says counts then", () => {
  const { session } = invoking();
  const broken = session.broken("printed a line that is too long");
  assert.equal(!broken.ok && broken.error.detail, "the plugin 'p' printed a line that is too long");
  assert.equal(accept(session, { id: 2, result: { response: "late" } }).end, null);
});

Deno.test("r10: whatever a plugin says, nothing is thrown and an end is the last word", () => {
  const message = fc.oneof(
    fc.json(),
    fc.string(),
    fc.record({ id: fc.constantFrom(1, 2, null), result: fc.anything(), error: fc.anything() }).map((value) =>
      JSON.stringify(value)
    ),
    fc.record({
      method: fc.constantFrom("stream/delta", "stream/permission_request", "stream/tool_use", "x"),
      params: fc.anything(),
    }).map((value) => JSON.stringify(value)),
  );
  fc.assert(fc.property(fc.array(message), (lines) => {
    const session = begun();
    let hasEnded = false;
    for (const line of lines) {
      const { end, events, send, wish } = session.accept(line);
      if (hasEnded) assert.deepEqual([end, events, send, wish], [null, [], [], null]);
      hasEnded ||= end !== null;
    }
  }));
});
