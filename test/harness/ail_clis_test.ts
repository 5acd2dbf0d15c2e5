/**
 * The backends `gemini` and `opencode` over the real CLIs, against the scripted model: what they are told is understood,
 * what they print is decoded, sessions go on, tool policies hold, and tools are asked for (Pipeline r01, s05.8).
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { createCliBackend } from "../../runner-agent/ail/backend/cli.ts";
import type { PermissionRequest } from "../../runner-agent/ail/ports.ts";
import { CLI_BACKENDS } from "../../runner-agent/pipeline/backend_clis.ts";
import type { CliBackend } from "../../runner-agent/pipeline/cli_backend.ts";
import { invoked } from "../fake/prompt_call.ts";
import { CALL_MS, cliStage, MODELS, type Script, titleOf } from "./ail_stage.ts";

const NAMES = ["gemini", "opencode"] as const;
const SHELL = { gemini: "run_shell_command", opencode: "bash" } as const;
const MAKE: Script = (turn) =>
  turn === 0
    ? { kind: "tool", command: "echo by-the-agent > made.txt" }
    : { kind: "text", text: "done-4712" };

async function made(dir: string): Promise<string | null> {
  return await Deno.readTextFile(join(dir, "made.txt")).catch(() => null);
}

for (const name of NAMES) {
  Deno.test(`r01: ${titleOf(name)} runs a tool when headless, is decoded, and resumes its session`, async () => {
    await using world = await cliStage(name, MAKE);
    const first = await world.invoke(
      { prompt: "/make it-4713", appendSystemPrompt: ["rule-4714", "rule-4720"] },
      { isHeadless: true },
    );
    assert.ok(first.result.ok, `${first.result.ok ? "" : first.result.error.detail}\n${world.seen()}`);
    assert.deepEqual(
      first.warnings,
      name === "opencode"
        ? []
        : ["step 's': the backend 'gemini' cannot append to its system prompt: that goes before the prompt"],
    );
    const { response, sessionId, inputTokens, outputTokens, toolEvents, costUsd } = first.result.value;
    assert.equal(response, "done-4712");
    assert.ok(sessionId !== null && inputTokens > 0 && outputTokens > 0);
    assert.equal(costUsd, null);
    assert.equal(await made(world.sandbox.workspaceDir), "by-the-agent\n");
    assert.deepEqual(toolEvents.map(({ event_type, tool_name }) => [event_type, tool_name]), [
      ["tool_call", SHELL[name]],
      ["tool_result", SHELL[name]],
    ]);
    assert.deepEqual(first.events.map(({ type }) => type), [
      "tool_use",
      "tool_result",
      "stream_delta",
      "completed",
    ]);
    const sent = world.model.requests.find(({ turn }) => turn === 0)!.body;
    for (const part of ["make it-4713", "rule-4714", "rule-4720"]) assert.ok(sent.includes(part), part);

    const second = await world.invoke({ prompt: "and then-4715", resumeSessionId: sessionId }, {
      isHeadless: true,
    });
    assert.ok(second.result.ok, `${second.result.ok ? "" : second.result.error.detail}\n${world.seen()}`);
    assert.equal(second.result.value.sessionId, sessionId);
    assert.ok(
      world.model.requests.some(({ body }) =>
        body.includes("and then-4715") && body.includes("make it-4713")
      ),
      "the second prompt must come after the first",
    );
  });

  Deno.test(`s05.8: ${titleOf(name)} has no tools when they are disabled, and its system prompt is the step's`, async () => {
    await using world = await cliStage(name, MAKE);
    const { result, warnings } = await world.invoke({
      prompt: "say it-4718",
      tools: { isDisabled: true, allow: [], deny: [] },
      systemPrompt: "be-terse-4721 {env:HOME}",
    }, { isHeadless: true });
    assert.ok(result.ok, `${result.ok ? "" : result.error.detail}\n${world.seen()}`);
    assert.deepEqual(warnings, []);
    // OpenCode asks its model for a title, too.
    const sent = world.model.requests.map(({ body }) => body).filter((body) => body.includes("it-4718"));
    assert.ok(sent.some((body) => body.includes("be-terse-4721 {env:HOME}")), world.seen());
    for (const body of sent) assert.doesNotMatch(JSON.stringify(JSON.parse(body).tools ?? []), /"name"/);
    assert.equal(await made(world.sandbox.workspaceDir), null);
  });

  Deno.test(`s05.8: ${titleOf(name)} is not given a denied tool when headless, by Claude Code's name of it`, async () => {
    await using world = await cliStage(name, () => ({ kind: "text", text: "done-4712" }));
    const { result } = await world.invoke({ tools: { isDisabled: false, allow: ["Read"], deny: ["Bash"] } }, {
      isHeadless: true,
    });
    assert.ok(result.ok, `${result.ok ? "" : result.error.detail}\n${world.seen()}`);
    const offered = world.model.requests.map(({ body }) => body).filter((body) => body.includes('"tools"'));
    assert.ok(offered.length > 0, world.seen());
    for (const body of offered) {
      const names = [...JSON.stringify(JSON.parse(body).tools).matchAll(/"name":"(\w+)"/g)].map(([, one]) =>
        one
      );
      assert.ok(!names.includes(SHELL[name]), names.join());
      assert.ok(names.includes(name === "gemini" ? "read_file" : "read"), names.join());
    }
  });
}

for (const isAllowed of [true, false]) {
  Deno.test(`r01: ${titleOf("opencode")} asks before a tool, which is ${isAllowed ? "granted" : "refused"}`, async () => {
    await using world = await cliStage("opencode", MAKE);
    const asked: PermissionRequest[] = [];
    const { result, events } = await world.invoke({}, {
      askPermission(request) {
        asked.push(request);
        return Promise.resolve({ isAllowed, reason: isAllowed ? null : "not-today-4716" });
      },
    });
    assert.ok(result.ok, `${result.ok ? "" : result.error.detail}\n${world.seen()}`);
    assert.deepEqual(asked.map(({ displayName }) => displayName), [SHELL.opencode], world.seen());
    assert.match(asked[0]!.displayDetail, /\n {4}command: echo by-the-agent > made\.txt/);
    assert.ok(events.some(({ type }) => type === "permission_requested"));
    assert.equal(
      await made(world.sandbox.workspaceDir),
      isAllowed ? "by-the-agent\n" : null,
      world.seen(),
    );
    if (!isAllowed) {
      assert.ok(world.model.requests.some(({ body }) => body.includes("not-today-4716")), world.seen());
    }
  });
}

Deno.test(`r01: ${titleOf("gemini")} cannot ask: what is not allowed is refused by its own rules, and that is told`, async () => {
  await using world = await cliStage("gemini", MAKE);
  const { result, warnings } = await world.invoke({}, {
    askPermission: () => assert.fail("must not be asked"),
  });
  assert.ok(result.ok, `${result.ok ? "" : result.error.detail}\n${world.seen()}`);
  assert.match(warnings.join(), /cannot ask for permissions/);
  assert.equal(await made(world.sandbox.workspaceDir), null);

  for (
    const [tool, command] of [["Bash(touch *)", "touch made.txt"], ["Bash", "echo x > made.txt"]] as const
  ) {
    await using other = await cliStage(
      "gemini",
      (turn) => turn === 0 ? { kind: "tool", command } : MAKE(turn),
    );
    const allowed = await other.invoke({ tools: { isDisabled: false, allow: [tool], deny: [] } });
    assert.ok(allowed.result.ok, `${allowed.result.ok ? "" : allowed.result.error.detail}\n${other.seen()}`);
    assert.deepEqual(allowed.warnings, []);
    assert.notEqual(await made(other.sandbox.workspaceDir), null, `${tool}\n${other.seen()}`);
  }
});

for (const what of ["that was not loaded", "whose run is gone"] as const) {
  Deno.test(`r01: with a plugin ${what}, ${titleOf("opencode")} uses no tool unasked`, async () => {
    await using world = await cliStage("opencode", MAKE);
    const { opencode } = CLI_BACKENDS;
    const broken: CliBackend = {
      ...opencode,
      plan(call, setting) {
        if (what === "that was not loaded") return { ...opencode.plan(call, setting), files: {} };
        return opencode.plan(call, { ...setting, permissions: { ail: [], socketPath: "/nowhere/s.sock" } });
      },
    };
    const { result } = await invoked(createCliBackend(broken, { ail: [] }), {
      model: MODELS.opencode,
      timeoutMs: CALL_MS,
    }, {
      cwd: world.sandbox.workspaceDir,
      environment: world.environment,
      askPermission: () => assert.fail("must not be asked"),
    });
    assert.ok(result.ok || result.error.type === "ail:runner/invocation-failed", world.seen());
    // Without the plugin the model is not even told of a tool.
    const asked = world.model.requests.filter(({ status }) => status === 200);
    assert.equal(asked.some(({ turn }) => turn === 0), what === "whose run is gone", world.seen());
    assert.ok(asked.length > 0);
    assert.equal(await made(world.sandbox.workspaceDir), null, world.seen());
  });
}
