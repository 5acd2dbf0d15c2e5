/**
 * One run through the whole runner, with the driver that starts plain processes: worktree, hub, output, conclusion,
 * work branch and report are all real; the control plane is the strict fake.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { AgentDefinition } from "../../protocol/line/runner.ts";
import type { DaemonDeps } from "../../runner-agent/job/daemon.ts";
import { commandHarness } from "../../runner-agent/harness/command.ts";
import { MODEL_PROVIDERS } from "../../runner-agent/harness/mod.ts";
import { type RunnerRig, withRunnerRig } from "../fake/runner_rig.ts";
import { OWNER, PROJECT } from "../fake/control_plane.ts";
import { openProcessRuntime } from "../fake/process_runtime.ts";

/** Runs one job of a script to its report. */
async function runScript(
  rig: RunnerRig,
  command: string,
  work: Partial<AgentDefinition> = {},
  change: Partial<DaemonDeps> = {},
) {
  const jobId = rig.addJob({ operatorConfig: { command }, ...work });
  const runner = await rig.startInside(openProcessRuntime(rig), { isOnce: true, ...change });
  assert.equal(await runner.outcome, "once");
  const run = rig.plane.runs.get(jobId)!;
  assert.deepEqual(rig.plane.violations, []);
  assert.equal(run.terminalReports.length, 1, "one terminal report");
  const output = rig.plane.outputOf(jobId);
  return { jobId, run, report: run.outcome!, output, events: runner.events };
}

Deno.test("a run commits, concludes, and its work branch is in the task's repository", async () => {
  await withRunnerRig(async (rig) => {
    const { run, report, output } = await runScript(
      rig,
      `echo working
       echo tidy >> README.md
       git commit -qam "format: tidy"
       echo '{"conclusion":"success","summary":"tidied"}' > "$SHOPFLOOR_CONCLUSION_FILE"`,
    );
    assert.equal(report.error, null, output);
    assert.deepEqual([report.jobResult, report.exitCode, report.conclusion, report.summary], [
      "success",
      0,
      "success",
      "tidied",
    ]);
    assert.match(output, /working\n/);
    assert.ok(run.inProgressReports >= 1);
    const taskId = run.job.agentDefinition.taskId;
    const pushed = await rig.git(rig.plane.gitDirOf(taskId), "rev-parse", `refs/heads/work/task-${taskId}`);
    assert.equal(report.headCommit, pushed);
    assert.equal(report.baseCommit, await rig.git(rig.originDir, "rev-parse", "main"));
    assert.deepEqual([...Deno.readDirSync(join(rig.stateDir, "sandboxes"))], []);
    assert.deepEqual([...Deno.readDirSync(join(rig.stateDir, "runs"))], []);
    assert.deepEqual([...Deno.readDirSync(join(rig.root, "processes"))], []);
  });
});

Deno.test("an agent pushes its task's branch to the project through the hub, and no other branch", async () => {
  await withRunnerRig(async (rig) => {
    const { run, report, output } = await runScript(
      rig,
      `echo x > x.txt && git add x.txt && git commit -qm x
       if git push -q origin HEAD:refs/heads/main 2>/dev/null; then exit 9; fi
       git push -q origin HEAD`,
    );
    assert.equal(report.error, null, output);
    const branch = `refs/heads/task-${run.job.agentDefinition.taskId}`;
    assert.equal(await rig.git(rig.originDir, "rev-parse", branch), report.headCommit);
    assert.equal(await rig.git(rig.originDir, "rev-parse", "main"), report.baseCommit);
  });
});

Deno.test("an agent clones and pushes the task's repository with its own token at a loopback URL", async () => {
  await withRunnerRig(async (rig) => {
    const { run, report, output } = await runScript(
      rig,
      `cd "$HOME" && git clone -q "$ASSEMBLY_LINE_REPO_URL" repo && cd repo
       mkdir reports && echo fine > reports/check.md && git add -A && git commit -qm report
       git push -q origin HEAD:main`,
      {
        taskId: "cloned",
        assemblyLineRepoUrl: "http://control-plane.example/api/git/acme/web/cloned.git",
        assemblyLineRepoToken: "repository-token-0001",
      },
    );
    assert.equal(report.error, null, output);
    const gitDir = rig.plane.gitDirOf(run.job.agentDefinition.taskId);
    assert.equal(await rig.git(gitDir, "show", "main:reports/check.md"), "fine");
  });
});

