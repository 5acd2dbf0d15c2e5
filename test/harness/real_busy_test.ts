/**
 * Messages that are typed while the four real agent CLIs work, against the scripted model: whenever one comes, the model gets
 * it, and the CLI tells so word for word, by the prompt's hook or by its session's file. Those receipts are what messages
 * are confirmed by.
 */

import assert from "node:assert/strict";
import { SESSION_HARNESS_NAMES, sessionHarnessByName, WORKSPACE } from "../../runner-agent/harness/mod.ts";
import type { SessionHarness } from "../../runner-agent/agent_ports.ts";
import { promptHash } from "../../runner-agent/domain/agent/message_queue.ts";
import { readScript, startScriptedModel } from "../fake/scripted_model.ts";
import { installCli } from "./cli_cache.ts";
import { type HookReceiver, startHookReceiver } from "./hook_receiver.ts";
import { createHostSandbox } from "./host_run.ts";
import { openHostTerminal, pause } from "./host_terminal.ts";

const KEY = "placeholder-key-of-a-test";
/** A large program on a busy machine. */
const BOOT_MS = 40_000;
const TURN_MS = 40_000;
const LOOK_MS = 100;
/** Longer than what a CLI shows in place of a paste. */
const LONG = "a line of a paste with an ä\n".repeat(200);

for (const name of SESSION_HARNESS_NAMES) {
  Deno.test(`${name} tells of each message that comes within a turn, and its model gets it`, async () => {
    const harness = sessionHarnessByName(name);
    await using sandbox = await createHostSandbox();
    const keys = { anthropic: KEY, openai: KEY, gemini: KEY };
    await using model = startScriptedModel({ keys, script: await readScript("busy") });
    await using hooks = await startHookReceiver(harness, sandbox.homeDir);
    await using terminal = await openHostTerminal(harness, sandbox, await installCli(name));
    const auth = harness.resolveAuth({ modelBaseUrl: model.url, placeholderKey: KEY }, null);
    await terminal.writeHome([
      ...harness.provision("agent-1", WORKSPACE),
      ...auth.files,
      ...harness.hooks(hooks.hookCommand),
      ...harness.injectSystemPrompt("the-system-prompt"),
      ...harness.applyMcpServers({ shopfloor: { transport: "http", url: hooks.mcpUrl } }),
    ]);
    const env = {
      ...harness.getEnv("agent-1", sandbox.homeDir),
      ...auth.env,
      npm_config_registry: "http://127.0.0.1:9/",
    };
    const asked = async (text: string) => {
      const deadline = Date.now() + TURN_MS;
      while (!model.requests.some(({ body, turn }) => turn !== null && body.includes(text))) {
        assert(Date.now() < deadline, `the model must be asked ${text}`);
        await pause(LOOK_MS);
      }
    };
    const told = async (text: string) => {
      const deadline = Date.now() + TURN_MS;
      while (!isTold(harness, hooks, text)) {
        assert(Date.now() < deadline, `a receipt of ${text.slice(0, 30)} must come`);
        await pause(LOOK_MS);
      }
    };
    try {
      await terminal.start(null, env);
      await hooks.mcpCalls("tools/list", 1, BOOT_MS);
      await terminal.ready();
      await terminal.say("first-message");
      await hooks.signal("tool_started", 0, TURN_MS);
      await terminal.say(`within-a-tool\n${LONG}the end`);
      await asked("within-a-tool");
      await told(`within-a-tool\n${LONG}the end`);
      await terminal.say("within-an-answer");
      await asked("within-an-answer");
      await told("within-an-answer");
      for (const text of ["first-message", "within-a-tool", "within-an-answer"]) {
        assert.equal(model.requests.at(-1)?.body.split(text).length, 2, `${text} is said once`);
      }
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : error}\n${await terminal.screen()}`, {
        cause: error,
      });
    }
  });
}

/** By the prompt's hook, or by the file that hooks name. */
function isTold(harness: SessionHarness, hooks: HookReceiver, text: string): boolean {
  const events = hooks.told.flatMap((one) => one.kind === "hook" ? [one.event] : []);
  const files = [...new Set(events.flatMap((event) => harness.usageFile?.pathsOf(event) ?? []))];
  const read = files.flatMap((file) => {
    const tally = harness.usageFile!.createTally();
    tally.add(Deno.readTextFileSync(file));
    return tally.takeRead().map(({ prompt }) => prompt);
  });
  const submitted = hooks.signals.flatMap((one) => one.kind === "prompt_submitted" ? [one.prompt] : []);
  return [...submitted, ...read].some((prompt) => promptHash(prompt) === promptHash(text));
}
