import assert from "node:assert/strict";
import fc from "fast-check";
import { modelUsage } from "../../protocol/line/model_usage.ts";
import type { TokenUsage } from "../agent_ports.ts";
import { addUsage, NO_USAGE } from "../domain/agent/budget.ts";
import { composeHome } from "./home_files.ts";
import { createStreamTally, SESSION_HARNESS_NAMES, sessionHarnessByName } from "./mod.ts";
import { type RecordedHook, testSessionHarness } from "./session_contract.ts";

const FAKE = new URL("../../test/fake/", import.meta.url);

for (const name of SESSION_HARNESS_NAMES) {
  const harness = sessionHarnessByName(name);
  testSessionHarness(harness, recordedHooks(name));

  Deno.test(`${name} in a terminal bears whatever a hook tells`, () => {
    const names = recordedHooks(name).map(({ event }) => event.name);
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.dictionary(fc.string(), fc.jsonValue()), (event, payload) => {
        harness.signalsOf({ name: event, payload });
      }),
    );
  });
}

/** Hooks as the real CLIs called them, each in a file of its own. */
function recordedHooks(name: string): readonly RecordedHook[] {
  const dir = new URL(`hook_payloads/${name}/`, FAKE);
  const files = [...Deno.readDirSync(dir)].map((entry) => entry.name).sort();
  return files.map((file) => {
    const { event, payload, signals } = JSON.parse(Deno.readTextFileSync(new URL(file, dir)));
    return { name: file.replace(/\.json$/, ""), event: { name: event, payload }, signals };
  });
}

const lines = (file: string) => Deno.readTextFileSync(new URL(`cli_output/${file}.jsonl`, FAKE));
const TWO_ANSWERS = { inputTokens: 200, outputTokens: 40, cacheReadTokens: 80, cacheWriteTokens: 0 };

for (const name of SESSION_HARNESS_NAMES) {
  const costUsd = name === "claude" ? 0.00204 : null;

  Deno.test(`${name} tells what a run of its structured mode used, however its output is cut`, () => {
    const text = lines(`${name}_ok`);
    const whole = createStreamTally(name);
    assert.deepEqual(whole.add(text), { ...TWO_ANSWERS, costUsd });
    assert.equal(whole.takeFailure(), null);
    const cut = createStreamTally(name);
    const parts = [...text].map((char) => cut.add(char)).filter((usage) => usage.inputTokens > 0);
    assert.equal(parts.reduce((sum, usage) => sum + usage.inputTokens, 0), TWO_ANSWERS.inputTokens);
  });

  Deno.test(`${name} tells why a run of its structured mode failed`, () => {
    const tally = createStreamTally(name);
    tally.add(lines(`${name}_failed`));
    assert.match(tally.takeFailure() ?? "", /scripted words/);
    assert.equal(tally.takeFailure(), null);
  });
}

Deno.test("forged counts in a CLI's output are as much as can be counted, whatever their kind", () => {
  const forged = (value: string) => ({
    claude:
      `{"type":"result","total_cost_usd":${value},"usage":{"input_tokens":${value},"output_tokens":${value}}}`,
    codex: `{"type":"turn.completed","usage":{"input_tokens":${value},"output_tokens":${value}}}`,
    gemini: `{"type":"result","stats":{"input":${value},"output_tokens":${value},"total_tokens":${value}}}`,
    opencode:
      `{"type":"step_finish","part":{"cost":${value},"tokens":{"input":${value},"output":${value},"reasoning":${value}}}}`,
  });
  for (const value of ["1e308", "1e999", "-1", "9007199254740992", '"7"', "null", "[]", "0.4"]) {
    for (const name of SESSION_HARNESS_NAMES) {
      const tally = createStreamTally(name);
      const line = `${forged(value)[name]}\n`;
      const sum = addUsage(addUsage(NO_USAGE, tally.add(line + line)), tally.add(line));
      assert.ok(modelUsage.safeParse(sum).success, `${name} ${value}: ${JSON.stringify(sum)}`);
    }
  }
});

const FILE_USAGE: TokenUsage = {
  inputTokens: 120,
  outputTokens: 30,
  cacheReadTokens: 40,
  cacheWriteTokens: 0,
  costUsd: null,
};

