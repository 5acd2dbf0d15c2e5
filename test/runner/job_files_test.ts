/** What a job brings along, as the agent finds it. Whole runner over plain processes. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { AgentDefinition } from "../../protocol/line/runner.ts";
import { type RunnerRig, withRunnerRig } from "../fake/runner_rig.ts";
import { openProcessRuntime } from "../fake/process_runtime.ts";

async function runScript(rig: RunnerRig, command: string, work: Partial<AgentDefinition>) {
  const jobId = rig.addJob({ operatorConfig: { command }, ...work });
  const runtime = openProcessRuntime(rig);
  const runner = await rig.startInside(runtime, { isOnce: true });
  assert.equal(await runner.outcome, "once");
  assert.deepEqual(rig.plane.violations, []);
  return { report: rig.plane.runs.get(jobId)!.outcome!, output: rig.plane.outputOf(jobId), runner };
}

Deno.test("files and plugins of a job are where its variables say, and autoGit does not ask for them", async () => {
  await withRunnerRig(async (rig) => {
    const { report, output } = await runScript(
      rig,
      `cat "$VIBECAST_INITIAL_PROMPT_FILE"; echo
       cat .devcontainer/x.json .agentics/specs/api.md
       IFS=:; for dir in $VIBECAST_EXTRA_PLUGINS; do cat "$dir/README.md"; done
       git status --porcelain`,
      {
        prompt: "the prompt",
        autoGit: true,
        devcontainerFiles: { ".devcontainer/x.json": "devcontainer\n" },
        agenticsSpecFiles: { "api.md": "spec\n" },
        plugins: [{ id: "tool", name: "Tool", sourceUrl: rig.originDir }],
      },
    );
    assert.equal(output, "the prompt\ndevcontainer\nspec\n# Project\n");
    assert.deepEqual([report.jobResult, report.error], ["success", null]);
    assert.deepEqual([...Deno.readDirSync(join(rig.stateDir, "runs"))], []);
  });
});

Deno.test("a station's sub-agents and ignored lines are no work, and who cannot use the first says so", async () => {
  await withRunnerRig(async (rig) => {
    const { report, output } = await runScript(
      rig,
      `cat .claude/agents/code-reviewer.md; echo; echo made > made.log; git status --porcelain`,
      {
        autoGit: true,
        agents: [{ id: "1", name: "Code reviewer", content: "Review it." }],
        gitignoreLines: ["*.log"],
      },
    );
    // The note is on the other stream.
    const note =
      "shopfloor worktree: the station's 1 sub-agents are files of Claude Code in .claude/agents/: " +
      "command does not read them\n";
    assert.ok(output.includes(note), output);
    assert.equal(
      output.replace(note, ""),
      '---\nname: code-reviewer\ndescription: "Code reviewer"\n---\n\nReview it.\n',
    );
    assert.deepEqual([report.jobResult, report.error], ["success", null]);
    const wrong = await runScript(rig, "true", { gitignoreLines: ["a\nb"] });
    assert.match(
      wrong.report.error ?? "",
      /'\.gitignore' of the job cannot be placed: line 1 must be one line/,
    );
  });
});

Deno.test("a script written for the reference finds the station's words, its session and its trace", async () => {
  await withRunnerRig(async (rig) => {
    const { report, output } = await runScript(
      rig,
      `cat "$VIBECAST_APPEND_SYSTEM_PROMPT_FILE"; echo; cat "$SUBAGENT_PROMPT_SUFFIX_FILE"; echo
       test "$AGENTIC_SERVER" = "$AGENTICS_BASE_URL"; echo "$BROADCAST_ID $AGENTICS_TRACE_ID"
       env | grep -c "^AGENTICS_COMMIT_BACK" || true`,
      {
        appendSystemPrompt: "be brief",
        subagentPromptAppendix: "be briefer",
        broadcastId: "cast-1",
        traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      },
    );
    assert.equal(
      output,
      "be brief\nbe briefer\ncast-1 4bf92f3577b34da6a3ce929d0e0e4736\n0\n",
    );
    assert.deepEqual([report.jobResult, report.error], ["success", null]);
  });
});

Deno.test("a plugin that cannot be fetched fails the job at once, before its agent starts", async () => {
  await withRunnerRig(async (rig) => {
    const { report, runner } = await runScript(rig, "true", {
      plugins: [{ id: "tool", sourceUrl: join(rig.root, "origins/missing") }],
    });
    assert.deepEqual([report.jobResult, report.exitCode], ["failed", -1]);
    assert.match(report.error ?? "", /plugin 'tool' cannot be fetched: .*not allowed/);
    assert.ok(!runner.events.some((event) => event.phase === "started"));
  });
});

Deno.test("a file that would leave the workspace fails the job before its agent starts", async () => {
  await withRunnerRig(async (rig) => {
    const { report } = await runScript(rig, "true", { devcontainerFiles: { "../../x": "y" } });
    assert.deepEqual([report.jobResult, report.exitCode], ["failed", -1]);
    assert.match(report.error ?? "", /must stay below the workspace/);
  });
});
