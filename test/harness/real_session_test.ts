/**
 * The four real agent CLIs, each in a terminal as its session harness says, against the scripted model. What is proved per
 * CLI: it boots past its first-run gates, asks its MCP server for its tools before any prompt, and draws its box; it takes a paste of
 * 200 KB byte for byte and tells so; it tells of tools, of turns and of tokens; an interrupt ends a turn, and the next message
 * is taken; it quits, and goes on with the same conversation when it is resumed by its id.
 */

import assert from "node:assert/strict";
import {
  CLI_PACKAGES,
  SESSION_HARNESS_NAMES,
  sessionHarnessByName,
  WORKSPACE,
} from "../../runner-agent/harness/mod.ts";
import type { SessionHarness, TokenUsage } from "../../runner-agent/agent_ports.ts";
import { addUsage, NO_USAGE } from "../../runner-agent/domain/agent/budget.ts";
import { readScript, startScriptedModel } from "../fake/scripted_model.ts";
import { installCli } from "./cli_cache.ts";
import { type HookReceiver, startHookReceiver } from "./hook_receiver.ts";
import { createHostSandbox } from "./host_run.ts";
import { type HostTerminal, openHostTerminal, pause } from "./host_terminal.ts";

const KEY = "placeholder-key-of-a-test";
/** A large program on a busy machine. */
const BOOT_MS = 40_000;
const TURN_MS = 30_000;
/** What an interrupt takes at most, where no hook tells its end. */
const INTERRUPT_MS = 1_000;
/**
 * 200 KB, of which a quarter is not ASCII; it begins and ends with what must not be lost. Its lines are long, as Gemini CLI
 * takes minutes to draw ten thousand of them again when it is resumed.
 */
const LARGE_PROMPT =
  "first-message: `id` $HOME \\ !ls\n".padEnd(150_000, `${"All work and no play. 1 ".repeat(40)}\n`) +
  `${"ä✓😀 ".repeat(100)}\n`.repeat(50) + "the end of it";

