import assert from "node:assert/strict";
import fc from "fast-check";
import { NO_PROVIDER, promptCall } from "../../test/fake/prompt_call.ts";
import { OPENCODE_BACKEND } from "./backend_opencode.ts";
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
const START = ["run", "--format", "json", "--thinking"];
const ASKING = { permissions: { ail: [], socketPath: "/call/s.sock" } };

function plan(call: Partial<PromptCall>, setting: Partial<CliSetting> = {}) {
  const made = OPENCODE_BACKEND.plan(promptCall(call), { ...SETTING, ...setting });
  return { ...made, config: JSON.parse(made.environment["OPENCODE_CONFIG_CONTENT"] ?? "null") };
}

function permission(tools: PromptCall["tools"]) {
  return plan({ tools }).config?.agent.ail.permission;
}

function decoded(lines: readonly unknown[], exit: ProgramExit | null = DONE) {
  const decoder = OPENCODE_BACKEND.decoder();
  const text = lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join("");
  const events = [...decoder.add(new TextEncoder().encode(text)), ...decoder.close()];
  return { events, result: decoder.settle(exit) };
}

function part(type: string, fields: Readonly<Record<string, unknown>>) {
  return { type, sessionID: "ses_1", part: fields };
}

function finish(reason: string, tokens: unknown, cost: unknown = 0) {
  return part("step_finish", { reason, tokens, cost });
}

Deno.test("r01: opencode is told by few words, and its prompt goes to standard input", () => {
  const { program, args, stdin, files, warnings, environment } = plan({ prompt: "/help me" });
  assert.deepEqual([program, args, stdin, files, warnings, environment], [
    "opencode",
    START,
    "/help me",
    {},
    [],
    { HOME: "/h" },
  ]);
});

Deno.test("r01: what a call says beyond its prompt is an agent of its own, over the configuration that is there", () => {
  const given = plan({
    model: "openai/m",
    resumeSessionId: "old",
    systemPrompt: "be kind",
    appendSystemPrompt: ["one", "two"],
    sampling: { temperature: 0.5, top_p: 0.9, top_k: 3 },
    provider: { ...NO_PROVIDER, baseUrl: "http://b", authToken: "t" },
  }, {
    isHeadless: true,
    environment: {
      AIL_OPENCODE_BIN: "/bin/o",
      OPENCODE_CONFIG_CONTENT:
        '{"instructions":["mine.md"],"provider":{"openai":{"options":{"a":1}}},"agent":{"x":{}}}',
    },
  });
  assert.deepEqual([given.program, given.args], ["/bin/o", [
    ...START,
    "--auto",
    ...["--session", "old"],
    ...["--model", "openai/m"],
    ...["--agent", "ail"],
  ]]);
  assert.deepEqual(given.config, {
    instructions: ["mine.md", "/call/rules.md"],
    provider: {
      openai: { options: { a: 1, baseURL: "http://b", apiKey: "{env:AIL_OPENCODE_TOKEN}" } },
    },
    agent: {
      x: {},
      ail: { mode: "primary", prompt: "{file:/call/system.md}", temperature: 0.5, top_p: 0.9 },
    },
  });
  assert.equal(given.environment["AIL_OPENCODE_TOKEN"], "t");
  assert.deepEqual(given.files, { "system.md": "be kind", "rules.md": "one\n\ntwo" });
  assert.deepEqual(given.warnings, [
    "step 's': the backend 'opencode' does not support sampling.top_k: ignored",
  ]);
});

Deno.test("r01: a provider without a vendor in the model's name is told and ignored", () => {
  const { warnings, config } = plan({ model: "m", provider: { ...NO_PROVIDER, baseUrl: "http://b" } });
  assert.match(warnings.join(), /expected a model as 'provider\/name'/);
  assert.equal(config, null);
});

Deno.test("r01: where people are asked, the agent may do nothing until the plugin that asks is there", () => {
  const { args, config, files } = plan({ tools: { isDisabled: false, allow: [], deny: ["Bash"] } }, ASKING);
  assert.ok(args.includes("--auto") && args.includes("--agent"));
  assert.deepEqual([config.agent.ail.permission, config.plugin], [{ "*": "deny" }, ["file:///call/gate.js"]]);
  assert.match(files["gate.js"]!, /const PERMISSION = \{"\*":"allow","bash":\{"\*":"deny"\}\};/);
  assert.match(files["gate.js"]!, /const SOCKET = "\/call\/s\.sock";/);
  const headless = plan({}, { ...ASKING, isHeadless: true });
  assert.deepEqual([headless.config, headless.files], [null, {}]);
});

Deno.test("s05.8: what is denied is denied to the agents that opencode's gives work to, too", () => {
  const { config } = plan({ tools: { isDisabled: false, allow: ["Read"], deny: ["Bash(rm *)", "Write"] } });
  assert.deepEqual(config.permission, { bash: { rm: "deny", "rm *": "deny" }, edit: { "*": "deny" } });
  assert.equal(
    plan({ tools: { isDisabled: false, allow: ["Read"], deny: [] } }).config.permission,
    undefined,
  );
  assert.deepEqual(plan({ tools: { isDisabled: true, allow: [], deny: [] } }).config.permission, {
    "*": "deny",
  });
});

