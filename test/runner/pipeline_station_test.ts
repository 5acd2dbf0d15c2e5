/**
 * A station whose agent follows a pipeline, through the whole runner: steps, shells and prompts are programs in a sandbox of plain
 * processes, the control plane is the strict fake.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { AgentDefinition } from "../../protocol/line/runner.ts";
import type { DaemonDeps } from "../../runner-agent/job/daemon.ts";
import { openProcessRuntime } from "../fake/process_runtime.ts";
import { type RunnerRig, withRunnerRig } from "../fake/runner_rig.ts";
import { scriptedAgent, withPrograms } from "../fake/scripted_agent.ts";
import { scriptedPrompts } from "../fake/station_prompts.ts";

/** Says which step asked what. */
const ECHO = 'printf "%s: " "$STEP"; cat';

function aroundAgent(script: string): Partial<DaemonDeps> {
  return {
    harnessByName: scriptedAgent,
    ability: { harnesses: ["claude"], forcedHarness: null, runtime: "process" },
    promptsOf: scriptedPrompts(script),
  };
}

async function withAgent(body: (rig: RunnerRig) => Promise<void>): Promise<void> {
  await withPrograms(["claude"], () => withRunnerRig(body));
}

/** Runs one job to its report. */
async function follow(
  rig: RunnerRig,
  operatorConfig: Readonly<Record<string, unknown>>,
  { script = ECHO, work = {} }: { script?: string; work?: Partial<AgentDefinition> } = {},
) {
  const jobId = rig.addJob({
    prompt: "make it good",
    operatorConfig: { agent: "claude", ...operatorConfig },
    ...work,
  });
  const runner = await rig.startInside(openProcessRuntime(rig), { isOnce: true, ...aroundAgent(script) });
  assert.equal(await runner.outcome, "once");
  assert.deepEqual(rig.plane.violations, []);
  const run = rig.plane.runs.get(jobId)!;
  assert.equal(run.terminalReports.length, 1, "one terminal report");
  return { jobId, run, report: run.outcome!, output: rig.plane.outputOf(jobId), events: runner.events };
}

async function commitFiles(rig: RunnerRig, files: Readonly<Record<string, string>>): Promise<void> {
  const dir = join(rig.root, "author");
  await rig.git(rig.root, "clone", "-q", rig.originDir, dir);
  for (const [path, text] of Object.entries(files)) {
    await Deno.mkdir(join(dir, path, ".."), { recursive: true });
    await Deno.writeTextFile(join(dir, path), text);
  }
  await rig.git(dir, "add", "-A");
  await rig.git(dir, "commit", "-qm", "pipelines");
  await rig.git(dir, "push", "-q", "origin", "HEAD:main");
}

const STEPS = `version: "1"
pipeline:
  - id: build
    context: {shell: "echo built >> made.txt; echo warm; pwd > /dev/null"}
  - id: review
    prompt: "look at {{ step.build.stdout }}"
  - id: commit
    context: {shell: "git add -A && git commit -qm made && git log --format=%s -1"}
`;

Deno.test("a station follows the pipeline that it is given: prompts and shells in its sandbox, the last answer is its summary", async () => {
  await withAgent(async (rig) => {
    const { report, output } = await follow(rig, { pipeline: STEPS });
    assert.equal(report.error, null, output);
    assert.deepEqual([report.jobResult, report.exitCode, report.conclusion, report.summary], [
      "success",
      0,
      "success",
      "review: look at warm",
    ]);
    assert.notEqual(report.headCommit, report.baseCommit);
    assert.deepEqual([report.usage?.inputTokens, report.usage?.outputTokens, report.usage?.costUsd], [
      20,
      10,
      1,
    ]);
    assert.match(output, /\[1\/4\] invocation — running|invocation/);
    assert.match(output, /invocation: make it good/);
    assert.match(output, /commit: exit code 0/);
    assert.match(output, /\[pipeline completed\]/);
  });
});

Deno.test("a project's own pipeline is followed, with the files that it names; several of them need a name", async () => {
  await withAgent(async (rig) => {
    await commitFiles(rig, {
      ".ail/base.yaml": 'version: "1"\npipeline:\n  - id: lint\n    context: {shell: "echo linted"}\n',
      ".ail/check/default.yaml":
        'version: "1"\nFROM: ../base.yaml\npipeline:\n  - id: ask\n    prompt: ./ask.md\n',
      ".ail/check/ask.md": "is {{ step.lint.stdout }} right?",
    });
    const { report, output } = await follow(rig, {});
    assert.deepEqual([report.error, report.summary], [null, "ask: is linted\n right?"], output);
    assert.equal((await follow(rig, { pipeline: "none", command: "true" })).report.summary, null);
  });
});
