/** A heartbeat says how long the agent has been silent, so that the control plane judges silence as the runner does. */
import assert from "node:assert/strict";
import { DummyContainer, DummyWorld } from "../../runner-agent/container/dummy_container.ts";
import { systemClock } from "../../runner-agent/job/system_clock.ts";
import { withRunnerRig } from "../fake/runner_rig.ts";
import { scriptHarness } from "../fake/script_harness.ts";

Deno.test("heartbeats of a silent agent say a silence that grows, and none before there is an agent", async () => {
  await withRunnerRig(async (rig) => {
    const command = "DUMMY_OUTPUT=begun\nDUMMY_DELAY_MS=600000";
    const jobId = rig.addJob({ idleTimeoutMinutes: 1 / 60, operatorConfig: { command } });
    const silences: (number | undefined)[] = [];
    rig.plane.intercept = (method, _path, body) => {
      if (method !== "PATCH") return null;
      const report = JSON.parse(new TextDecoder().decode(body));
      if (report.jobResult === "in_progress") silences.push(report.idleMs);
      return null;
    };
    const runtime = new DummyContainer({ world: new DummyWorld(), instance: "test", clock: systemClock });
    const runner = await rig.startInside(runtime, {
      isOnce: true,
      heartbeatMs: 50,
      harnessByName: () => scriptHarness,
    });
    assert.equal(await runner.outcome, "once");
    assert.equal(rig.plane.runs.get(jobId)!.outcome?.reason, "idle_timeout");
    assert.equal(silences[0], undefined);
    const said = silences.filter((idleMs) => idleMs !== undefined);
    assert.ok(said.length > 3, silences.join());
    assert.ok(said.every((idleMs) => Number.isSafeInteger(idleMs) && idleMs >= 0), said.join());
    assert.ok(Math.max(...said) > 500 && Math.max(...said) < 5_000, said.join());
    assert.deepEqual(rig.plane.violations, []);
  });
});
