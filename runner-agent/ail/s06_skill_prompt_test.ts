import assert from "node:assert/strict";
import { withAilFolder } from "../../test/fake/ail_command.ts";
import { driveRoutine } from "./interpreter.ts";
import { faultText } from "../pipeline/fault.ts";
import { resolveSkillPrompt } from "./skill_prompt.ts";

const FILES: Readonly<Record<string, string>> = {
  "/work/.ail/skills/tidy/SKILL.md": "---\nname: tidy\n---\nTidy $ARGUMENTS in {{ session.cwd }}.",
  "/work/.ail/skills/plain/SKILL.md": "Be plain.\n",
  "/work/.ail/skills/team/lint/SKILL.md": "Lint.",
  "/home/me/.ail/skills/janitor/SKILL.md": "our own janitor",
  "/work/.ail/skills/wrong/SKILL.md": "{{ step.nobody.response }}",
};

async function promptOf(said: string, lastResponse: string | null = null): Promise<string> {
  const talk = {
    runId: "r",
    surroundings: { cwd: "/work", home: "/home/me", environment: {} },
    defaultBackend: "stub",
    lastResponse,
  };
  const resolved = await driveRoutine(resolveSkillPrompt(said, talk), (effect) => {
    assert.ok(effect.kind === "read_file");
    const text = FILES[effect.path];
    return text === undefined
      ? { ok: false, error: { reason: "not_found", message: "" } }
      : { ok: true, value: text };
  });
  return resolved.ok ? resolved.value : faultText(resolved.error);
}

for (
  const [said, prompt] of [
    ["/tidy the tests", "Tidy the tests in /work."],
    ["/tidy  two\nlines ", "Tidy two\nlines in /work."],
    ["/tidy", "Tidy what was said in /work."],
    ["/tidy {{ env.HOME }}", "Tidy {{ env.HOME }} in /work."],
    ["/plain", "Be plain.\n"],
    ["/plain a.ts", "Be plain.\n\na.ts"],
    ["/team/lint", "Lint."],
    ["/janitor", "our own janitor"],
    ["tidy the tests", "tidy the tests"],
    ["/ tidy", "/ tidy"],
    ["//tidy", "//tidy"],
    ["/etc/hosts: why?", "/etc/hosts: why?"],
    ["/../tidy", "/../tidy"],
  ] as const
) {
  Deno.test(`s06: the prompt '${said.replaceAll("\n", "\\n")}' asks '${prompt.replaceAll("\n", "\\n")}'`, async () => {
    assert.equal(await promptOf(said, "what was said"), prompt);
  });
}

Deno.test("s06: a built-in skill is known by its name with and without 'ail/', and is given the rest", async () => {
  for (const name of ["code_review", "ail/code_review"]) {
    assert.match(await promptOf(`/${name} a + b`), /^You are a careful code reviewer\.[\s\S]*\na \+ b$/);
  }
});

Deno.test("s06: an unknown skill, and one whose variables have no value, are faults", async () => {
  assert.match(await promptOf("/nobody x"), /^\[ail:skill\/unknown\] the skill 'nobody' is not known/);
  assert.match(await promptOf("/wrong"), /^\[ail:template\/unresolved-variable\]/);
});

Deno.test("s06: a turn whose skill nobody knows fails alone, and the talk goes on", async () => {
  await withAilFolder(async ({ write, ail }) => {
    await write("p.ail.yaml", 'version: "1"\npipeline:\n  - {id: a, context: {shell: "true"}}\n');
    await write(".ail/skills/tidy/SKILL.md", "Tidy $ARGUMENTS.");
    const run = await ail(["stdio", "--stream", "--pipeline", "p.ail.yaml"], [
      "/nobody x",
      "/tidy the tests",
      '{"type":"end_session"}',
    ]);
    assert.equal(run.code, 0);
    const events = run.out.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(events.map(({ type }) => type).slice(0, 7), [
      "chat_started",
      "turn_started",
      "pipeline_error",
      "turn_completed",
      "ready",
      "turn_started",
      "run_started",
    ]);
    assert.equal(events[2].error_type, "ail:skill/unknown");
    assert.equal(events[3].error, true);
    assert.equal(events[5].prompt, "/tidy the tests");
    const log = await ail(["log", "--format", "raw"]);
    assert.match(log.out, /"step_id":"invocation","prompt":"Tidy the tests\."/);
    const text = await ail(["stdio", "--pipeline", "p.ail.yaml"], ["/nobody", "/tidy"]);
    assert.match(text.err, /^Error: \[ail:skill\/unknown\] the skill 'nobody'.*\n$/);
    assert.equal(text.code, 0);
  });
});
