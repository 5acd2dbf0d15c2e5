/**
 * The four real agent CLIs, each run by its harness plan against the scripted model behind the model route. What is
 * proved per CLI: it starts without asking anything, reads the prompt and the appended system prompt, runs the
 * scripted command with its own shell tool in the workspace, ends with exit code 0, and never held the real key.
 */

import assert from "node:assert/strict";
import { createModelRoute } from "../../runner-agent/egress/model_route.ts";
import { CLI_PACKAGES, harnessByName } from "../../runner-agent/harness/mod.ts";
import { startScriptedModel } from "../fake/scripted_model.ts";
import { installCli } from "./cli_cache.ts";
import { createHostSandbox } from "./host_run.ts";

/** One CLI's run; most of it is the start of a large program on a busy machine. */
const RUN_MS = 30_000;
const REAL_KEY = "real-key-of-the-runner-4711";
const COMMAND =
  "echo made-by-the-agent > made.txt && git add made.txt && git commit --quiet --message=agent-work";
const PROMPT = `Do the "work": $HOME \`id\` 'x' \\ ✓\nSecond line.`;
const SYSTEM_PROMPT = `Always be "terse" \\ ✓.\nSecond rule.`;

for (const name of ["claude", "codex", "gemini", "opencode"] as const) {
  Deno.test(`${name} ${CLI_PACKAGES[name].version} runs the scripted command and commits, with the key added outside`, async () => {
    const binDirs = await installCli(name);
    const harness = harnessByName(name);
    assert(harness.provider !== null);
    const prefix = `/model/${harness.provider.name}`;

    await using model = startScriptedModel({
      keys: { [harness.provider.name]: REAL_KEY },
      script: (turn) =>
        turn === 0 ? { kind: "tool", command: COMMAND } : { kind: "text", text: "all-done-4712" },
    });
    const route = createModelRoute({ provider: harness.provider, key: REAL_KEY, baseUrl: model.url, prefix });
    await using loopback = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, route);
    await using sandbox = await createHostSandbox();

    const plan = harness.plan({
      prompt: PROMPT,
      appendSystemPrompt: SYSTEM_PROMPT,
      command: null,
      modelBaseUrl: `http://127.0.0.1:${loopback.addr.port}${prefix}`,
      model: null,
    });
    assert(plan.ok);
    assert(!JSON.stringify(plan.value).includes(REAL_KEY), "the plan must not hold the key");
    const run = await sandbox.run(plan.value, { binDirs, signal: AbortSignal.timeout(RUN_MS) });

    const seen = `${run.stdout}\n${run.stderr}\n${
      model.requests.map(({ method, pathname, status, turn }) => `${method} ${pathname} ${status} ${turn}`)
        .join("\n")
    }`;
    assert.equal(run.exitCode, 0, seen);
    assert.equal(await sandbox.git("log", "--format=%s"), "agent-work\nstart", seen);
    assert.equal(await Deno.readTextFile(`${sandbox.workspaceDir}/made.txt`), "made-by-the-agent\n");
    assert.match(run.stdout, /all-done-4712/);
    assert(!seen.includes(REAL_KEY), "the CLI must not have seen the key");

    const played = model.requests.filter(({ turn }) => turn !== null);
    assert.deepEqual(played.map(({ turn, status }) => [turn, status]), [[0, 200], [1, 200]], seen);
    const first = played[0]?.body ?? "";
    assert(holdsText(JSON.parse(first), PROMPT), "the model must get the prompt");
    assert(holdsText(JSON.parse(first), SYSTEM_PROMPT), "the model must get the system prompt");
    assert(model.requests.every(({ status }) => status !== 401), seen);
  });
}

/** Whether a string anywhere in a JSON value contains the text. */
function holdsText(value: unknown, text: string): boolean {
  if (typeof value === "string") return value.includes(text);
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some((inner) => holdsText(inner, text));
}
