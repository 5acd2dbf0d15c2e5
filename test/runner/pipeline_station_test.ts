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

Deno.test("a project's own pipeline is followed, with the files that it names, unless the station wants none", async () => {
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

const oneShell = (command: string, more = "") =>
  `version: "1"\npipeline:\n  - id: only\n    context: {shell: ${JSON.stringify(command)}}\n${more}`;
const ABORT = "    on_result:\n      - exit_code: any\n        action: abort_pipeline\n";

Deno.test("a pipeline that fails fails the run with its step, whatever its agent had told", async () => {
  await withAgent(async (rig) => {
    const tell = "$SHOPFLOOR_BIN_DIR/complete_station success 'all is well'";
    const well = await follow(rig, { pipeline: oneShell(tell) });
    assert.deepEqual([well.report.jobResult, well.report.conclusion, well.report.summary], [
      "success",
      "success",
      "all is well",
    ], well.output);
    const { report } = await follow(rig, { pipeline: oneShell(`${tell}; exit 7`, ABORT) });
    assert.deepEqual([report.jobResult, report.exitCode, report.conclusion], ["failed", 1, "failure"]);
    assert.match(report.error ?? "", /^the pipeline failed: step 'only': \[ail:pipeline\/aborted\]/);
    assert.match(report.summary ?? "", /^step 'only': /);
  });
});

Deno.test("a pipeline that cannot be loaded fails the run before anything of it is started", async () => {
  await withAgent(async (rig) => {
    const { report, events } = await follow(rig, { pipeline: "version: '1'\npipeline:\n  - id: a\n" });
    assert.equal(report.jobResult, "failed");
    assert.match(
      report.error ?? "",
      /the pipeline cannot be loaded: \[ail:config\/validation-failed\].*station\.ail\.yaml:3/,
    );
    assert.ok(!events.some(({ phase }) => phase === "created"));
  });
});

Deno.test("a sandbox that ends before its pipeline has failed the run, whatever status it ended with", async () => {
  await withAgent(async (rig) => {
    const kill = `kill -9 $(cat ${rig.root}/processes/*/child); sleep 60`;
    const { report } = await follow(rig, { pipeline: oneShell(kill) });
    assert.equal(report.jobResult, "failed");
    assert.match(report.error ?? "", /the sandbox ended with exit code \d+ before its pipeline did/);
  });
});

Deno.test("a prompt that goes far beyond its budget of time is ended with the run", async () => {
  await withAgent(async (rig) => {
    const { report } = await follow(rig, { pipeline: oneShell("true"), budget: { minutes: 0.5 / 60 } }, {
      script: "sleep 60",
    });
    assert.deepEqual([report.jobResult, report.error], [
      "failed",
      "the agent used more than it may: the budget of time is used up",
    ]);
  });
});

Deno.test("a control plane without questions keeps a gate shut", async () => {
  await withAgent(async (rig) => {
    const gate =
      `version: "1"\npipeline:\n  - id: gate\n    action: pause_for_human\n  - id: ship\n    context: {shell: "echo SHIPPED"}\n`;
    rig.plane.intercept = (_, path) =>
      path.includes("/questions")
        ? Response.json({ error: { code: "not_found", message: "no" } }, { status: 404 })
        : null;
    const { report, output } = await follow(rig, { pipeline: gate });
    assert.equal(report.jobResult, "failed");
    assert.match(report.error ?? "", /a person rejected step 'gate': nobody can be asked/);
    assert.ok(!output.includes("SHIPPED"));
  });
});

Deno.test("what its agent told in a step concludes no pipeline that was stopped in a later one", async () => {
  await withAgent(async (rig) => {
    const pipeline = oneShell("$SHOPFLOOR_BIN_DIR/complete_station success 'all is well'") +
      '  - id: later\n    context: {shell: "echo LATER >> seen; sleep 60"}\n';
    const jobId = rig.addJob({ prompt: "p", operatorConfig: { agent: "claude", pipeline } });
    const runner = await rig.startInside(openProcessRuntime(rig), { isOnce: true, ...aroundAgent(ECHO) });
    await rig.plane.until("the later step", () => rig.plane.outputOf(jobId).includes("later — running"));
    runner.stop.abort();
    await runner.outcome;
    const report = rig.plane.runs.get(jobId)!.outcome!;
    assert.deepEqual([report.jobResult, report.reason], ["failed", "runner_stopped"]);
  });
});

Deno.test("a pipeline whose end this machine cannot write down stops its run, and the runner takes its next job", async () => {
  await withAgent(async (rig) => {
    const spoil = `cd ${rig.stateDir}/sandboxes/* && mkdir pipeline_end.json.new`;
    const { report } = await follow(rig, { pipeline: oneShell(spoil) });
    assert.equal(report.jobResult, "failed");
    assert.match(report.error ?? "", /^the station's pipeline could not go on: /);
    assert.equal((await follow(rig, { pipeline: oneShell("true") })).report.error, null);
  });
});

Deno.test("a step that waits for a person is not idle", async () => {
  await withAgent(async (rig) => {
    const gate = 'version: "1"\npipeline:\n  - id: gate\n    action: pause_for_human\n';
    const answer = Promise.withResolvers<void>();
    // Asked again and again, as the route may be away for a moment only: each gets an answer of its own.
    const unknown = () => Response.json({ error: { code: "not_found", message: "no" } }, { status: 404 });
    rig.plane.intercept = (_, path) => path.includes("/questions") ? answer.promise.then(unknown) : null;
    const jobId = rig.addJob({
      prompt: "p",
      operatorConfig: { agent: "claude", pipeline: gate },
      idleTimeoutMinutes: 0.5 / 60,
    });
    const runner = await rig.startInside(openProcessRuntime(rig), { isOnce: true, ...aroundAgent(ECHO) });
    await rig.plane.until("the gate", () => rig.plane.outputOf(jobId).includes("? gate"));
    const asked = rig.plane.runs.get(jobId)!.inProgressReports;
    await rig.plane.until(
      "heartbeats for longer than the idle time",
      () => rig.plane.runs.get(jobId)!.inProgressReports > asked + 40,
    );
    assert.equal(rig.plane.runs.get(jobId)!.outcome, null);
    answer.resolve();
    await runner.outcome;
    assert.match(rig.plane.runs.get(jobId)!.outcome!.error ?? "", /nobody can be asked/);
  });
});
