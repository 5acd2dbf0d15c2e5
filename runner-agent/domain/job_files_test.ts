import assert from "node:assert/strict";
import { jobFiles } from "./job_files.ts";
import { agentDefinition } from "../../test/fake/polled_job.ts";

const work = agentDefinition({ prompt: "Do it" });

Deno.test("jobFiles() puts specs where the line keeps them, and the prompt where it replaces nothing", () => {
  const files = jobFiles({
    ...work,
    devcontainerFiles: { ".devcontainer/devcontainer.json": "{}" },
    agenticsSpecFiles: { "api.md": "a", ".agentics/specs/ui.md": "u" },
  });
  assert.deepEqual(files, {
    ok: true,
    value: [
      { path: ".devcontainer/devcontainer.json", text: "{}", mayReplace: true },
      { path: ".agentics/specs/api.md", text: "a", mayReplace: true },
      { path: ".agentics/specs/ui.md", text: "u", mayReplace: true },
      { path: "initial-prompt.txt", text: "Do it", mayReplace: false },
    ],
  });
});

for (
  const path of [
    "",
    "/etc/passwd",
    "../x",
    "a/../../x",
    "a//b",
    "a/",
    "./a",
    ".git/config",
    "a/.GIT/hooks/x",
    ".git./config",
    "a\\b",
    "a\nb",
    "a\0b",
    "x".repeat(401),
  ]
) {
  Deno.test(`jobFiles() refuses the path ${JSON.stringify(path.slice(0, 20))}`, () => {
    const files = jobFiles({ ...work, devcontainerFiles: { [path]: "x" } });
    assert(!files.ok);
    assert.equal(files.error.reason, "file_refused");
  });
}

Deno.test("jobFiles() brings a station's words to its agent and its sub-agents as files, where it has some", () => {
  const texts = (words: Partial<typeof work>) => {
    const files = jobFiles({ ...work, ...words });
    return files.ok ? Object.fromEntries(files.value.map(({ path, text }) => [path, text])) : null;
  };
  assert.deepEqual(texts({ appendSystemPrompt: "Be brief", subagentPromptAppendix: "Be briefer" }), {
    "initial-prompt.txt": "Do it",
    "append-system-prompt.txt": "Be brief",
    "subagent-prompt-suffix.txt": "Be briefer",
  });
  assert.deepEqual(texts({ operatorConfig: { subagentPromptAppendix: "By the line" } }), {
    "initial-prompt.txt": "Do it",
    "subagent-prompt-suffix.txt": "By the line",
  });
});
