/**
 * What holds for all four agents' CLIs behind their prompt backends, against the scripted model: a call over its time ends
 * all that it started, a model that fails fails the call, and one pipeline uses several of them (Pipeline r01, s05).
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CLI_NAMES } from "../../runner-agent/pipeline/cli_backend.ts";
import { startScriptedModel } from "../fake/scripted_model.ts";
import { CALL_MS, cliEnvironment, cliStage, keysOf, seenBy, titleOf } from "./ail_stage.ts";
import { createHostSandbox } from "./host_run.ts";

const MAIN = fileURLToPath(new URL("../../runner-agent/ail/main.ts", import.meta.url));
/** Enough that most have asked their model; what is asserted holds whenever it comes. */
const TIMEOUT_MS = 8_000;

/** The processes that work in a folder. */
async function workersIn(dir: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const cwd = await Deno.readLink(`/proc/${name}/cwd`).catch(() => "");
    if (cwd.startsWith(dir)) found.push(name);
  }
  return found;
}

for (const name of CLI_NAMES) {
  Deno.test(`r01: ${titleOf(name)} over its time is a timeout, and none of its processes is left`, async () => {
    await using world = await cliStage(name, () => ({ kind: "text", text: "never", delayMs: CALL_MS * 2 }));
    const { result, events } = await world.invoke({ timeoutMs: TIMEOUT_MS }, { isHeadless: true });
    assert.deepEqual(!result.ok && [result.error.type, result.error.detail], [
      "ail:runner/timeout",
      `'${name}' did not answer within 8 s`,
    ]);
    assert.ok(!events.some(({ type }) => type === "completed"));
    const endMs = Date.now() + CALL_MS;
    for (let left; (left = await workersIn(world.sandbox.workspaceDir)).length > 0;) {
      assert.ok(Date.now() < endMs, `still there: ${left}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });

  Deno.test(`r01: ${titleOf(name)} whose model fails for good is a failed invocation with the model's words`, async () => {
    await using world = await cliStage(name, () => ({
      kind: "error",
      error: "bad_request",
      message: "words-4719",
    }));
    const { result } = await world.invoke({}, { isHeadless: true });
    assert.ok(!result.ok, world.seen());
    assert.equal(result.error.type, "ail:runner/invocation-failed");
    assert.match(result.error.detail, /words-4719/);
  });
}

const PIPELINE = `
version: "1"
pipeline:
  - id: invocation
    prompt: "{{ step.invocation.prompt }}"
    runner: gemini
    model: gemini-2.5-pro
  - id: review
    prompt: "second-4723 after {{ step.invocation.response }}"
    runner: Claude
  - id: close
    prompt: "third-4724"
    runner: gemini
    model: gemini-2.5-pro
    resume: true
`;

Deno.test("s05: one pipeline of the command uses gemini and claude, each step its own, and resumes its own session", async () => {
  await using sandbox = await createHostSandbox();
  await using model = startScriptedModel({
    keys: keysOf(["gemini", "claude"]),
    script: () => ({ kind: "text", text: "said-4725" }),
  });
  const environment = await cliEnvironment(["gemini", "claude"], sandbox, model);
  await Deno.writeTextFile(join(sandbox.workspaceDir, "two.ail.yaml"), PIPELINE);
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", MAIN, "--headless", "--output-format", "json"],
      ...["--pipeline", "two.ail.yaml", "first-4722"],
    ],
    cwd: sandbox.workspaceDir,
    env: environment,
    clearEnv: true,
    stdin: "null",
    signal: AbortSignal.timeout(CALL_MS * 2),
  }).output();
  const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.equal(code, 0, `${said}\n${seenBy(model)}`);
  const lines = new TextDecoder().decode(stdout).trim().split("\n").map((line) => JSON.parse(line));
  const completed = lines.filter(({ type }) => type === "step_completed");
  assert.deepEqual(completed.map(({ step_id, response }) => [step_id, response]), [
    ["invocation", "said-4725"],
    ["review", "said-4725"],
    ["close", "said-4725"],
  ], said);
  assert.ok(completed.every(({ input_tokens }) => input_tokens > 0), said);
  const asked = (text: string) =>
    model.requests.filter(({ body }) => body.includes(text)).map(({ pathname, body }) => ({
      pathname,
      body,
    }));
  assert.ok(asked("first-4722").some(({ pathname }) => pathname.includes("gemini-2.5-pro")), seenBy(model));
  const second = asked("second-4723 after said-4725");
  assert.ok(
    second.length > 0 && second.every(({ pathname }) => pathname.includes("messages")),
    seenBy(model),
  );
  // The session of the backend that the step names, not of the step before.
  const third = asked("third-4724");
  assert.ok(third.some(({ pathname, body }) => pathname.includes("gemini") && body.includes("first-4722")));
  assert.ok(third.every(({ body }) => !body.includes("second-4723")), seenBy(model));
});
