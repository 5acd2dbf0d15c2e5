/** What templates and settings make of a run: whole runner over plain processes. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { readSettings } from "../../runner-agent/settings/settings_layers.ts";
import type { AgentDefinition } from "../../protocol/line/runner.ts";
import { type RunnerRig, withRunnerRig } from "../fake/runner_rig.ts";
import { openProcessRuntime } from "../fake/process_runtime.ts";

async function commitTemplates(rig: RunnerRig, files: Record<string, string>): Promise<void> {
  const seed = join(rig.root, "seed");
  for (const [path, text] of Object.entries(files)) {
    const file = join(seed, ".agentics/templates", path);
    await Deno.mkdir(dirname(file), { recursive: true });
    await Deno.writeTextFile(file, text);
  }
  await rig.git(seed, "add", "-A");
  await rig.git(seed, "commit", "-qm", "templates");
  await rig.git(seed, "push", "-q", rig.originDir, "HEAD:main");
}

async function runScript(rig: RunnerRig, command: string, config: Record<string, unknown>, settings = "") {
  const jobId = rig.addJob({ operatorConfig: { command, ...config } } as Partial<AgentDefinition>);
  const file = readSettings("/settings.yaml", settings);
  assert.ok(file.ok);
  const runner = await rig.startInside(openProcessRuntime(rig), {
    isOnce: true,
    settingsLayers: [file.value.global],
  });
  assert.equal(await runner.outcome, "once");
  return { report: rig.plane.runs.get(jobId)!.outcome!, output: rig.plane.outputOf(jobId), runner };
}

Deno.test("a station's template gives it variables, a home, and services that are ready before it begins", async () => {
  await withRunnerRig(async (rig) => {
    await commitTemplates(rig, {
      "worker/template.yaml": `
env: {GREETING: "hello \${AF_STATION_ID}", FROM: template}
services:
  - name: marker
    command: [sh, -c, 'sleep 0.3; echo "$GREETING" >"$HOME/marker"; exec sleep 100']
    ready_check: {type: delay, target: 600ms}
`,
      "worker/home/.config/tool.txt": "from the template\n",
    });
    const { report, output } = await runScript(
      rig,
      'cat "$HOME/.config/tool.txt" "$HOME/marker"; echo "$FROM $SETTING $AF_TASK_ID" | sed "s/task[0-9]*$/TASK/"',
      { template: "worker", env: { FROM: "station" } },
      "env: {SETTING: machine, FROM: machine}",
    );
    assert.deepEqual([report.jobResult, report.error], ["success", null]);
    assert.match(output, /^from the template\nhello \S+\nstation machine TASK\n$/);
  });
});

Deno.test("a service that does not come up fails the run, and the output says which and why", async () => {
  await withRunnerRig(async (rig) => {
    const { report, output } = await runScript(rig, "echo never", {
      services: [{
        name: "db",
        command: ["sleep", "100"],
        ready_check: { type: "tcp", target: "127.0.0.1:9", timeout: "300ms" },
      }],
    });
    assert.deepEqual([report.jobResult, report.exitCode], ["failed", 125]);
    assert.match(output, /service 'db' is not ready: no success in 0\.3 s \(last check: .*refused\)/);
    assert.doesNotMatch(output, /never/);
    assert.match(report.error ?? "", /service 'db' is not ready: no success in 0\.3 s/);
  });
});

Deno.test("a template that is broken fails the job before its agent starts, with file, line and column", async () => {
  await withRunnerRig(async (rig) => {
    await commitTemplates(rig, { "worker/template.yaml": "env:\n  A: ${HOME}\n" });
    const { report, runner } = await runScript(rig, "true", { template: "worker" });
    assert.equal(report.jobResult, "failed");
    assert.match(
      report.error ?? "",
      /\.agentics\/templates\/worker\/template\.yaml:2:6: env\.A: .* came 'HOME'/,
    );
    assert.ok(!runner.events.some((event) => event.phase === "started"));
  });
});

Deno.test("a template that nobody has is refused with the places that were looked at", async () => {
  await withRunnerRig(async (rig) => {
    const { report } = await runScript(rig, "true", { template: "nobody" });
    assert.match(report.error ?? "", /came 'nobody': looked in project, global, built-in/);
  });
});

Deno.test("a verifier in a run without a terminal is refused before anything runs, and a faulty one by its key", async () => {
  await withRunnerRig(async (rig) => {
    const told = async (verifier: unknown) => {
      const { report, output } = await runScript(rig, "echo never", { verifier });
      assert.equal(output, "");
      return report.error;
    };
    assert.equal(
      await told({ command: "make test" }),
      "the station's verifier needs an agent in a terminal: this one has none",
    );
    assert.match((await told({ command: "true", rounds: 0 }))!, /verifier\.rounds/);
  });
});
