import assert from "node:assert/strict";
import { run } from "../../test/fake/pipeline_run.ts";
import { type BackendAbility, policyForm, unheededWishes } from "./backend_policy.ts";
import type { PromptAnswer, PromptCall } from "./effect.ts";

/** All that a step can ask of a target. */
const ASKING = `version: "0.1"
pipeline:
  - id: a
    prompt: a
    system_prompt: system
    append_system_prompt: [more]
    model: m
    sampling: {temperature: 1, top_k: 4}
    tools: {allow: [Read], deny: [Bash]}
    output_schema: {type: string}
    on_error: continue
`;
const callOf = (text: string): PromptCall => run(text).calls.at(-1)!;

const MINIMUM: BackendAbility = { name: "least", sampling: [], policies: [], hasSystemPrompts: false };
const EXTENDED: BackendAbility = {
  name: "most",
  sampling: ["temperature", "top_k"],
  policies: ["none", "allow", "deny", "mixed"],
  hasSystemPrompts: true,
};

Deno.test("r03: a target of the minimum tier is told of by one sentence for each kind of wish, and fails nothing", () => {
  assert.deepEqual(unheededWishes(callOf(ASKING), MINIMUM), [
    "step 'a': the backend 'least' does not support sampling.temperature, sampling.top_k: ignored",
    "step 'a': the backend 'least' does not support the tool policy: ignored",
    "step 'a': the backend 'least' does not support system prompts: ignored",
  ]);
});

Deno.test("r03: one that can do all, and a step that asks nothing of one that can do least, are not told of", () => {
  assert.deepEqual(unheededWishes(callOf(ASKING), EXTENDED), []);
  assert.deepEqual(unheededWishes(callOf('version: "0.1"\npipeline: [{id: a, prompt: a}]\n'), MINIMUM), []);
});

for (
  const [tools, kind] of [
    [null, "default"],
    [{ isDisabled: false, allow: [], deny: [] }, "default"],
    [{ isDisabled: true, allow: ["Read"], deny: ["Bash"] }, "none"],
    [{ isDisabled: false, allow: ["Read"], deny: [] }, "allow"],
    [{ isDisabled: false, allow: [], deny: ["Bash"] }, "deny"],
    [{ isDisabled: false, allow: ["Read"], deny: ["Bash"] }, "mixed"],
  ] as const
) {
  Deno.test(`r03: the policy ${JSON.stringify(tools)} is handed over as '${kind}'`, () => {
    assert.equal(policyForm(tools).kind, kind);
    const call = { ...callOf('version: "0.1"\npipeline: [{id: a, prompt: a}]\n'), tools };
    for (const policy of ["none", "allow", "deny", "mixed"] as const) {
      const told = unheededWishes(call, { ...MINIMUM, policies: [policy] });
      assert.equal(told.length, kind === "default" || kind === policy ? 0 : 1);
    }
  });
}

Deno.test("r03: a target is handed all that a call is made of", () => {
  const call = callOf(ASKING);
  assert.deepEqual(
    [call.prompt, call.model, call.systemPrompt, call.appendSystemPrompt, call.sampling, call.outputSchema],
    ["a", "m", "system", ["more"], { temperature: 1, top_k: 4 }, { type: "string" }],
  );
  assert.deepEqual([call.resumeSessionId, call.timeoutMs, call.isSilent], [null, null, false]);
});

Deno.test("r03: a target that says nothing but its answer is enough: what it leaves out is not known, not nought", () => {
  const least: PromptAnswer = {
    response: "answer",
    costUsd: null,
    sessionId: null,
    inputTokens: 0,
    outputTokens: 0,
    thinking: null,
    model: null,
    toolEvents: [],
  };
  const ran = run(
    'version: "0.1"\npipeline: [{id: a, prompt: a}, {id: b, prompt: b, resume: true, condition: "{{ step.a.tool_calls }} == []"}]\n',
    { prompt: () => least },
  );
  assert.equal(ran.outcome.end.kind, "completed");
  assert.equal(ran.entry("b")!.response, "answer");
  assert.deepEqual([ran.entry("b")!.cost_usd, ran.entry("b")!.runner_session_id], [null, null]);
  assert.equal(ran.calls.at(-1)!.resumeSessionId, null);
  assert.equal(ran.outcome.totals.costUsd, 0);
});
