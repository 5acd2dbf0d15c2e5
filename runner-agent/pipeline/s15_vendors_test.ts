import assert from "node:assert/strict";
import { drive, run, SURROUNDINGS, type World } from "../../test/fake/pipeline_run.ts";
import { faultText } from "./fault.ts";
import { loadPipeline } from "./load.ts";
import { materialize } from "./materialize.ts";
import { serverOf } from "./providers.ts";

/** Backend and model that the step `a` is asked with. */
function asked(step: string, input: World["input"] = {}, more = "") {
  const text = `version: "0.1"\n${more}pipeline: [{id: a, prompt: a${step === "" ? "" : `, ${step}`}}]\n`;
  const call = run(text, { input: { defaultBackend: "claude", choosesByVendor: true, ...input } }).calls.at(
    -1,
  )!;
  return `${call.backend} ${call.model}`;
}
const withEnvironment = (environment: Record<string, string>) => ({
  surroundings: { ...SURROUNDINGS, environment },
});

for (
  const [model, expected] of [
    ["anthropic/claude-x", "claude claude-x"],
    ["openai/gpt-x", "codex gpt-x"],
    ["google/gemini-x", "gemini gemini-x"],
    ["gemini/gemini-x", "gemini gemini-x"],
    ["ollama/llama", "ollama llama"],
    ["ollama/library/llama", "ollama library/llama"],
    ["OpenAI/gpt-x", "codex gpt-x"],
    ["mistral/large", "claude mistral/large"],
    ["claude-x", "claude claude-x"],
    ["openai/", "claude openai/"],
  ] as const
) {
  Deno.test(`s15: without 'runner' the model ${model} is asked as ${expected}`, () => {
    assert.equal(asked(`model: ${model}`), expected);
  });
}

Deno.test("s15: the vendor counts wherever the file has the model from", () => {
  const openai = "codex gpt-x";
  assert.equal(asked("", {}, "defaults: {model: openai/gpt-x}\n"), openai);
  assert.equal(asked("", {}, "defaults: {provider: {model: openai/gpt-x}}\n"), openai);
  assert.equal(asked("provider: short", {}, "providers: {short: openai/gpt-x}\n"), openai);
  assert.equal(asked("provider: openai/gpt-x"), openai);
});

Deno.test("s15: with 'runner' the text stays as that backend takes it", () => {
  assert.equal(asked("model: openai/gpt-x, runner: claude"), "claude openai/gpt-x");
  assert.equal(asked("model: openai/gpt-x, runner: opencode"), "opencode openai/gpt-x");
});

for (const backend of ["http", "ollama", "opencode", "codex", "stub", "a-plugin"]) {
  Deno.test(`s15: the default backend ${backend}, which may take vendor/model, keeps its prompts and the text`, () => {
    assert.equal(asked("model: openai/gpt-oss", { defaultBackend: backend }), `${backend} openai/gpt-oss`);
  });
}

Deno.test("s15: nothing goes elsewhere that has a server or a token of its own", () => {
  const stays = "claude openai/gpt-x";
  const model = "model: openai/gpt-x";
  assert.equal(asked(`${model}, provider: {base_url: 'http://x'}`), stays);
  assert.equal(asked(model, {}, "defaults: {provider: {auth_token: t}}\n"), stays);
  assert.equal(asked(model, withEnvironment({ ANTHROPIC_BASE_URL: "http://x" })), stays);
  const gemini = { defaultBackend: "gemini", ...withEnvironment({ GOOGLE_GEMINI_BASE_URL: "http://x" }) };
  assert.equal(asked(model, gemini), "gemini openai/gpt-x");
  assert.equal(asked(model, { defaultBackend: "Gemini " }), "codex gpt-x");
});

Deno.test("s15: the command line's model is taken as it stands, by the default backend", () => {
  const cli = { model: "openai/gpt-x", provider: { baseUrl: null, authToken: null } };
  assert.equal(asked("model: ollama/llama", { cli }), "claude openai/gpt-x");
});

Deno.test("s15: in a station no vendor chooses", () => {
  const text = 'version: "0.1"\npipeline: [{id: a, prompt: a, model: openai/gpt-x}]\n';
  const call = run(text, { input: { defaultBackend: "claude" } }).calls.at(-1)!;
  assert.equal(`${call.backend} ${call.model}`, "claude openai/gpt-x");
});

Deno.test("s15: session.tool and resume follow the backend that was chosen", () => {
  const text = `version: "0.1"
pipeline:
  - {id: a, prompt: a, model: openai/gpt-x}
  - {id: b, prompt: "by {{ session.tool }}", model: openai/gpt-x, resume: true}
  - {id: c, prompt: c, resume: true}
`;
  const ran = run(text, { input: { defaultBackend: "claude", choosesByVendor: true } });
  const [invocation, , b, c] = ran.calls;
  assert.equal(invocation!.backend, "claude");
  assert.deepEqual([b!.prompt, b!.backend, b!.resumeSessionId], ["by codex", "codex", "session"]);
  assert.deepEqual([c!.backend, c!.resumeSessionId], ["claude", "session"]);
});

const MINE = "/home/me/.config/ail/providers.yaml";

function loadAtDesk(step: string, mine: string | null, more = "") {
  const files = {
    "/work/p.ail.yaml": `version: "0.1"\n${more}pipeline: [{id: a, prompt: a, ${step}}]\n`,
    ...(mine === null ? {} : { [MINE]: mine }),
  };
  return drive(loadPipeline("/work/p.ail.yaml", SURROUNDINGS, { isStacked: true, hasUserProviders: true }), {
    files,
  });
}

