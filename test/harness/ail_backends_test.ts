/**
 * The prompt backends over the real Claude Code and Codex, against the scripted model: what they are told is understood,
 * what they print is decoded, sessions go on, and tools are asked for through the hooks (Pipeline r02, r06).
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { PermissionRequest } from "../../runner-agent/ail/ports.ts";
import { CLI_PACKAGES } from "../../runner-agent/harness/mod.ts";
import { CLI_NAMES } from "../../runner-agent/pipeline/cli_backend.ts";
import { CALL_MS, cliStage, type Script } from "./ail_stage.ts";

const CLAUDE = `claude ${CLI_PACKAGES.claude.version}`;
const CODEX = `codex ${CLI_PACKAGES.codex.version}`;

const MAKE: Script = (turn) =>
  turn === 0
    ? { kind: "tool", command: "echo by-the-agent > made.txt" }
    : { kind: "text", text: "done-4712" };

Deno.test(`r02: ${CLAUDE} runs a tool when headless, is decoded, and resumes its session`, async () => {
  await using world = await cliStage("claude", MAKE);
  const first = await world.invoke(
    {
      prompt: "make it-4713",
      appendSystemPrompt: ["rule-4714"],
      model: "some-model",
      sampling: { thinking: 0.3 },
    },
    { isHeadless: true },
  );
  assert.ok(first.result.ok, `${first.result.ok ? "" : first.result.error.detail}\n${world.seen()}`);
  const { response, sessionId, inputTokens, toolEvents } = first.result.value;
  assert.equal(response, "done-4712");
  assert.ok(sessionId !== null && inputTokens > 0);
  assert.equal(await Deno.readTextFile(join(world.sandbox.workspaceDir, "made.txt")), "by-the-agent\n");
  assert.deepEqual(toolEvents.map(({ event_type }) => event_type), ["tool_call", "tool_result"]);
  const told = first.events.map(({ type }) => type);
  assert.deepEqual(told.filter((type) => type !== "thinking"), [
    "tool_use",
    "tool_result",
    "stream_delta",
    "completed",
  ]);
  const sent = world.model.requests.find(({ turn }) => turn === 0)!.body;
  assert.ok(sent.includes("make it-4713") && sent.includes("rule-4714") && sent.includes("some-model"));

  const second = await world.invoke(
    { prompt: "and then-4715", resumeSessionId: sessionId },
    { isHeadless: true },
  );
  assert.ok(second.result.ok, second.result.ok ? "" : second.result.error.detail);
  assert.ok(
    world.model.requests.some(({ body }) => body.includes("and then-4715") && body.includes("make it-4713")),
    "the second prompt must come after the first",
  );
});

for (const isAllowed of [true, false]) {
  Deno.test(`r02: ${CLAUDE} asks through its hook, and a tool is ${isAllowed ? "granted" : "refused"}`, async () => {
    await using world = await cliStage("claude", MAKE);
    const asked: PermissionRequest[] = [];
    const { result, events } = await world.invoke({}, {
      askPermission(request) {
        asked.push(request);
        return Promise.resolve({ isAllowed, reason: isAllowed ? null : "not-today-4716" });
      },
    });
    assert.ok(result.ok, `${result.ok ? "" : result.error.detail}\n${world.seen()}`);
    assert.deepEqual(asked.map(({ displayName }) => displayName), ["Bash"]);
    assert.match(asked[0]!.displayDetail, /\n {4}command: echo by-the-agent > made\.txt/);
    assert.ok(events.some(({ type }) => type === "permission_requested"));
    const made = await Deno.readTextFile(join(world.sandbox.workspaceDir, "made.txt")).catch(() => null);
    assert.equal(made, isAllowed ? "by-the-agent\n" : null, world.seen());
    if (!isAllowed) {
      assert.ok(world.model.requests.some(({ body }) => body.includes("not-today-4716")), world.seen());
    }
  });
}

Deno.test(`r02: ${CLAUDE} gets the person's answer to a question`, async () => {
  const question = {
    header: "Colour",
    question: "Which colour?",
    multiSelect: false,
    options: [{ label: "red", description: "warm" }, { label: "blue", description: "cold" }],
  };
  await using world = await cliStage(
    "claude",
    (turn) =>
      turn === 0
        ? { kind: "call", tool: "AskUserQuestion", input: { questions: [question] } }
        : { kind: "text", text: "done-4712" },
  );
  const asked: PermissionRequest[] = [];
  const { result } = await world.invoke({}, {
    askPermission(request) {
      asked.push(request);
      return Promise.resolve({ isAllowed: false, reason: "blue-4717" });
    },
  });
  assert.ok(result.ok, `${result.ok ? "" : result.error.detail}\n${world.seen()}`);
  assert.deepEqual(asked.map(({ toolInput }) => toolInput), [{ questions: [question] }], world.seen());
  assert.ok(
    world.model.requests.some(({ body, turn }) => turn === 1 && body.includes("blue-4717")),
    world.seen(),
  );
});

Deno.test(`r02: ${CLAUDE} has no tools when they are disabled, and takes a prompt of 200 KB`, async () => {
  await using world = await cliStage("claude", MAKE);
  const prompt = "- begins like an option-4718 ".padEnd(200_000, "x");
  const { result } = await world.invoke({ prompt, tools: { isDisabled: true, allow: [], deny: [] } });
  assert.ok(result.ok, `${result.ok ? "" : result.error.detail}\n${world.seen()}`);
  const sent = JSON.parse(world.model.requests.find(({ body }) => body.includes("option-4718"))!.body);
  assert.deepEqual(sent.tools ?? [], []);
});

for (const isHeadless of [false, true]) {
  Deno.test(`r06: ${CODEX} runs a command${isHeadless ? " when headless" : ""}, is decoded, and resumes its thread`, async () => {
    await using world = await cliStage("codex", MAKE);
    const first = await world.invoke({ prompt: "make it-4713" }, { isHeadless });
    assert.ok(first.result.ok, `${first.result.ok ? "" : first.result.error.detail}\n${world.seen()}`);
    const { response, sessionId, toolEvents, inputTokens } = first.result.value;
    assert.equal(response, "done-4712");
    assert.ok(sessionId !== null && inputTokens > 0);
    assert.deepEqual(toolEvents.map(({ event_type, tool_name }) => [event_type, tool_name]), [
      ["tool_call", "Bash"],
      ["tool_result", "Bash"],
    ], world.seen());
    const second = await world.invoke({ prompt: "and then-4715", resumeSessionId: sessionId }, {
      isHeadless,
    });
    assert.ok(second.result.ok, second.result.ok ? "" : second.result.error.detail);
    assert.equal(second.result.value.sessionId, sessionId);
    assert.ok(
      world.model.requests.some(({ body }) =>
        body.includes("and then-4715") && body.includes("make it-4713")
      ),
      "the second prompt must come after the first",
    );
  });
}

for (const name of CLI_NAMES) {
  const version = CLI_PACKAGES[name].version;
  Deno.test(`${name} ${version} is ended when its call is cancelled while the model thinks`, async () => {
    const stop = new AbortController();
    await using world = await cliStage(name, () => {
      stop.abort();
      return { kind: "text", text: "never", delayMs: CALL_MS };
    });
    const { result } = await world.invoke({ prompt: "wait" }, { signal: stop.signal, isHeadless: true });
    assert.ok(!result.ok && result.error.type === "ail:runner/cancelled", world.seen());
  });
}
