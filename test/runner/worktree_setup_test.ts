/** A setup script, a submodule and ignored files through the whole runner, with the driver that starts plain processes. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { AgentDefinition } from "../../protocol/line/runner.ts";
import type { DaemonDeps } from "../../runner-agent/job/daemon.ts";
import { openProcessRuntime } from "../fake/process_runtime.ts";
import { type RunnerRig, withRunnerRig } from "../fake/runner_rig.ts";

async function runScript(
  rig: RunnerRig,
  operatorConfig: Record<string, unknown>,
  work: Partial<AgentDefinition> = {},
  change: Partial<DaemonDeps> = {},
) {
  const jobId = rig.addJob({ ...work, operatorConfig });
  const runner = await rig.startInside(openProcessRuntime(rig), { isOnce: true, ...change });
  assert.equal(await runner.outcome, "once");
  assert.deepEqual(rig.plane.violations, []);
  const scripts = [...rig.plane.agentEvents.values()].flat().filter(({ type }) => type.startsWith("script_"));
  return {
    report: rig.plane.runs.get(jobId)!.outcome!,
    output: rig.plane.outputOf(jobId),
    scripts: scripts.map(({ type, payload }) => [type, payload["detail"]]),
  };
}

Deno.test("a setup script runs in the worktree before the agent, and what it prints is output of the run", async () => {
  await withRunnerRig(async (rig) => {
    const { report, output } = await runScript(rig, {
      setup: "echo preparing; test -f .git && echo ready > setup.txt",
      command: 'test "$(cat setup.txt)" = ready && rm setup.txt && echo worked',
    });
    assert.equal(report.error, null, output);
    assert.match(output, /preparing\n[\s\S]*worked\n/);
  });
});

Deno.test("a setup script that fails keeps the agent from starting, and the report says with what status", async () => {
  await withRunnerRig(async (rig) => {
    const { report, output, scripts } = await runScript(rig, {
      setup: "echo trying; exit 3",
      command: "echo worked",
    });
    assert.match(String(scripts[0]![1]), /^pid \d+$/);
    assert.deepEqual(scripts.map(([type]) => type), ["script_start", "script_stop"]);
    assert.equal(scripts[1]![1], "ended with status 3");
    assert.equal(report.jobResult, "failed");
    assert.equal(report.error, "the agent was not started: its setup script ended with status 3");
    assert.match(output, /trying\n/);
    assert.doesNotMatch(output, /worked/);
  });
});

Deno.test("an agent finds a submodule's files, and ignored files that the runner's settings let in", async () => {
  await withRunnerRig(async (rig) => {
    const origins = join(rig.originDir, "..");
    const library = join(origins, "library");
    const checkout = join(origins, "checkout");
    const person = [
      "-c",
      "user.name=P",
      "-c",
      "user.email=p@example.invalid",
      "-c",
      "protocol.file.allow=always",
    ];
    await rig.git(origins, "init", "--quiet", library);
    await Deno.writeTextFile(join(library, "lib.txt"), "library");
    await rig.git(library, "add", "--all");
    await rig.git(library, ...person, "commit", "--quiet", "-m", "library");
    await rig.git(origins, "clone", "--quiet", rig.originDir, checkout);
    await rig.git(checkout, ...person, "submodule", "--quiet", "add", library, "lib");
    await Deno.writeTextFile(join(checkout, ".gitignore"), ".env\n");
    await rig.git(checkout, "add", "--all");
    await rig.git(checkout, ...person, "commit", "--quiet", "-m", "more");
    await Deno.writeTextFile(join(checkout, ".worktreeinclude"), ".env\n");
    await Deno.writeTextFile(join(checkout, ".env"), "A=1\n");
    const layer = {
      level: "global" as const,
      values: { "worktrees.include": { value: true, from: "a test" } },
      env: {},
    };
    const { report, output } = await runScript(
      rig,
      { command: 'cat lib/lib.txt .env; test -z "$(git status --porcelain)" && echo clean' },
      { repository: checkout },
      { settingsLayers: [layer] },
    );
    assert.equal(report.error, null, output);
    assert.match(output, /libraryA=1\nclean\n/);
  });
});

Deno.test("what is not as expected in a worktree is said on the run's output before the agent's", async () => {
  await withRunnerRig(async (rig) => {
    const checkout = join(rig.originDir, "..", "checkout");
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"a".repeat(64)}\nsize 5\n`;
    await rig.git(rig.root, "clone", "--quiet", rig.originDir, checkout);
    await Deno.writeTextFile(join(checkout, ".gitattributes"), "*.bin filter=lfs\n");
    await Deno.writeTextFile(join(checkout, "a.bin"), pointer);
    await rig.git(checkout, "add", "--all");
    await rig.git(
      checkout,
      "-c",
      "user.name=P",
      "-c",
      "user.email=p@example.invalid",
      "commit",
      "-qm",
      "more",
    );
    const { report, output } = await runScript(rig, { command: "echo worked" }, { repository: checkout });
    assert.equal(report.error, null, output);
    assert.match(output, /^shopfloor worktree: 1 files of Git LFS are pointers.*'a\.bin'\n/m);
    assert.match(output, /^worked$/m);
  });
});
