import assert from "node:assert/strict";
import fc from "fast-check";
import type { HarnessName, HarnessRequest } from "../ports.ts";
import { PLACEHOLDER_KEY } from "./agent_cli.ts";
import { harnessByName, MODEL_PROVIDERS } from "./mod.ts";

const NAMES: readonly HarnessName[] = ["command", "claude", "codex", "gemini", "opencode"];
const REQUEST: HarnessRequest = {
  prompt: 'Fix the "failing" test.',
  appendSystemPrompt: "",
  command: "make test",
  modelBaseUrl: "http://127.0.0.1:7400/model/provider",
  model: null,
  pluginDirs: [],
  mcpServers: {},
  hookCommand: null,
  args: [],
};

for (const name of NAMES) {
  Deno.test(`${name} plans a job without a model name or a system prompt as its snapshot says`, async (t) => {
    await t.assertSnapshot(harnessByName(name).plan(REQUEST));
  });

  Deno.test(`${name} plans a job with a model name and a system prompt as its snapshot says`, async (t) => {
    const appendSystemPrompt = 'Say "no" to C:\\temp.\nAlways.\u007f';
    await t.assertSnapshot(harnessByName(name).plan({ ...REQUEST, appendSystemPrompt, model: "some-model" }));
  });

  Deno.test(`${name} plans a job with MCP servers, hooks and arguments as its snapshot says`, async (t) => {
    const tools = {
      mcpServers: {
        shopfloor: { transport: "http", url: "http://127.0.0.1:7400/mcp" },
        own: { transport: "stdio", command: "server", args: ["--x"] },
      },
      hookCommand: "/run/alp/bin/agent_hook",
      args: ["--verbose"],
    } as const;
    await t.assertSnapshot(harnessByName(name).plan({ ...REQUEST, ...tools }));
  });

  Deno.test(`${name} never shows the prompt on a command line or in the environment`, () => {
    fc.assert(fc.property(fc.string({ minLength: 1 }).map((text) => `prompt<${text}>`), (prompt) => {
      const plan = harnessByName(name).plan({ ...REQUEST, prompt, appendSystemPrompt: prompt });
      assert(plan.ok);
      assert(
        ![...plan.value.command, ...Object.values(plan.value.env)].some((text) => text.includes(prompt)),
      );
      assert.equal(plan.value.homeFiles[".shopfloor/prompt.md"], prompt);
      assert.equal(plan.value.env.SHOPFLOOR_PROMPT_FILE, "/home/agent/.shopfloor/prompt.md");
    }));
  });

  Deno.test(`${name} places its files below the home only`, () => {
    const plan = harnessByName(name).plan({ ...REQUEST, appendSystemPrompt: "x" });
    assert(plan.ok);
    for (const path of Object.keys(plan.value.homeFiles)) {
      assert.match(path, /^\.[\w.-]+(?:\/[\w-][\w.-]*)*$/);
    }
  });
}

for (const name of NAMES.filter((name) => name !== "command")) {
  Deno.test(`${name} names the key that the runner lacks when there is no model`, () => {
    const harness = harnessByName(name);
    assert.deepEqual(harness.plan({ ...REQUEST, modelBaseUrl: null }), {
      ok: false,
      error: { reason: "model_key_missing", variable: harness.provider?.keyVariable },
    });
  });

  Deno.test(`${name} holds the placeholder and the model's loopback URL, without a slash at its end`, () => {
    const plan = harnessByName(name).plan({ ...REQUEST, modelBaseUrl: `${REQUEST.modelBaseUrl}/` });
    assert(plan.ok);
    assert(Object.values(plan.value.env).includes(PLACEHOLDER_KEY));
    const text = JSON.stringify(plan.value);
    assert(text.includes("http://127.0.0.1:7400/model/provider"));
    assert(!text.includes("http://127.0.0.1:7400/model/provider/"));
  });
}

for (const name of NAMES) {
  Deno.test(`${name} gives a prompt that starts with a slash ${name === "command" ? "as it is" : "a heading"}`, () => {
    const plan = harnessByName(name).plan({ ...REQUEST, prompt: " /etc/hosts is wrong." });
    assert(plan.ok);
    const heading = name === "command" ? "" : "Task:\n\n";
    assert.equal(plan.value.homeFiles[".shopfloor/prompt.md"], `${heading} /etc/hosts is wrong.`);
  });
}

Deno.test("Claude Code is told where the job's plugins are", () => {
  const plan = harnessByName("claude").plan({ ...REQUEST, pluginDirs: ["/run/alp/plugins/a"] });
  assert(plan.ok && plan.value.command.includes("--plugin-dir=/run/alp/plugins/a"));
});

for (const command of [null, "", " \n"]) {
  Deno.test(`the command harness refuses ${JSON.stringify(command)} as a script`, () => {
    assert.deepEqual(harnessByName("command").plan({ ...REQUEST, command }), {
      ok: false,
      error: { reason: "command_missing" },
    });
  });
}

Deno.test("the command harness stops at the first command that fails", async () => {
  const plan = harnessByName("command").plan({ ...REQUEST, command: "echo one\nfalse | cat\necho two" });
  assert(plan.ok);
  const [program, ...args] = plan.value.command;
  assert(program !== undefined);
  const { code, stdout } = await new Deno.Command(program, { args }).output();
  assert.equal(code, 1);
  assert.equal(new TextDecoder().decode(stdout), "one\n");
});

Deno.test("each provider has its own variables and header", () => {
  const providers = Object.values(MODEL_PROVIDERS);
  for (const field of ["name", "keyVariable", "baseUrlVariable", "defaultBaseUrl"] as const) {
    assert.equal(new Set(providers.map((provider) => provider[field])).size, providers.length);
  }
  for (const [name, provider] of Object.entries(MODEL_PROVIDERS)) assert.equal(provider.name, name);
});
