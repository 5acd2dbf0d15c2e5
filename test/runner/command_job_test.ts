/** Jobs of other types than a station's work (Line 4.2, 18): whole runner over plain processes. */
import assert from "node:assert/strict";
import { openProcessRuntime } from "../fake/process_runtime.ts";
import { withRunnerRig } from "../fake/runner_rig.ts";

Deno.test("a command's exit code is its job's result, within limits of its own", async () => {
  await withRunnerRig(async (rig) => {
    for (const [command, jobResult, exitCode] of [["true", "success", 0], ["exit 3", "failed", 3]] as const) {
      const limits = { memMib: 64, vcpuCount: 1 };
      const jobId = rig.addJob({
        jobType: "command" as never,
        operatorConfig: { agent: "command", command, limits },
      });
      const runner = await rig.startInside(openProcessRuntime(rig), { isOnce: true });
      assert.equal(await runner.outcome, "once");
      const { outcome } = rig.plane.runs.get(jobId)!;
      assert.deepEqual([outcome!.jobResult, outcome!.exitCode], [jobResult, exitCode]);
    }
  });
});

Deno.test("a job that pushes or distributes files is left to those who can, whatever else it says", async () => {
  await withRunnerRig(async (rig) => {
    const operatorConfig = { command: "true" };
    const push = rig.addJob({ jobType: "git_push" as never, operatorConfig });
    const distribute = rig.addJob({ jobType: "git_distribute" as never, operatorConfig });
    const mine = rig.addJob({ operatorConfig });
    const runner = await rig.startInside(openProcessRuntime(rig), { isOnce: true });
    assert.equal(await runner.outcome, "once");
    assert.equal(rig.plane.runs.get(mine)!.outcome!.jobResult, "success");
    assert.deepEqual([rig.plane.runs.get(push), rig.plane.runs.get(distribute)], [undefined, undefined]);
    assert.ok(!rig.plane.polls.flat().some((capability) => capability?.startsWith("git")));
  });
});
