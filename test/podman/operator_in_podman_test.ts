/**
 * The operator in a real sandbox: the whole runner over Podman, against the strict fake control plane; once with a script,
 * and once with the real Claude Code and a scripted model behind the hub.
 */
import assert from "node:assert/strict";
import type { HarnessName } from "../../runner-agent/ports.ts";
import type { AgentDefinition } from "../../protocol/line/runner.ts";
import type { DaemonDeps } from "../../runner-agent/job/daemon.ts";
import { type RunnerRig, withRunnerRig } from "../fake/runner_rig.ts";
import { type ScriptedStep, startScriptedModel } from "../fake/scripted_model.ts";
import { imageOf, openPodman } from "./podman_world.ts";

/** Runs one job in a sandbox with the image of a harness. */
async function runInPodman(
  rig: RunnerRig,
  harness: HarnessName,
  work: Partial<AgentDefinition>,
  change: Partial<DaemonDeps> = {},
) {
  const image = await imageOf(harness);
  const runtime = await openPodman(rig.root);
  const jobId = rig.addJob(work);
  const runner = await rig.startInside(runtime, { isOnce: true, image, ...change });
  const outcome = await runner.outcome;
  assert.deepEqual(await runtime.list(), [], "no container is left, of the job or of the probe");
  runtime.close();
  assert.equal(outcome, "once");
  assert.deepEqual(rig.plane.violations, []);
  const run = rig.plane.runs.get(jobId)!;
  return { report: run.outcome!, output: rig.plane.outputOf(jobId), polls: rig.plane.polls };
}

Deno.test("in a sandbox, a script ends its station, and finds its files, plugins and sockets", async () => {
  await withRunnerRig(async (rig) => {
    const command = `
      cat "$VIBECAST_INITIAL_PROMPT_FILE"; echo
      cat .agentics/specs/api.md "$VIBECAST_EXTRA_PLUGINS/README.md"
      touch "$VIBECAST_EXTRA_PLUGINS/x" 2>/dev/null && echo writable
      touch /run/alp/x 2>/dev/null && echo writable
      test -S /run/alp/cred.sock && echo cred
      printf 'GET /token HTTP/1.0\\r\\nHost: alp\\r\\n\\r\\n' | socat -t5 -,ignoreeof UNIX-CONNECT:/run/alp/cred.sock | tail -n1; echo
      printf 'CONNECT example.invalid:443 HTTP/1.1\\r\\n\\r\\n' | socat -t5 -,ignoreeof TCP:\${HTTPS_PROXY#http://} | head -n1
      echo left > left.txt
      complete_station success && exit 9
      git add left.txt && git commit -qm work && complete_station success "in the sandbox"
      sleep 0.1`;
    const { report, output, polls } = await runInPodman(rig, "command", {
      prompt: "the prompt",
      autoGit: true,
      agenticsSpecFiles: { "api.md": "spec\n" },
      plugins: [{ id: "tool", sourceUrl: rig.originDir }],
      operatorConfig: { command: command.replaceAll("&& echo writable", "&& echo writable || true") },
    }, { networkProfile: "proxy_only" });
    assert.match(output, /^the prompt\nspec\n# Project\ncred\n/, output);
    assert.doesNotMatch(output, /writable/);
    assert.match(output, /credential_server_not_available/);
    assert.match(output, /^HTTP\/1\.1 501 /m);
    assert.match(output, /not committed: left\.txt/);
    assert.deepEqual([report.jobResult, report.summary, report.error], ["success", "in the sandbox", null]);
    assert.deepEqual(polls[0], ["harness:command", "alp_operator", "runtime:podman"]);
  });
});

Deno.test("in a sandbox, Claude Code works, commits and ends its station by the operator's tool", async () => {
  const key = "real-key-of-the-runner-4711";
  const steps: ScriptedStep[] = [
    { kind: "tool", command: "echo made > made.txt" },
    { kind: "call", tool: "complete_station", input: { conclusion: "success", summary: "too early" } },
    { kind: "tool", command: "git add made.txt && git commit --quiet --message=agent-work" },
    { kind: "call", tool: "complete_station", input: { conclusion: "success", summary: "made it" } },
  ];
  await using model = startScriptedModel({
    keys: { anthropic: key },
    script: (turn) => steps[turn] ?? { kind: "text", text: "the end" },
  });
  await withRunnerRig(async (rig) => {
    const { report, output } = await runInPodman(rig, "claude", {
      autoGit: true,
      commitMessageTemplate: "agent-work",
      operatorConfig: { agent: "claude" },
    }, {
      ability: { harnesses: ["claude"], forcedHarness: null, runtime: "podman" },
      modelKeys: new Map([["anthropic", { key, baseUrl: model.url }]]),
    });
    assert.deepEqual([report.jobResult, report.conclusion, report.summary, report.error], [
      "success",
      "success",
      "made it",
      null,
    ], output);
    assert.notEqual(report.headCommit, report.baseCommit);
    assert(
      model.requests.some(({ body }) => body.includes("not committed: made.txt")),
      "the refusal was read",
    );
    assert(model.requests.some(({ body }) => body.includes("Recorded: success")));
    assert(model.requests.every(({ status }) => status !== 401));
    assert.ok(!output.includes(key));
  });
});
