import assert from "node:assert/strict";
import { load, run, type World } from "../../test/fake/pipeline_run.ts";

const CLI = { model: "cli", provider: { baseUrl: "http://cli", authToken: "t-cli" } };
const NO_CLI = { model: null, provider: { baseUrl: null, authToken: null } };

interface Scopes {
  readonly defaults?: string;
  readonly aliases?: string;
  readonly step?: string;
}

/** The last call of one step whose settings stand in these scopes. */
function callWith({ defaults = "", aliases = "", step = "" }: Scopes, world: World = {}) {
  const text = `version: "0.1"
defaults: {${defaults}}
providers: {${aliases}}
pipeline: [{id: a, prompt: a${step === "" ? "" : `, ${step}`}}]
`;
  return run(text, world).calls.at(-1)!;
}

const DEFAULT_MODEL = "model: m-defaults";
const DEFAULT_PROVIDER = "provider: {model: m-default-provider, base_url: 'http://d', auth_token: t-d}";
const STEP_PROVIDER = "provider: {model: m-step-provider, base_url: 'http://s', auth_token: t-s}";

for (
  const [scopes, cli, model] of [
    [{}, NO_CLI, null],
    [{ defaults: DEFAULT_MODEL }, NO_CLI, "m-defaults"],
    [{ defaults: `${DEFAULT_MODEL}, ${DEFAULT_PROVIDER}` }, NO_CLI, "m-default-provider"],
    [
      { defaults: `${DEFAULT_MODEL}, ${DEFAULT_PROVIDER}`, step: STEP_PROVIDER },
      NO_CLI,
      "m-step-provider",
    ],
    [{ defaults: DEFAULT_PROVIDER, step: `model: m-step, ${STEP_PROVIDER}` }, NO_CLI, "m-step"],
    [{ defaults: DEFAULT_PROVIDER, step: `model: m-step, ${STEP_PROVIDER}` }, CLI, "cli"],
  ] as const
) {
  Deno.test(`s15: of ${JSON.stringify(scopes)} with ${cli.model ?? "no"} --model the model is ${model}`, () => {
    assert.equal(callWith(scopes, { input: { cli } }).model, model);
  });
}

for (
  const [key, field, values] of [
    ["base_url", "baseUrl", ["http://d", "http://s", "http://cli"]],
    ["auth_token", "authToken", ["t-d", "t-s", "t-cli"]],
    ["connect_timeout_seconds", "connectTimeoutMs", [3, 4, null]],
    ["read_timeout_seconds", "readTimeoutMs", [30, 40, null]],
    ["max_history_messages", "maxHistoryMessages", [8, 9, null]],
  ] as const
) {
  Deno.test(`s15: ${key} is the command line's, or else the step's, or else the defaults'`, () => {
    const [atDefaults, atStep, atCli] = values;
    const seen = (value: string | number) => key.endsWith("_seconds") ? Number(value) * 1_000 : value;
    const defaults = `provider: {${key}: ${JSON.stringify(atDefaults)}}`;
    const step = `provider: {${key}: ${JSON.stringify(atStep)}}`;
    assert.equal(callWith({}).provider[field], null);
    assert.equal(callWith({ defaults }).provider[field], seen(atDefaults));
    assert.equal(callWith({ defaults, step }).provider[field], seen(atStep));
    assert.equal(
      callWith({ defaults, step }, { input: { cli: CLI } }).provider[field],
      atCli ?? seen(atStep),
    );
  });
}

Deno.test("s15: each field is looked for by itself: what a step's provider leaves out is the defaults'", () => {
  const call = callWith({ defaults: DEFAULT_PROVIDER, step: "provider: {base_url: 'http://s'}" });
  assert.deepEqual([call.model, call.provider.baseUrl, call.provider.authToken], [
    "m-default-provider",
    "http://s",
    "t-d",
  ]);
});

const FAST = "fast: {model: f, base_url: 'http://f', sampling: {top_p: 0.5}}";

for (
  const [written, aliases, model, baseUrl] of [
    ["fast", FAST, "f", "http://f"],
    ["openai/gpt-x", FAST, "openai/gpt-x", null],
    ["short", "short: openai/gpt-x", "openai/gpt-x", null],
    ["again", `again: fast, ${FAST}`, "f", "http://f"],
    ["toString", FAST, "toString", null],
  ] as const
) {
  for (const scope of ["step", "defaults"] as const) {
    Deno.test(`s15: 'provider: ${written}' of the ${scope} with {${aliases}} is ${model} at ${baseUrl}`, () => {
      const call = callWith({ aliases, [scope]: `provider: ${written}` });
      assert.deepEqual([call.model, call.provider.baseUrl], [model, baseUrl]);
    });
  }
}

Deno.test("s15: an alias brings its sampling, and the step's own model and sampling are stronger", () => {
  const call = callWith({ aliases: FAST, step: "provider: fast, model: m, sampling: {temperature: 1}" });
  assert.deepEqual([call.model, call.provider.baseUrl, call.sampling], ["m", "http://f", {
    top_p: 0.5,
    temperature: 1,
  }]);
});

