import assert from "node:assert/strict";
import { agentDefinition } from "../../test/fake/polled_job.ts";
import { agentFiles, agentsNote, ignoreLines } from "./agent_files.ts";
import { jobFiles } from "./job_files.ts";

const agent = (id: string, name: string, content = "Review it.") => ({ id, name, content });

Deno.test("a job's sub-agents are files where Claude Code reads them, in the place of the project's own", () => {
  const own = "---\nname: tester\ndescription: tests\n---\nTest it.";
  const work = agentDefinition({
    agents: [agent("1", 'Code Reviewer: "strict"'), agent("2", "tester", own)],
  });
  assert.deepEqual(agentFiles(work), [
    [
      ".claude/agents/code-reviewer-strict.md",
      '---\nname: code-reviewer-strict\ndescription: "Code Reviewer: \\"strict\\""\n---\n\nReview it.',
    ],
    [".claude/agents/tester.md", own],
  ]);
  const files = jobFiles(work);
  assert.ok(files.ok);
  assert.ok(files.value.some(({ path, mayReplace }) => path === ".claude/agents/tester.md" && mayReplace));
});

Deno.test("names that are none, lead elsewhere or come to the same file are files of their own below the folder", () => {
  const names = ["../../etc/passwd", "a/b", "A B", "a_b", "", "日本", "x".repeat(200), "a b"];
  const work = agentDefinition({ agents: names.map((name, n) => agent(`id-${n}`, name)) });
  const paths = agentFiles(work).map(([path]) => path);
  assert.equal(new Set(paths).size, names.length);
  for (const path of paths) assert.match(path, /^\.claude\/agents\/[a-z0-9-]{1,80}\.md$/);
  const same = agentDefinition({ agents: [agent("1", "a"), agent("1", "a"), agent("1", "a")] });
  assert.equal(agentFiles(same).length, 3);
});

Deno.test("a CLI that has no such files says so, and Claude Code or a job without them says nothing", () => {
  const work = agentDefinition({ agents: [agent("1", "a")] });
  assert.equal(agentsNote(work, "claude"), null);
  assert.match(agentsNote(work, "codex") ?? "", /1 sub-agents .* codex does not read them/);
  assert.equal(agentsNote(agentDefinition({}), "codex"), null);
  assert.equal(agentsNote(agentDefinition({ agents: [] }), "command"), null);
});

Deno.test("lines that git ignores are each one line", () => {
  const of = (gitignoreLines: string[]) => ignoreLines(agentDefinition({ gitignoreLines }));
  assert.deepEqual(of(["*.log", "!keep.log", "", "# why"]), {
    ok: true,
    value: ["*.log", "!keep.log", "", "# why"],
  });
  assert.deepEqual(ignoreLines(agentDefinition({})), { ok: true, value: [] });
  for (const wrong of ["a\nb", "a\rb", "a\0b", "x".repeat(1_001)]) {
    const refused = of(["fine", wrong]);
    assert.ok(!refused.ok && /^line 2 must be one line/.test(refused.error));
  }
  assert.ok(!of(Array(1_001).fill("x")).ok);
});
