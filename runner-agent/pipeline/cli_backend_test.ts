import assert from "node:assert/strict";
import { promptCall } from "../../test/fake/prompt_call.ts";
import { CLI_BACKENDS } from "./backend_clis.ts";
import { ClaudeStream } from "./backend_claude.ts";
import { chunkDecoder, CLI_NAMES, type CliSetting } from "./cli_backend.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const SETTING: CliSetting = {
  isHeadless: true,
  isSandboxed: true,
  environment: { HOME: "/h", CLAUDECODE: "1" },
  directory: "/call",
  permissions: { ail: ["/bin/ail"], socketPath: "/call/s.sock" },
};
const RESULT = '{"type":"result","subtype":"success","result":"done"}';

for (const name of CLI_NAMES) {
  Deno.test(`r01: a headless ${name} in our sandbox asks nobody, and what it needs lies in the call's directory`, () => {
    const call = { systemPrompt: "be kind", appendSystemPrompt: ["rule"], tools: null };
    const { files, environment, args } = CLI_BACKENDS[name].plan(promptCall(call), SETTING);
    assert.ok(!JSON.stringify([files, environment, args]).includes("s.sock"));
    assert.equal(environment["HOME"], "/h");
    for (const file of Object.keys(files)) {
      assert.ok(JSON.stringify([environment, args]).includes(`/call/${file}`), file);
    }
  });

  Deno.test(`r01: ${name} is ended by a line without an end, in bounded memory`, () => {
    const decoder = CLI_BACKENDS[name].decoder();
    const chunk = new Uint8Array(1_048_576).fill(0x78);
    for (let i = 0; i < 16; i++) decoder.add(chunk);
    assert.ok(!decoder.isOver);
    decoder.add(chunk);
    assert.ok(decoder.isOver);
    const result = decoder.settle(null);
    assert.deepEqual(!result.ok && [result.error.type, result.error.detail], [
      "ail:runner/invocation-failed",
      `'${name}' printed a line that is too long: expected at most 16777216 bytes`,
    ]);
  });
}

Deno.test("r01: an answer that was whole before too much was printed counts", () => {
  const bounds = { lineMaxBytes: 100, outputMaxBytes: 100 };
  const answered = chunkDecoder("claude", new ClaudeStream(), bounds);
  answered.add(encode(`${RESULT}\n`));
  answered.add(encode("x".repeat(200)));
  assert.ok(answered.settle({ code: 0, stderr: "" }).ok);
  const flooded = chunkDecoder("claude", new ClaudeStream(), bounds);
  flooded.add(encode(`${"\n".repeat(90)}${RESULT}\n`));
  const result = flooded.settle(null);
  assert.match(
    !result.ok ? result.error.detail : "",
    /^'claude' printed too much: expected at most 100 bytes$/,
  );
});

Deno.test("r01: a last line without an end is decoded when the output closes", () => {
  const decoder = CLI_BACKENDS.claude.decoder();
  decoder.add(encode(RESULT));
  assert.ok(!decoder.isOver);
  assert.deepEqual(decoder.close(), []);
  const result = decoder.settle({ code: 0, stderr: "" });
  assert.equal(result.ok && result.value.response, "done");
});

Deno.test("r02: claude's hooks are a file of the call where people are asked", () => {
  const { files, args, environment } = CLI_BACKENDS.claude.plan(promptCall(), {
    ...SETTING,
    isHeadless: false,
  });
  assert.match(files["settings.json"]!, /\/bin\/ail check-permission-hook --socket \/call\/s\.sock/);
  assert.equal(args[args.indexOf("--settings") + 1], "/call/settings.json");
  assert.equal(environment["CLAUDECODE"], undefined);
});

Deno.test("r06: codex is tried once more with other words, when it knows the flag no more", () => {
  const args = (backend: typeof CLI_BACKENDS.codex, isSandboxed: boolean) =>
    backend.plan(promptCall(), { ...SETTING, isSandboxed }).args;
  const { codex } = CLI_BACKENDS;
  assert.deepEqual(args(codex, false), ["exec", "--json", "--full-auto", "do it"]);
  assert.deepEqual(args(codex, true), [
    ...["exec", "--json"],
    ...["--dangerously-bypass-approvals-and-sandbox", "--skip-git-repo-check"],
    "do it",
  ]);
  assert.equal(codex.otherwise({ code: 2, stderr: "no such model" }), null);
  const other = codex.otherwise({ code: 2, stderr: "unexpected argument '--full-auto'" });
  assert.ok(other !== null && args(other, false).includes('approval_policy="never"'));
  assert.equal(other.otherwise({ code: 2, stderr: "unexpected argument '--full-auto'" }), null);
});