const warningsOf = (aliases: string, name: string) =>
  load({
    files: {
      "/work/p.ail.yaml":
        `version: "0.1"\nproviders: {${aliases}}\npipeline: [{id: a, prompt: a, provider: ${name}}]\n`,
    },
  }).warnings.map(({ message }) => message);

Deno.test("s15: a name that is no alias and no vendor/model is told; the others are not", () => {
  assert.match(warningsOf(FAST, "fats").join(), /there is no provider 'fats'/);
  for (const name of ["fast", "openai/gpt-x"]) assert.deepEqual(warningsOf(FAST, name), []);
});

Deno.test("s15: aliases that lead to each other are told, and end", () => {
  assert.match(warningsOf("a: b, b: a", "a").join(), /the providers a -> b -> a lead to each other/);
});

Deno.test("s15: a child's aliases and a base's are both there, and the child's stand", () => {
  const base =
    `version: "0.1"\nproviders: {one: {model: b1}, two: {model: b2}}\npipeline: [{id: a, prompt: a, provider: one}, {id: b, prompt: b, provider: two}]\n`;
  const ran = run("FROM: ./base.yaml\nproviders: {two: {model: c2}}\n", {
    files: { "/work/base.yaml": base },
  });
  assert.deepEqual(ran.calls.slice(1).map(({ model }) => model), ["b1", "c2"]);
});

Deno.test("s15: an invocation that is not declared has the command line's settings alone; a declared one has all", () => {
  const text = (steps: string) =>
    `version: "0.1"
defaults: {model: m, provider: {base_url: "http://d"}, sampling: {temperature: 1}, tools: {disabled: true}}
pipeline: [${steps}{id: a, prompt: a}]
`;
  const first = (steps: string, cli: typeof CLI | typeof NO_CLI) => {
    const { model, provider, sampling, tools } = run(text(steps), { input: { cli } }).calls[0]!;
    return [model, provider.baseUrl, sampling, tools?.isDisabled ?? null];
  };
  assert.deepEqual(first("", NO_CLI), [null, null, null, null]);
  assert.deepEqual(first("", CLI), ["cli", "http://cli", null, null]);
  assert.deepEqual(first("{id: invocation, prompt: i}, ", NO_CLI), [
    "m",
    "http://d",
    { temperature: 1 },
    true,
  ]);
});

for (
  const [rule, steps, resumed] of [
    ["without resume each prompt has a session of its own", "{id: b, prompt: b}", null],
    ["the newest session is gone on with", "{id: b, prompt: b, resume: true}", "s-a"],
    ["one of another runner means nothing", "{id: b, prompt: b, runner: two, resume: true}", null],
    [
      "an older one of the same runner is found behind those of others",
      "{id: x, prompt: x, runner: two}, {id: b, prompt: b, resume: true}",
      "s-a",
    ],
    ["names of runners are one in any case", "{id: b, prompt: b, runner: ' STUB ', resume: true}", "s-a"],
    [
      "commands have none and are passed over",
      "{id: sh, context: {shell: ls}}, {id: b, prompt: b, resume: true}",
      "s-a",
    ],
    [
      "one in a chain counts as any other",
      "{id: x, prompt: x, then: [t]}, {id: b, prompt: b, resume: true}",
      "s-x::then::0",
    ],
  ] as const
) {
  Deno.test(`s15: ${rule}`, () => {
    const ran = run(`version: "0.1"\npipeline: [{id: a, prompt: a}, ${steps}]\n`, {
      prompt: ({ stepId }) => ({ response: "", sessionId: `s-${stepId}` }),
    });
    assert.equal(ran.calls.at(-1)!.resumeSessionId, resumed);
  });
}

Deno.test("s15: a model whose name begins with @ is a model, and its provider keeps its other fields", () => {
  const call = callWith({ step: 'provider: {model: "@cf/meta/llama", base_url: "http://s"}' });
  assert.deepEqual([call.model, call.provider.baseUrl], ["@cf/meta/llama", "http://s"]);
});

Deno.test("s15: with FROM a child's fields stand over the base's alias, and a child's alias over all of the base's", () => {
  const callOf = (base: string, child: string) => {
    const files = {
      "/work/base.yaml":
        `version: "0.1"\nproviders: {${FAST}}\ndefaults: {provider: ${base}}\npipeline: [{id: a, prompt: a}]\n`,
    };
    const { model, provider } = run(`FROM: ./base.yaml\ndefaults: {provider: ${child}}\n`, { files }).calls
      .at(-1)!;
    return [model, provider.baseUrl, provider.authToken];
  };
  assert.deepEqual(callOf("fast", "{auth_token: t}"), ["f", "http://f", "t"]);
  assert.deepEqual(callOf("{model: m, auth_token: t, base_url: 'http://b'}", "fast"), [
    "f",
    "http://f",
    null,
  ]);
});