for (
  const [what, tools, expected] of [
    ["no tools", { isDisabled: true, allow: ["Read"], deny: [] }, { "*": "deny" }],
    ["neither list", { isDisabled: false, allow: [], deny: [] }, undefined],
    ["an allow list", { isDisabled: false, allow: ["Read", "mcp__s__t"], deny: [] }, {
      read: { "*": "allow" },
      s_t: { "*": "allow" },
    }],
    ["a deny list", { isDisabled: false, allow: [], deny: ["Write"] }, { edit: { "*": "deny" } }],
    ["both, of which the denial comes last", {
      isDisabled: false,
      allow: ["Bash(git *)", "Bash"],
      deny: ["Bash(git push:*)", "Bash(git)"],
    }, {
      bash: {
        "*": "allow",
        "git push": "deny",
        "git push *": "deny",
        git: "deny",
        "git *": "deny",
      },
    }],
  ] as const
) {
  Deno.test(`s05.8: a policy of ${what} is ${JSON.stringify(expected)} to opencode`, () => {
    const made = permission(tools);
    assert.deepEqual(made, expected);
    // The last rule that fits wins.
    if (made?.bash !== undefined) {
      assert.deepEqual(Object.keys(made.bash), Object.keys(expected?.["bash" as never] ?? {}));
    }
  });
}

Deno.test("r01: opencode's session, tokens, cost, thoughts, tools and last words are read", () => {
  const { events, result } = decoded([
    "chatter",
    part("step_start", {}),
    part("reasoning", { text: "hm" }),
    part("text", { messageID: "m1", text: "I will look." }),
    part("tool_use", {
      tool: "bash",
      callID: "c1",
      state: { status: "completed", input: { command: "ls" }, output: "a\n" },
    }),
    part("tool_use", {
      tool: "read",
      callID: "c2",
      state: { status: "error", input: {}, error: "not there" },
    }),
    finish("tool-calls", { input: 100, output: 20, reasoning: 5, cache: { read: 40 } }, 0.25),
    part("step_start", {}),
    part("text", { messageID: "m2", text: "all " }),
    part("text", { messageID: "m2", text: "done" }),
    finish("stop", { input: 1, output: 2, reasoning: 0 }, 0.5),
  ]);
  assert.deepEqual(events.map((event) => [event.type, "content" in event ? event.is_error : null]), [
    ["thinking", null],
    ["stream_delta", null],
    ["tool_use", null],
    ["tool_result", false],
    ["tool_use", null],
    ["tool_result", true],
    ["stream_delta", null],
    ["stream_delta", null],
  ]);
  assert.ok(result.ok);
  const { toolEvents, ...rest } = result.value;
  assert.deepEqual(rest, {
    response: "all done",
    costUsd: 0.75,
    sessionId: "ses_1",
    inputTokens: 101,
    outputTokens: 27,
    thinking: "hm",
    model: null,
  });
  assert.deepEqual(
    toolEvents.map(({ tool_name, tool_id, content_json }) => [tool_name, tool_id, content_json]),
    [
      ["bash", "c1", '{"command":"ls"}'],
      ["bash", "c1", "a\n"],
      ["read", "c2", "{}"],
      ["read", "c2", "not there"],
    ],
  );
});

const ERROR = { type: "error", error: { name: "APIError", data: { message: "words" } } };

for (
  const [what, lines, exit, expected] of [
    ["an error", [ERROR], { code: 1, stderr: "" }, /^APIError: words$/],
    ["an error without words", [{ type: "error" }], DONE, /^opencode told of an error without words$/],
    ["an error within its turn", [finish("tool-calls", {}), ERROR], DONE, /^APIError: words$/],
    [
      "an end after tools",
      [finish("tool-calls", {})],
      DONE,
      /^Stream ended without a last 'step_finish' event$/,
    ],
    ["a step that has begun", [finish("stop", {}), part("step_start", {})], DONE, /^Stream ended/],
    ["silence", [], DONE, /^Stream ended/],
    [
      "an exit code",
      [finish("stop", {})],
      { code: 2, stderr: "no such agent" },
      /^Process exited with 2: no such/,
    ],
    ["our end of it", [finish("stop", {})], null, /^Stream ended/],
  ] as const
) {
  Deno.test(`r01: ${what} of opencode is a failed invocation`, () => {
    const { result } = decoded(lines, exit);
    assert.ok(!result.ok && result.error.type === "ail:runner/invocation-failed");
    assert.match(result.error.detail, expected);
  });
}

Deno.test("r01: an error of opencode after which the model answers is none, and a cost of nothing is not known", () => {
  const { result } = decoded([ERROR, part("text", { messageID: "m", text: "x" }), finish("stop", {}, 0)]);
  assert.deepEqual(result.ok && [result.value.response, result.value.costUsd], ["x", null]);
});

Deno.test("r01: forged numbers of opencode are bounded, also as a sum", () => {
  const huge = { input: 1e308, output: Number.MAX_SAFE_INTEGER, reasoning: 7 };
  const { result } = decoded([finish("tool-calls", huge, 1e6), finish("stop", huge, 1e6)]);
  assert.ok(result.ok);
  assert.deepEqual([result.value.inputTokens, result.value.outputTokens, result.value.costUsd], [
    Number.MAX_SAFE_INTEGER,
    Number.MAX_SAFE_INTEGER,
    null,
  ]);
});

Deno.test("r01: whatever opencode prints, nothing is thrown", () => {
  const line = fc.oneof(
    fc.json(),
    fc.string(),
    fc.record({
      type: fc.constantFrom("text", "reasoning", "tool_use", "step_start", "step_finish", "error"),
      part: fc.record({
        text: fc.anything(),
        state: fc.anything(),
        tokens: fc.anything(),
        cost: fc.anything(),
      }),
    }),
  );
  fc.assert(fc.property(fc.array(line), (lines) => void decoded(lines)));
});
