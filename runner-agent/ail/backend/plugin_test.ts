import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { invoked } from "../../../test/fake/prompt_call.ts";
import { withTempDir } from "../../../test/fake/temp_dir.ts";
import type { PluginManifest } from "../../pipeline/backend_manifest.ts";
import type { PermissionAnswer } from "../ports.ts";
import { createPluginBackend } from "./plugin.ts";
import { createBackendRegistry } from "./registry.ts";

const EXAMPLES = fileURLToPath(new URL("../../../examples/plugins/", import.meta.url));
const HELLO = `'{"jsonrpc":"2.0","id":1,"result":{"protocol_version":"1","capabilities":{}}}'`;
const ANSWER = `'{"jsonrpc":"2.0","id":2,"result":{"response":"done"}}'`;
const SHORT = { initializeMs: 30_000, shutdownMs: 100 };

/** Python is on most machines and not on all. */
const hasPython = await new Deno.Command("python3", { args: ["--version"], stdout: "null", stderr: "null" })
  .output().then(({ success }) => success, () => false);
const sample = {
  ignore: !hasPython,
  suffix: hasPython ? "" : " (left out: there is no python3 here)",
};

async function home(dir: string): Promise<string> {
  const runners = join(dir, ".ail", "runners");
  await Deno.mkdir(runners, { recursive: true });
  for (const name of ["echo.yaml", "echo_plugin.py"]) {
    await Deno.copyFile(join(EXAMPLES, name), join(runners, name));
  }
  return dir;
}

async function withSample(
  call: Parameters<typeof invoked>[1],
  surroundings: Parameters<typeof invoked>[2],
  check: (found: Awaited<ReturnType<typeof invoked>>) => void,
): Promise<void> {
  await withTempDir(async (dir) => {
    const warnings: string[] = [];
    const registry = await createBackendRegistry({
      home: await home(dir),
      ail: ["ail"],
      ailVersion: "0.1.4",
      warn: (message) => warnings.push(message),
    });
    assert.deepEqual([registry.names, warnings], [
      ["claude", "codex", "http", "ollama", "stub", "gemini", "opencode", "echo"],
      [],
    ]);
    const backend = registry.find(" Echo ");
    assert.ok(backend.ok);
    check(await invoked(backend.value, call, surroundings));
  });
}

/** A plugin that is a shell script. */
async function scripted(
  body: string,
  call: Parameters<typeof invoked>[1] = {},
  surroundings: Parameters<typeof invoked>[2] = {},
  times = SHORT,
) {
  const manifest: PluginManifest = {
    name: "Shell",
    version: "1",
    executable: "/bin/sh",
    args: ["-c", body],
    env: {},
  };
  return await invoked(createPluginBackend(manifest, "0.1.4", times), call, surroundings);
}

function faultOf({ result }: Awaited<ReturnType<typeof invoked>>) {
  assert.ok(!result.ok, "must be a fault");
  return result.error;
}

Deno.test({
  name: `r11: the sample plugin is found in the home, and answers${sample.suffix}`,
  ignore: sample.ignore,
  async fn() {
    const environment = { PATH: Deno.env.get("PATH")!, ECHO_PREFIX: "you said:" };
    await withSample(
      { prompt: "hello there", appendSystemPrompt: ["kindly"], resumeSessionId: "mine" },
      { environment },
      ({ result, events, warnings }) => {
        assert.ok(result.ok, result.ok ? "" : result.error.detail);
        assert.deepEqual(
          [result.value.response, result.value.sessionId, result.value.inputTokens],
          ["you said: kindly hello there", "mine", 2],
        );
        assert.deepEqual(events.map(({ type }) => type), ["thinking", "stream_delta", "completed"]);
        assert.deepEqual(warnings, []);
      },
    );
  },
});