function providerAt(mine: string, more = "") {
  const loaded = loadAtDesk("provider: fast", mine, more);
  assert.ok(loaded.ok);
  const [step] = loaded.value.steps;
  assert.ok(step?.kind === "prompt");
  return [step.provider?.model, step.provider?.baseUrl, loaded.value.warnings.length];
}

for (
  const mine of [
    "fast: {model: f, base_url: 'http://f'}",
    "providers: {fast: {model: f, base_url: 'http://f'}}",
  ]
) {
  Deno.test(`s15: an alias may be of the user's own file: ${mine}`, () => {
    assert.deepEqual(providerAt(mine), ["f", "http://f", 0]);
  });
}

Deno.test("s15: the pipeline's alias is stronger than the user's, and each may lead to the other's", () => {
  assert.deepEqual(providerAt("fast: {model: mine}", "providers: {fast: {model: its}}\n"), ["its", null, 0]);
  assert.deepEqual(providerAt("own: {model: mine}", "providers: {fast: own}\n"), ["mine", null, 0]);
  assert.deepEqual(providerAt("fast: its", "providers: {its: {model: its}}\n"), ["its", null, 0]);
});

Deno.test("s15: without the file, or with an empty one, there is no alias of the user's", () => {
  for (const mine of [null, "", "# nothing\n"]) {
    const loaded = loadAtDesk("provider: fast", mine);
    assert.ok(loaded.ok);
    assert.match(loaded.value.warnings[0]!.message, /there is no provider 'fast'/);
  }
});

Deno.test("s15: what is wrong with the user's file is told with its place", () => {
  for (
    const [mine, expected] of [
      ["- fast", /invalid-yaml\] providers must be a map of names: .*providers\.yaml:1/],
      ["fast: 3", /invalid-yaml\] providers\.fast must be a map: .*providers\.yaml:1/],
      ["fast: {", /invalid-yaml\] .*providers\.yaml/],
    ] as const
  ) {
    const loaded = loadAtDesk("model: m", mine);
    assert.ok(!loaded.ok);
    assert.match(loaded.error.map(faultText).join("\n"), expected);
  }
});

Deno.test("s15: materialize names an alias of the user's own file, and copies nothing out of it", () => {
  const loaded = loadAtDesk(
    "provider: fast",
    "fast: {model: f, auth_token: hidden}",
    "defaults: {provider: fast}\n",
  );
  assert.ok(loaded.ok);
  const text = materialize(loaded.value, { isExpanded: false, surroundings: SURROUNDINGS });
  assert.ok(text.ok);
  assert.doesNotMatch(text.value, /hidden/);
  assert.equal(text.value.match(/provider: "fast"/g)?.length, 2);
});

/** Server and token that the step is asked with, where the user's own file has a token for `fast`. */
function serverAt(step: string, more: string, mine = "fast: {auth_token: hidden}") {
  const loaded = loadAtDesk(step, mine, more);
  assert.ok(loaded.ok);
  const [one] = loaded.value.steps;
  assert.ok(one?.kind === "prompt");
  const { baseUrl, authToken } = serverOf(one.provider, loaded.value.defaults.provider);
  const text = materialize(loaded.value, { isExpanded: false, surroundings: SURROUNDINGS });
  assert.ok(text.ok);
  assert.doesNotMatch(text.value, /hidden/);
  return [baseUrl, authToken];
}

Deno.test("s15: a token of the user's own file goes to no server that a pipeline names", () => {
  const elsewhere = "defaults: {provider: {base_url: 'http://its', auth_token: its}}\n";
  assert.deepEqual(serverAt("provider: fast", elsewhere), [null, "hidden"]);
  const fast = "defaults: {provider: fast}\n";
  assert.deepEqual(serverAt("provider: {base_url: 'http://its'}", fast), ["http://its", null]);
  assert.deepEqual(serverAt("provider: {base_url: 'http://its', auth_token: its}", fast), [
    "http://its",
    "its",
  ]);
  assert.deepEqual(serverAt("model: m", fast), [null, "hidden"]);
  assert.deepEqual(serverAt("provider: {model: m}", fast), [null, "hidden"]);
});

for (
  const [child, expected] of [
    ["{base_url: 'http://its'}", ["http://its", null]],
    ["{model: m}", ["http://f", "hidden"]],
    ["{base_url: 'http://its', auth_token: its}", ["http://its", "its"]],
    ["{}", ["http://f", "hidden"]],
  ] as const
) {
  Deno.test(`s15: the same holds when ${child} is put over it by a file with FROM`, () => {
    const files = {
      "/work/base.yaml": 'version: "0.1"\ndefaults: {provider: fast}\npipeline: [{id: a, prompt: a}]\n',
      "/work/p.ail.yaml": `FROM: ./base.yaml\ndefaults: {provider: ${child}}\n`,
      [MINE]: "fast: {base_url: 'http://f', auth_token: hidden}",
    };
    const scope = { isStacked: true, hasUserProviders: true };
    const loaded = drive(loadPipeline("/work/p.ail.yaml", SURROUNDINGS, scope), { files });
    assert.ok(loaded.ok);
    const { baseUrl, authToken } = serverOf(null, loaded.value.defaults.provider);
    assert.deepEqual([baseUrl, authToken], expected);
    const text = materialize(loaded.value, { isExpanded: false, surroundings: SURROUNDINGS });
    assert.ok(text.ok);
    assert.doesNotMatch(text.value, /hidden/);
  });
}