Deno.test("the hub serves this project's API and nothing else", async () => {
  await withRunnerRig(async (rig) => {
    rig.plane.intercept = (method, path) =>
      method === "GET" && path === `/api/owners/${OWNER}/projects/${PROJECT}/tasks/t`
        ? Response.json({ title: "T" })
        : null;
    const ask = (path: string) =>
      `curl -s -o /dev/null -w "%{http_code} ${path}\\n" --path-as-is "$AGENTICS_BASE_URL${path}"`;
    const { output } = await runScript(
      rig,
      [
        `curl -s "$AGENTICS_BASE_URL/api/owners/${OWNER}/projects/${PROJECT}/tasks/t"; echo`,
        ask("/api/owners/other/projects/web/tasks/t"),
        ask(`/api/owners/${OWNER}/projects/${PROJECT}/../../../other/projects/web/tasks/t`),
        ask("/metrics"),
        ask("/git/assembly-line.git/config"),
        ask("/token?service=x"),
      ].join("\n"),
    );
    assert.match(output, /^\{"title":"T"\}$/m);
    assert.match(output, /^404 \/api\/owners\/other\//m);
    assert.match(output, /^404 .*\.\.\/other/m);
    assert.match(output, /^404 \/metrics$/m);
    assert.match(output, /^404 \/git\/assembly-line.git\/config$/m);
    assert.match(output, /^404 \/token/m);
  });
});

Deno.test("tokens are cut from the output, and the runner's own is not in the sandbox at all", async () => {
  await withRunnerRig(async (rig) => {
    const { run, output } = await runScript(
      rig,
      `env | sort; echo "token: $AGENTICS_TOKEN"; printf %s "$AGENTICS_TOKEN" | base64 -w0`,
    );
    assert.ok(!output.includes(run.job.jobToken!));
    assert.ok(!output.includes(rig.registration.token));
    assert.match(output, /^token: \[redacted\]$/m);
    assert.equal(output.match(/\[redacted\]/g)?.length, 3, "the variable, the echo and the base64");
  });
});

Deno.test("the hub adds the model's key on the way out, and nothing inside ever sees it", async () => {
  const key = "sk-real-model-key-0001";
  const keys: (string | null)[] = [];
  const model = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    keys.push(request.headers.get("x-api-key"));
    return new Response(`said to ${request.headers.get("x-api-key")} at ${new URL(request.url).pathname}\n`);
  });
  await withRunnerRig(async (rig) => {
    const { output } = await runScript(
      rig,
      `curl -s -d '{}' -H "x-api-key: placeholder" "$AGENTICS_BASE_URL/model/anthropic/v1/messages"; env; echo ${key}`,
      {},
      {
        modelKeys: new Map([["anthropic", { key, baseUrl: `http://127.0.0.1:${model.addr.port}` }]]),
        harnessByName: () => ({ ...commandHarness, provider: MODEL_PROVIDERS.anthropic }),
      },
    );
    assert.deepEqual(keys, [key]);
    assert.match(output, /^said to \[redacted\] at \/v1\/messages$/m);
    assert.ok(!output.includes(key));
  });
  await model.shutdown();
});

Deno.test("a failing script fails the run with its exit code, and its commits are kept", async () => {
  await withRunnerRig(async (rig) => {
    const { report } = await runScript(rig, "git commit -q --allow-empty -m half; exit 3");
    assert.deepEqual([report.jobResult, report.exitCode], ["failed", 3]);
    assert.notEqual(report.headCommit, report.baseCommit);
  });
});

Deno.test("a conclusion of failure fails a script that ended well", async () => {
  await withRunnerRig(async (rig) => {
    const { report } = await runScript(
      rig,
      `echo '{"conclusion":"failure","summary":"tests fail"}' > "$SHOPFLOOR_CONCLUSION_FILE"`,
    );
    assert.deepEqual([report.jobResult, report.conclusion, report.summary], [
      "failed",
      "failure",
      "tests fail",
    ]);
  });
});

Deno.test("a conclusion file that is a link to a file of the host is refused", async () => {
  await withRunnerRig(async (rig) => {
    const { report } = await runScript(rig, `ln -s /etc/hostname "$SHOPFLOOR_CONCLUSION_FILE"`);
    assert.equal(report.jobResult, "failed");
    assert.match(report.error ?? "", /conclusion file is invalid: expected a plain file/);
  });
});

Deno.test("autoGit fails a run that leaves changes behind and says which", async () => {
  await withRunnerRig(async (rig) => {
    const { report } = await runScript(rig, "echo more >> README.md; echo new > new.txt", {
      autoGit: true,
      commitMessageTemplate: "fix: {{taskTitle}}",
    });
    assert.equal(report.jobResult, "failed");
    assert.match(report.error ?? "", /README\.md/);
    assert.match(report.error ?? "", /new\.txt/);
    assert.match(report.error ?? "", /fix: \{\{taskTitle\}\}/);
  });
});

Deno.test("a repository that is not allowed fails the run before anything starts", async () => {
  await withRunnerRig(async (rig) => {
    const { report } = await runScript(rig, "true", { repository: "/etc" });
    assert.deepEqual([report.jobResult, report.exitCode], ["failed", -1]);
    assert.match(report.error ?? "", /not allowed/);
  });
});

Deno.test("output is live: a line arrives while the agent still runs", async () => {
  await withRunnerRig(async (rig) => {
    const jobId = rig.addJob({
      operatorConfig: { command: `echo first; while [ ! -e go ]; do sleep 0.02; done; echo last` },
    });
    const runner = await rig.startInside(openProcessRuntime(rig), { isOnce: true });
    await rig.plane.until("the first line", () => rig.plane.outputOf(jobId).includes("first"));
    assert.equal(rig.plane.runs.get(jobId)!.outcome, null);
    const runId = rig.plane.runs.get(jobId)!.runId;
    await Deno.writeTextFile(join(rig.stateDir, "runs", runId, "workspace", "go"), "");
    await runner.outcome;
    assert.equal(rig.plane.outputOf(jobId), "first\nlast\n");
    assert.deepEqual(rig.plane.violations, []);
  });
});