for (const name of SESSION_HARNESS_NAMES) {
  Deno.test(`${name} ${CLI_PACKAGES[name].version} lives in a terminal: large paste, tools, interrupt, resume`, async () => {
    const harness = sessionHarnessByName(name);
    await using sandbox = await createHostSandbox();
    const keys = { anthropic: KEY, openai: KEY, gemini: KEY };
    await using model = startScriptedModel({ keys, script: await readScript("talk") });
    await using hooks = await startHookReceiver(harness, sandbox.homeDir);
    await using terminal = await openHostTerminal(harness, sandbox, await installCli(name));
    const auth = harness.resolveAuth({ modelBaseUrl: model.url, placeholderKey: KEY }, null);
    await terminal.writeHome([
      ...harness.provision("agent-1", WORKSPACE),
      ...auth.files,
      ...harness.hooks(hooks.hookCommand),
      ...harness.injectSystemPrompt("the-system-prompt"),
      ...harness.injectInstructions("the-instructions"),
      ...harness.applyMcpServers({ shopfloor: { transport: "http", url: hooks.mcpUrl } }),
    ]);
    const env = {
      ...harness.getEnv("agent-1", sandbox.homeDir),
      ...auth.env,
      // As in a sealed sandbox: whoever wants a registry gets none.
      npm_config_registry: "http://127.0.0.1:9/",
    };

    try {
      await terminal.start(null, env);
      await hooks.mcpCalls("tools/list", 1, BOOT_MS);
      assert(!hooks.signals.some(({ kind }) => kind === "prompt_submitted"));
      if (harness.startsBeforePrompt) await hooks.signal("session_started", 0, TURN_MS);
      await terminal.ready();

      const first = await turn(harness, hooks, terminal, LARGE_PROMPT);
      assert.equal(first.lastMessage, "first-answer");
      const started = hooks.signals.filter((signal) => signal.kind === "tool_started").map(({ tool }) =>
        tool
      );
      assert.equal(started.length, 2, String(started));
      assert.match(started[1] ?? "", /af_status/);
      const ended = hooks.signals.filter((signal) => signal.kind === "tool_ended");
      assert(JSON.stringify(ended[0]?.output).includes("said-by-the-shell"), JSON.stringify(ended));
      assert(JSON.stringify(ended[1]?.output).includes("said-by-the-tool"), JSON.stringify(ended));
      await pause(INTERRUPT_MS);
      assert.deepEqual(await usage(harness, hooks), {
        inputTokens: 120,
        outputTokens: 30,
        cacheReadTokens: 40,
        cacheWriteTokens: 0,
        costUsd: null,
      });
      assert(model.requests.some(({ body }) => body.includes("the-system-prompt")));
      assert(model.requests.some(({ body }) => body.includes("the-instructions")));

      const before = hooks.signals.length;
      const asked = model.requests.length;
      await terminal.say("second-message");
      await hooks.signal("prompt_submitted", before, TURN_MS);
      while (model.requests.length === asked) await pause(INTERRUPT_MS / 10);
      await pause(INTERRUPT_MS);
      await terminal.press(harness.interruptKeys);
      if (harness.hasInterruptHook) {
        assert((await hooks.signal("turn_ended", before, TURN_MS)).isInterrupted);
      }
      await pause(INTERRUPT_MS);
      await terminal.press(harness.clearInputKeys);
      assert.equal((await turn(harness, hooks, terminal, "third-message")).lastMessage, "third-answer");

      const sessionId = hooks.signals.findLast((signal) => signal.kind === "session_started")?.sessionId;
      assert(typeof sessionId === "string" && sessionId !== "");
      assert([0, 143].includes(await terminal.quit()));
      await mend(harness, hooks);
      const resumedFrom = hooks.signals.length;
      await terminal.start({ kind: "exact", sessionId }, env);
      await hooks.mcpCalls("tools/list", 2, BOOT_MS);
      if (harness.startsBeforePrompt) await hooks.signal("session_started", resumedFrom, TURN_MS);
      await terminal.ready();
      assert.equal((await turn(harness, hooks, terminal, "fourth-message")).lastMessage, "fourth-answer");
      const told = hooks.signals.slice(resumedFrom).filter((signal) => signal.kind === "session_started");
      assert.deepEqual(told.findLast((signal) => signal.sessionId !== null), {
        kind: "session_started",
        sessionId,
        isResumed: true,
      });
      const whole = ["first-answer", "third-answer", "fourth-message"];
      assert(
        model.requests.some(({ body }) => whole.every((part) => body.includes(part))),
        "the model gets the whole conversation",
      );
      assert(model.requests.every(({ status }) => status !== 400), "the model understands every request");
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : error}\n${await terminal.screen()}`, {
        cause: error,
      });
    }
  });
}

/** Says something, waits for its receipt, which must be it word for word, and for the end of the turn. */
async function turn(harness: SessionHarness, hooks: HookReceiver, terminal: HostTerminal, text: string) {
  const from = hooks.signals.length;
  await terminal.say(text);
  const { prompt } = await hooks.signal("prompt_submitted", from, TURN_MS);
  // OpenCode ends a long paste with a space of its own: receipts are compared without those at the ends.
  assert(
    prompt.trim() === text,
    `${harness.name} must take the prompt as it is: ${prompt.length} characters`,
  );
  const end = await hooks.signal("turn_ended", from, TURN_MS);
  assert(!end.isInterrupted);
  return end;
}

/** By the hooks, or from the file that they name. */
async function usage(harness: SessionHarness, hooks: HookReceiver): Promise<TokenUsage> {
  const told = hooks.signals.flatMap((signal) => signal.kind === "usage" ? [signal.usage] : []);
  const read = sessionFiles(harness, hooks).map((file) =>
    harness.usageFile?.createTally().add(Deno.readTextFileSync(file)) ?? NO_USAGE
  );
  return [...told, ...read].reduce(addUsage, NO_USAGE);
}

async function mend(harness: SessionHarness, hooks: HookReceiver): Promise<void> {
  if (harness.mendSessionFile === null) return;
  for (const file of sessionFiles(harness, hooks)) {
    await Deno.writeTextFile(file, harness.mendSessionFile(await Deno.readTextFile(file)));
  }
}

function sessionFiles(harness: SessionHarness, hooks: HookReceiver): readonly string[] {
  const events = hooks.told.flatMap((one) => one.kind === "hook" ? [one.event] : []);
  return [...new Set(events.flatMap((event) => harness.usageFile?.pathsOf(event) ?? []))];
}