for (
  const [what, askPermission, response] of [
    ["granted", () => Promise.resolve<PermissionAnswer>({ isAllowed: true, reason: null }), "permission?"],
    [
      "refused",
      () => Promise.resolve<PermissionAnswer>({ isAllowed: false, reason: "no" }),
      "I was not allowed to",
    ],
    ["refused where nobody can be asked", undefined, "I was not allowed to"],
  ] as const
) {
  Deno.test({
    name: `r10: a plugin's wish is told in an event, and ${what}${sample.suffix}`,
    ignore: sample.ignore,
    async fn() {
      const asked = askPermission === undefined ? {} : { askPermission };
      await withSample({ prompt: "permission?" }, asked, ({ result, events }) => {
        assert.equal(result.ok && result.value.response, response);
        assert.deepEqual(events[1], {
          type: "permission_requested",
          display_name: "Echo",
          display_detail: "say it again",
          tool_input: { what: "the prompt" },
        });
      });
    },
  });
}

Deno.test({
  name: `r10: a plugin that refuses the prompt fails the invocation with its code${sample.suffix}`,
  ignore: sample.ignore,
  async fn() {
    await withSample({ prompt: "fail" }, {}, (found) => {
      assert.equal(faultOf(found).detail, "plugin invoke failed: the model is not there (code -32001)");
    });
  },
});

Deno.test("r10: a plugin that cannot be started is told apart from one that fails", async () => {
  const manifest = { name: "gone", version: "1", executable: "/nowhere/gone", args: [], env: { A: "${NO}" } };
  const found = await invoked(createPluginBackend(manifest, "0.1.4"));
  assert.deepEqual([faultOf(found).type, faultOf(found).detail], [
    "ail:plugin/spawn-failed",
    "the plugin 'gone': cannot start '/nowhere/gone': it was not found",
  ]);
  assert.match(found.warnings.join(), /variables that are not set: NO/);
});

Deno.test("r10: a plugin that does not say who it is, is ended and told as a timeout", async () => {
  const found = await scripted("exec sleep 60", {}, {}, { initializeMs: 100, shutdownMs: 100 });
  assert.equal(faultOf(found).type, "ail:plugin/timeout");
  assert.match(faultOf(found).detail, /'Shell' did not answer 'initialize' within 0\.1 s/);
});

Deno.test("r10: a call over its time, and a cancelled one, end the plugin", async () => {
  const late = await scripted(`echo ${HELLO}; exec sleep 60`, { timeoutMs: 200 });
  assert.equal(faultOf(late).type, "ail:runner/timeout");
  const stop = new AbortController();
  const cancelled = await scripted(
    `echo ${HELLO}; echo '{"jsonrpc":"2.0","method":"stream/delta","params":{"text":"a"}}'; exec sleep 60`,
    {},
    { signal: stop.signal, onEvent: () => stop.abort() },
  );
  assert.equal(faultOf(cancelled).type, "ail:runner/cancelled");
});

for (
  const [what, body, expected] of [
    [
      "crashes before it says who it is",
      "echo 'no module named x' >&2; exit 1",
      /^the plugin 'Shell' ended with 1 before it answered 'initialize': no module named x$/,
    ],
    [
      "crashes in the middle",
      `echo ${HELLO}; echo 'out of words' >&2; exit 3`,
      /^the plugin 'Shell' ended with 3 before it answered 'invoke': out of words$/,
    ],
    [
      "is killed",
      `echo ${HELLO}; kill -9 $$`,
      /^the plugin 'Shell' ended with a signal before it answered 'invoke'$/,
    ],
    [
      "prints what is no message",
      `echo ${HELLO}; echo 'DEBUG: hello'; exec sleep 60`,
      /^the plugin 'Shell' sent a line that is no JSON object$/,
    ],
    [
      "speaks a later protocol",
      `echo '{"jsonrpc":"2.0","id":1,"result":{"protocol_version":"2"}}'; exec sleep 60`,
      /^the plugin 'Shell' speaks another protocol: expected version "1", got "2"$/,
    ],
    [
      "prints a line without an end",
      `echo ${HELLO}; exec yes x | tr -d '\\n'`,
      /^the plugin 'Shell' printed a line that is too long: expected at most 16777216 bytes$/,
    ],
  ] as const
) {
  Deno.test(`r10: a plugin that ${what} broke the protocol, and is ended`, async () => {
    const { type, detail } = faultOf(await scripted(body));
    assert.equal(type, "ail:plugin/protocol-error");
    assert.match(detail, expected);
  });
}

