/**
 * What every `SessionHarness` must do, whatever its CLI: one body for all of them. That the CLI understands it is for the
 * tests with the real one.
 */

import assert from "node:assert/strict";
import type { ActivitySignal, CommandWish, HookEvent, SessionHarness } from "../agent_ports.ts";
import { composeHome } from "./home_files.ts";
import { WORKSPACE } from "./sandbox_paths.ts";

const WISH: CommandWish = { resume: null, model: null, baseArgs: [], pluginDirs: [], hasSystemPrompt: false };
const HOOK = "/run/alp/bin/agent_hook";
const AUTH = { modelBaseUrl: "http://127.0.0.1:7400/model/p", placeholderKey: "a-placeholder-4711" };

/** A payload as the CLI sent it, and what it means. */
export interface RecordedHook {
  readonly name: string;
  readonly event: HookEvent;
  readonly signals: readonly ActivitySignal[];
}

/** @param recorded What the real CLI told its hooks in the course of a session. */
export function testSessionHarness(harness: SessionHarness, recorded: readonly RecordedHook[]): void {
  const test = (name: string, body: () => void) => Deno.test(`${harness.name} in a terminal ${name}`, body);
  const home = () =>
    composeHome([
      ...harness.provision("agent-1", WORKSPACE),
      ...harness.resolveAuth(AUTH, null).files,
      ...harness.hooks(HOOK),
      ...harness.injectSystemPrompt("system-prompt-4712"),
      ...harness.injectInstructions("instructions-4713"),
      ...harness.applyMcpServers({
        near: { transport: "http", url: "http://127.0.0.1:7400/mcp" },
        inside: {
          transport: "stdio",
          command: "bridge-4714",
          args: ["--x"],
          env: { A: "b" },
          envPassthrough: ["C"],
        },
      }),
    ]);
  const texts = () => home().map(({ text }) => text).join("\n");

  test("has one home of all that it contributes, the same each time, and below the home", () => {
    assert.deepEqual(home(), home());
    for (const { path } of home()) assert.match(path, /^\.[\w.-]+(?:\/[\w-][\w.-]*)*$/);
    for (const { path, text } of home()) if (path.endsWith(".json")) JSON.parse(text);
  });

  test("says the system prompt, the instructions and the MCP servers to its CLI", () => {
    for (const part of ["system-prompt-4712", "instructions-4713", "127.0.0.1:7400/mcp", "bridge-4714"]) {
      assert(texts().includes(part), part);
    }
  });

  test("calls the hook command with the event's name", () => {
    assert(texts().includes(HOOK));
    for (const { event } of recorded) assert.match(event.name, /^[\w.]+$/);
  });

  test("gives its CLI the placeholder and the model's address, and no other key", () => {
    const { env, files } = harness.resolveAuth(AUTH, null);
    assert(Object.values(env).includes(AUTH.placeholderKey));
    assert(JSON.stringify([env, files]).includes(AUTH.modelBaseUrl));
  });

  test("resumes by the id, or the latest, and adds what it is told to", () => {
    const exact = harness.getCommand({ ...WISH, resume: { kind: "exact", sessionId: "id-4715" } });
    assert(exact.some((word) => word.includes("id-4715")));
    const latest = harness.getCommand({ ...WISH, resume: { kind: "latest" } });
    assert.notDeepEqual(latest, harness.getCommand(WISH));
    assert.deepEqual(harness.getCommand({ ...WISH, baseArgs: ["--more"] }).slice(-1), ["--more"]);
    assert(harness.getCommand({ ...WISH, model: "model-4716" }).some((word) => word.includes("model-4716")));
    assert.equal(harness.versionProbe[0], harness.getCommand(WISH)[0]);
  });

  test("has the agent's home as home, and keys for an interrupt", () => {
    assert.equal(harness.getEnv("agent-1", "/home/of-it").HOME, "/home/of-it");
    assert(harness.interruptKeys.length > 0 && harness.pasteSettleMs >= 1_000);
  });

  for (const { name, event, signals } of recorded) {
    test(`reads the recorded ${name}`, () => assert.deepEqual(harness.signalsOf(event), signals));
  }

  test("is told of each part of a turn by what was recorded", () => {
    const kinds = new Set(recorded.flatMap(({ signals }) => signals.map(({ kind }) => kind)));
    const wanted = [
      "session_started",
      "prompt_submitted",
      "thinking",
      "tool_started",
      "tool_ended",
      "turn_ended",
    ];
    for (const kind of wanted) assert(kinds.has(kind as ActivitySignal["kind"]), kind);
    const isTold = (kind: ActivitySignal["kind"]) => kinds.has(kind);
    assert.equal(isTold("turn_failed"), harness.hasFailureHook);
    assert.equal(isTold("usage") || harness.usageFile !== null, true);
  });

  test("has nothing to say of events that it does not know, or without their fields", () => {
    assert.deepEqual(harness.signalsOf({ name: "Unheard", payload: {} }), []);
    for (const { event } of recorded) harness.signalsOf({ name: event.name, payload: {} });
  });
}
