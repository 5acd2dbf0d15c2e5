/** What a run uses of its machine comes to the control plane, beside everything else. */
import assert from "node:assert/strict";
import { withRunnerRig } from "../fake/runner_rig.ts";
import { openProcessRuntime } from "../fake/process_runtime.ts";

Deno.test("a run tells what it ran in and what it used, and ends as before when nobody wants to know", async () => {
  await withRunnerRig(async (rig) => {
    const runtime = () => openProcessRuntime(rig);
    const runner = await rig.startInside(runtime());
    const busy = rig.addJob({
      operatorConfig: {
        agent: "command",
        command: "i=0; end=$(($(date +%s) + 2)); while [ $(date +%s) -lt $end ]; do i=$((i+1)); done",
      },
    });
    await rig.plane.until("the busy run is told of", () => rig.plane.usage.length > 0);
    const [told] = rig.plane.usage;
    assert.equal(told!.runId, rig.plane.runs.get(busy)!.runId);
    assert.equal(told!.sandbox.driver, "process");
    assert.equal(told!.points.length, 1);
    const { atMs, cpuMs, memoryBytes, pids } = told!.points[0]!;
    assert.ok(atMs >= 1_000 && cpuMs > 100 && memoryBytes > 100_000 && pids >= 2, JSON.stringify(told));
    await rig.plane.until("the busy run is reported", () => rig.plane.runs.get(busy)!.outcome !== null);

    rig.plane.intercept = (_, path) =>
      path.endsWith("/usage")
        ? Response.json({ error: { code: "route_not_found", message: "" } }, { status: 404 })
        : null;
    const plain = rig.addJob({ operatorConfig: { agent: "command", command: "true" } });
    await rig.plane.until("the next run is reported", () => rig.plane.runs.get(plain)?.outcome != null);
    assert.equal(rig.plane.runs.get(plain)!.outcome!.jobResult, "success");
    await runner.drain();
    assert.deepEqual(rig.plane.violations, []);
  });
});
