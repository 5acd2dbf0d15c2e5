import assert from "node:assert/strict";
import { promptCall } from "../../test/fake/prompt_call.ts";
import { GEMINI_BACKEND } from "./backend_gemini.ts";
import { type ToolNames, toolRules } from "./backend_tool_rules.ts";

const NAMES: ToolNames = {
  name: "agent",
  shell: "sh",
  tools: { Read: "read_file" },
  mcp: (server, tool) => `${server}/${tool}`,
};

function rulesOf(allow: readonly string[], deny: readonly string[]) {
  const { rules, warnings } = toolRules(promptCall({ tools: { isDisabled: false, allow, deny } }), NAMES);
  return {
    rules: rules.map(({ decision, tool, commandPrefix }) => [decision, tool, commandPrefix]),
    warnings: warnings.map((one) => one.slice(one.indexOf("'", 40))),
  };
}

for (
  const [pattern, allowed, denied] of [
    ["Bash", ["sh", null], ["sh", null]],
    ["sh", ["sh", null], ["sh", null]],
    ["Bash(*)", ["sh", null], ["sh", null]],
    ["Bash()", ["sh", null], ["sh", null]],
    ["Bash(git *)", ["sh", "git"], ["sh", "git"]],
    ["Bash(npm run test:*)", ["sh", "npm run test"], ["sh", "npm run test"]],
    ["Bash(git status)", null, ["sh", "git status"]],
    ["Bash(rm*)", null, ["sh", null]],
    ["Bash(git * --force)", null, ["sh", null]],
    ["Read", ["read_file", null], ["read_file", null]],
    ["Read(./secret/**)", null, ["read_file", null]],
    ["mcp__server__some_tool", ["server/some_tool", null], ["server/some_tool", null]],
    ["own_tool", ["own_tool", null], ["own_tool", null]],
    ["toString", ["toString", null], ["toString", null]],
  ] as const
) {
  Deno.test(`s05.8: '${pattern}' allows ${JSON.stringify(allowed)} and denies ${JSON.stringify(denied)}`, () => {
    const allow = rulesOf([pattern], []);
    assert.deepEqual(allow.rules, allowed === null ? [] : [["allow", ...allowed]]);
    assert.equal(allow.warnings.length, allowed === null ? 1 : 0);
    const deny = rulesOf([], [pattern]);
    assert.deepEqual(deny.rules, [["deny", ...denied]]);
    // What is denied wider than it was meant is told.
    assert.equal(deny.warnings.length, allowed === null && denied[1] === null ? 1 : 0);
  });
}

Deno.test("s05.8: what is allowed comes before what is denied", () => {
  assert.deepEqual(rulesOf(["Read"], ["Bash"]).rules, [["allow", "read_file", null], ["deny", "sh", null]]);
});

for (
  const [what, tools, expected] of [
    ["no tools", { isDisabled: true, allow: [], deny: [] }, [
      "[[rule]]",
      'toolName = "*"',
      'decision = "deny"',
      "priority = 900",
      "",
    ]],
    ["both lists", { isDisabled: false, allow: ["Bash"], deny: ['Bash(say "hi" *)'] }, [
      "[[rule]]",
      'toolName = "run_shell_command"',
      'decision = "allow"',
      "allowRedirection = true",
      "priority = 500",
      "",
      "[[rule]]",
      'toolName = "run_shell_command"',
      'commandPrefix = "say \\"hi\\""',
      'decision = "deny"',
      "priority = 900",
      "",
    ]],
    ["neither list", { isDisabled: false, allow: [], deny: [] }, null],
  ] as const
) {
  Deno.test(`s05.8: a policy of ${what} is this file of gemini's`, () => {
    const plan = GEMINI_BACKEND.plan(promptCall({ tools }), {
      isHeadless: true,
      isSandboxed: true,
      environment: {},
      directory: "/call",
      permissions: null,
    });
    assert.equal(plan.files["policy.toml"], expected?.join("\n"));
    assert.equal(plan.args.includes("--policy"), expected !== null);
  });
}
