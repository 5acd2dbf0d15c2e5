import assert from "node:assert/strict";
import { faultsOf, run } from "../../test/fake/pipeline_run.ts";

const ONE = (step: string) => `version: "0.1"\npipeline:\n  - ${step}\n`;
const asked = (step: string, files: Readonly<Record<string, string>> = {}) => {
  const ran = run(ONE(step), { files, prompt: ({ stepId }) => `answer of ${stepId}` });
  const { end } = ran.outcome;
  return end.kind === "failed" ? `${end.fault.type}: ${end.fault.detail}` : ran.calls.at(-1)!.prompt;
};

for (
  const [skill, path] of [
    ["./skills/tidy", "/work/skills/tidy/SKILL.md"],
    ["../shared/tidy", "/shared/tidy/SKILL.md"],
    ["~/skills/tidy", "/home/me/skills/tidy/SKILL.md"],
    ["/opt/tidy", "/opt/tidy/SKILL.md"],
    ["./skills/tidy.md", "/work/skills/tidy.md"],
    ["tidy", "/work/.ail/skills/tidy/SKILL.md"],
    ["tidy", "/work/.claude/skills/tidy/SKILL.md"],
    ["tidy", "/home/me/.ail/skills/tidy/SKILL.md"],
  ] as const
) {
  Deno.test(`s06: '${skill}' is found at ${path}`, () => {
    assert.equal(asked(`{id: a, skill: ${skill}}`, { [path]: "Tidy up." }), "Tidy up.");
  });
}

Deno.test("s06: of skills with one name the project's stands before that of others and the home's", () => {
  const files = {
    "/work/.ail/skills/tidy/SKILL.md": "ours",
    "/work/.claude/skills/tidy/SKILL.md": "theirs",
    "/home/me/.ail/skills/tidy/SKILL.md": "mine",
  };
  assert.equal(asked("{id: a, skill: tidy}", files), "ours");
});

Deno.test("s06: the front matter of a SKILL.md is no part of what is asked, and its text is a template", () => {
  const text =
    "---\nname: tidy\ndescription: tidies\n---\n\nTidy {{ last_response }} in {{ session.cwd }}.\n";
  assert.equal(
    asked("{id: a, skill: ./tidy}", { "/work/tidy/SKILL.md": text }),
    "Tidy answer of invocation in /work.\n",
  );
});

for (
  const [text, more, sent] of [
    ["Look at $ARGUMENTS.", "", "Look at answer of invocation."],
    ["Look at $ARGUMENTS.", ", with: {arguments: the tests}", "Look at the tests."],
    ["Look at $FILE, not at $OTHER.", ", with: {file: a.ts}", "Look at a.ts, not at $OTHER."],
    ["$A $B", ", with: {a: $B, b: c}", "$B c"],
    ["Of $X", ', with: {x: "{{ step.invocation.prompt }}"}', "Of do it"],
  ] as const
) {
  Deno.test(`s06: '${text}'${more} becomes '${sent}'`, () => {
    assert.equal(asked(`{id: a, skill: ./s${more}}`, { "/work/s/SKILL.md": text }), sent);
  });
}

Deno.test("s06: a path is relative to the file that the step was written in", () => {
  const ran = run("FROM: ./base/b.yaml\n", {
    files: {
      "/work/base/b.yaml": ONE("{id: a, skill: ./s}"),
      "/work/base/s/SKILL.md": "of the base",
      "/work/s/SKILL.md": "of the child",
    },
  });
  assert.equal(ran.calls.at(-1)!.prompt, "of the base");
});

Deno.test("s06: a name that nobody knows is a fault when the step runs, and lists the names that there are", () => {
  assert.deepEqual(faultsOf(ONE("{id: a, skill: ail/nothing}")), []);
  const unknown = asked("{id: a, skill: ail/nothing}");
  assert.match(unknown, /^ail:skill\/unknown: .*'ail\/nothing'/);
  for (const name of ["ail/code_review", "ail/test_writer", "ail/security_audit", "ail/janitor"]) {
    assert.ok(unknown.includes(name), unknown);
  }
  assert.match(asked("{id: a, skill: ./gone}"), /^ail:skill\/unknown: .*no SKILL\.md at '\/work\/gone'/);
  // Never what objects have by themselves.
  for (const name of ["constructor", "__proto__", "toString"]) {
    assert.match(asked(`{id: a, skill: ${name}}`), /^ail:skill\/unknown/);
  }
});

for (const blank of ['""', '"  "']) {
  Deno.test(`s06: the name ${blank} is refused at load`, () => {
    const [fault] = faultsOf(ONE(`{id: a, skill: ${blank}}`));
    assert.equal(fault?.type, "ail:config/validation-failed");
    assert.match(fault.detail, /empty/);
  });
}

Deno.test("s06: on_error covers a skill that nobody knows", () => {
  const ran = run(ONE("{id: a, skill: gone, on_error: continue}"));
  assert.equal(ran.outcome.end.kind, "completed");
  assert.equal(ran.entry("a"), undefined);
});

Deno.test("s06: a skill takes what a prompt takes", () => {
  const ran = run(
    `version: "0.1"
pipeline:
  - {id: first, prompt: first, runner: one}
  - id: a
    skill: ./s
    condition: "{{ last_response }} contains first"
    model: m
    runner: ONE
    resume: true
    tools: {deny: [Bash]}
    system_prompt: system
    append_system_prompt: [more]
    on_result: [{contains: done, action: break}]
  - {id: never, prompt: never}
`,
    {
      files: { "/work/s/SKILL.md": "text" },
      prompt: ({ stepId }) => ({ response: `${stepId} done`, sessionId: `of ${stepId}` }),
    },
  );
  const call = ran.calls.at(-1)!;
  assert.deepEqual(ran.outcome.end, { kind: "break", stepId: "a" });
  assert.deepEqual(
    [call.prompt, call.model, call.backend, call.resumeSessionId, call.systemPrompt, call.appendSystemPrompt],
    ["text", "m", "one", "of first", "system", ["more"]],
  );
  assert.deepEqual(call.tools, { isDisabled: false, allow: [], deny: ["Bash"] });
});