Deno.test("r10: what a plugin says before its answer to 'initialize', and to nobody's request, is skipped", async () => {
  const { result, events } = await scripted(
    `echo '{"jsonrpc":"2.0","method":"stream/delta","params":{"text":"early"}}'; echo ${HELLO}
echo; echo '{"jsonrpc":"2.0","method":"stream/unknown"}'; echo '{"jsonrpc":"2.0","id":77,"result":{}}'; echo ${ANSWER}`,
  );
  assert.ok(result.ok && result.value.response === "done");
  assert.deepEqual(events.map(({ type }) => type), ["completed"]);
});

Deno.test("r10: a plugin that stays after 'shutdown' gets SIGTERM, then SIGKILL, and its answer counts", async () => {
  await withTempDir(async (dir) => {
    const seen = join(dir, "seen");
    const found = await scripted(
      `read a; echo ${HELLO}; read b; echo ${ANSWER}; read c; echo "$c" > ${seen}
trap 'echo TERM >> ${seen}' TERM; while :; do sleep 0.05; done`,
    );
    assert.ok(found.result.ok && found.result.value.response === "done");
    assert.equal(
      await Deno.readTextFile(seen),
      '{"jsonrpc":"2.0","id":3,"method":"shutdown","params":{}}\nTERM\n',
    );
  });
});

Deno.test("r11: manifests that are wrong are told and skipped; of two names the first file counts", async () => {
  await withTempDir(async (dir) => {
    const runners = join(dir, ".ail", "runners");
    await Deno.mkdir(runners, { recursive: true });
    const manifest = (name: string) => JSON.stringify({ name, version: "1", executable: "/bin/true" });
    await Deno.writeTextFile(join(runners, "a.json"), manifest("Mine"));
    await Deno.writeTextFile(join(runners, "b.yaml"), manifest("MINE"));
    await Deno.writeTextFile(join(runners, "c.yml"), manifest("stub"));
    await Deno.writeTextFile(join(runners, "d.yaml"), "x".repeat(70_000));
    await Deno.writeTextFile(join(runners, "notes.txt"), "not a manifest");
    const warnings: string[] = [];
    const registry = await createBackendRegistry({
      home: dir,
      ail: ["ail"],
      ailVersion: "0.1.4",
      warn: (message) => warnings.push(message),
    });
    assert.deepEqual(registry.names.slice(7), ["mine"]);
    assert.equal(warnings.length, 3);
    assert.match(
      warnings.join("\n"),
      /b\.yaml is skipped.*\n.*manifest-invalid.*c\.yml.*\n.*d\.yaml is skipped/,
    );
  });
});

Deno.test("r01: names are found in any case; an unknown one is told with those that there are", async () => {
  const options = { home: null, ail: ["ail"], ailVersion: "0.1.4", warn() {} };
  const registry = await createBackendRegistry(options);
  for (const name of ["claude", " Codex", "HTTP", "ollama", "stub", "Gemini", "OpenCode"]) {
    assert.ok(registry.find(name).ok, name);
  }
  const unknown = registry.find("Nobody ");
  assert.deepEqual(!unknown.ok && [unknown.error.type, unknown.error.detail], [
    "ail:runner/not-found",
    "Runner 'nobody' is not recognized. Known runners: claude, codex, http, ollama, stub, gemini, opencode",
  ]);
  const stub = registry.find("stub");
  assert.ok(stub.ok);
  const { result } = await invoked(stub.value);
  assert.deepEqual(
    result.ok && [result.value.response, result.value.costUsd, result.value.sessionId],
    ["stub response", 0, "stub-session-id"],
  );
});
