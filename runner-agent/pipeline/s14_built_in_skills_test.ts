import assert from "node:assert/strict";
import { BUILT_IN_SKILLS } from "./skill.ts";
import { run } from "../../test/fake/pipeline_run.ts";

/** What other programs rely on, in the words of each skill. */
const OBLIGATIONS: Readonly<Record<string, readonly RegExp[]>> = {
  "ail/code_review": [/^You are a .*code reviewer\./, /correctness, style, security and performance/],
  "ail/test_writer": [/happy path/, /edge cases/, /error cases/],
  "ail/security_audit": [/the word VULNERABILITY\b/, /No security issues identified/],
  "ail/janitor": [/[Cc]ompress/, /keep every decision, name, path, number/],
  "ail/dry_refactor": [/repetition/, /without changing behaviour/],
  "ail/commit_checkpoint": [/one commit/, /Do not push/],
  "ail/model_compare": [/compare answers that several models gave/, /name the best/],
};

Deno.test("s14: the names are these and no others", () => {
  assert.deepEqual(Object.keys(BUILT_IN_SKILLS), Object.keys(OBLIGATIONS));
});

for (const [name, obligations] of Object.entries(OBLIGATIONS)) {
  Deno.test(`s14: ${name} says what is relied on, and ends with a label and the last response`, () => {
    const ran = run(`version: "0.1"\npipeline: [{id: a, skill: ${name}}]\n`, { prompt: () => "WORK" });
    const { prompt } = ran.calls.at(-1)!;
    for (const obligation of obligations) assert.match(prompt, obligation);
    assert.match(prompt, /\n\n[A-Z][^\n]*:\nWORK$/);
    assert.equal(prompt.split("WORK").length, 2, "the work is given once");
    assert.doesNotMatch(prompt, /\{\{|\}\}|\$[A-Z]/, "nothing is left to fill in");
  });
}

for (
  const [answer, isStopped] of [
    ["VULNERABILITY in a.ts: the id comes into the query as it is", true],
    ["Vulnerability: none of them is checked", true],
    ["No security issues identified", false],
  ] as const
) {
  Deno.test(`s14: an audit that answers '${answer}' ${isStopped ? "stops" : "does not stop"} the run`, () => {
    const text = `version: "0.1"
pipeline:
  - {id: audit, skill: ail/security_audit, on_result: [{contains: VULNERABILITY, action: abort_pipeline}]}
`;
    const { end } = run(text, { prompt: () => answer }).outcome;
    assert.equal(end.kind, isStopped ? "failed" : "completed");
  });
}