for (const name of ["claude", "gemini"] as const) {
  Deno.test(`${name} counts each answer of its session's file once, although it is there several times`, () => {
    const tally = sessionHarnessByName(name).usageFile?.createTally();
    const text = lines(`${name}_session`);
    assert.deepEqual(tally?.add(text), FILE_USAGE);
    assert.equal(tally?.add(text).inputTokens, 0);
  });
}

for (const name of ["codex", "gemini"] as const) {
  Deno.test(`${name} tells by its session's file why a turn failed`, () => {
    const tally = sessionHarnessByName(name).usageFile?.createTally();
    tally?.add(lines(`${name}_session`));
    assert.equal(tally?.takeFailure(), null);
    tally?.add(lines(`${name}_session_failed`));
    assert.match(tally?.takeFailure() ?? "", /scripted words/);
  });
}

Deno.test("claude tells by its session's file which prompts a turn has read, once, and nothing of those that wait", () => {
  const tally = sessionHarnessByName("claude").usageFile?.createTally();
  const [waits, taken, read] = lines("claude_session_busy").split("\n");
  tally?.add(`${waits}\n${taken}\n`);
  assert.deepEqual(tally?.takeRead(), []);
  tally?.add(`${read}\n`);
  const prompt = { prompt: "second-message\nwith a line", atMs: Date.parse("2026-11-22T01:10:08.192Z") };
  assert.deepEqual(tally?.takeRead(), [prompt]);
  assert.deepEqual(tally?.takeRead(), []);
});

Deno.test("gemini's chat has each tool's answer once when it was mended, also in its snapshots", () => {
  const mend = sessionHarnessByName("gemini").mendSessionFile;
  assert(mend !== null);
  const text = lines("gemini_session");
  const snapshot = JSON.stringify({
    $set: { messages: text.trim().split("\n").map((line) => JSON.parse(line)).filter(({ type }) => type) },
  });
  const mended = mend(`${text}${snapshot}\n`);
  const count = (value: string) => value.split('"functionResponse"').length - 1;
  assert.equal(count(text), 4);
  assert.equal(count(mended), 4, "two calls, each in a line and in the snapshot");
  assert.equal(mend(mended), mended);
  assert.equal(mend("no JSON\n{}\n"), "no JSON\n{}\n");
});

Deno.test("each CLI's box is found where it is drawn, OpenCode's also in the middle of its first screen", () => {
  const boxes = {
    claude: ["❯ ", "❯ text"],
    codex: ["› Ask Codex to do anything"],
    gemini: [" *   Type your message or @path/to/file"],
    opencode: ["  ┃  text", `${" ".repeat(63)}┃  Ask anything…`],
  };
  for (const name of SESSION_HARNESS_NAMES) {
    const box = new RegExp(sessionHarnessByName(name).inputBox, "mu");
    for (const line of boxes[name]) assert.match(`title\n\n${line}\n  foot`, box);
    assert.doesNotMatch("title\n\n  loading", box);
  }
});

Deno.test("contributions to one file are merged deeply, and arrays replaced", () => {
  const [file] = composeHome([
    { path: "a.json", json: { a: { b: 1, c: [1, 2] }, d: 1 }, mode: 0o600 },
    { path: "a.json", json: { a: { c: [3] }, e: { f: null } } },
  ]);
  assert.deepEqual(JSON.parse(file?.text ?? ""), { a: { b: 1, c: [3] }, d: 1, e: { f: null } });
  assert.equal(file?.mode, 0o600);
  assert.deepEqual(composeHome([{ path: "b", text: "one\n" }, { path: "b", text: "two" }]), [
    { path: "b", text: "one\n\ntwo", mode: 0o644 },
  ]);
  assert.throws(() => composeHome([{ path: "a", text: "x" }, { path: "a", json: {} }]), TypeError);
});

Deno.test("a name that JavaScript has a meaning for is a name in the home", () => {
  const servers = JSON.parse('{"__proto__":{"polluted":1}}');
  const [file] = composeHome([{ path: "a.json", json: { m: {} } }, { path: "a.json", json: { m: servers } }]);
  assert.match(file?.text ?? "", /__proto__/);
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
});
