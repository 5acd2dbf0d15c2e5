/** Servers whose poll is the claim (Line 5): what such an answer brings is run once, and is not lost on the way. */
import assert from "node:assert/strict";
import { DummyContainer, DummyWorld } from "../../runner-agent/container/dummy_container.ts";
import { type ControlPlane, createControlPlane } from "../../runner-agent/control/control_plane.ts";
import { systemClock } from "../../runner-agent/job/system_clock.ts";
import type { ContainerSpec, HarnessAdapter } from "../../runner-agent/ports.ts";
import { ok } from "../../protocol/result.ts";
import { withRunnerRig } from "../fake/runner_rig.ts";
import { polledJob } from "../fake/polled_job.ts";

const scriptHarness: HarnessAdapter = {
  name: "command",
  provider: null,
  plan: () => ok({ command: ["dummy"], env: { DUMMY_DELAY_MS: "100" }, homeFiles: {} }),
};

const job = polledJob({ runId: "run-1", agentDefinition: { operatorConfig: { command: "true" } } });

Deno.test("a run that a server gives again and again, while it goes on and after its report, is run once", async () => {
  await withRunnerRig(async (rig) => {
    let polls = 0;
    let sandboxes = 0;
    let reports = 0;
    class CountingContainer extends DummyContainer {
      override create(spec: ContainerSpec) {
        if (spec.runId === job.runId) sandboxes++;
        return super.create(spec);
      }
    }
    const answer = { kind: "ok" as const, value: { ok: true as const, cancel: false, leaseUntil: null } };
    const controlPlane: ControlPlane = {
      ...createControlPlane({ serverUrl: rig.plane.url, owner: "o", project: "p" }, "r", "t"),
      poll: async () => {
        polls++;
        await systemClock.sleep(1);
        return { kind: "ok", value: { jobs: [job] } };
      },
      report: (_run, report) => {
        if (report.jobResult !== "in_progress") reports++;
        return Promise.resolve(answer);
      },
      sendLog: () => Promise.resolve({ kind: "ok", value: { ...answer.value, nextOffset: 0 } }),
    };
    const runner = await rig.startInside(
      new CountingContainer({ world: new DummyWorld(), instance: "test", clock: systemClock }),
      { harnessByName: () => scriptHarness, jobsMax: 2, controlPlane, pollingIntervalMs: 100 },
    );
    for (let waits = 0; reports === 0 && waits < 1_000; waits++) await systemClock.sleep(5);
    await systemClock.sleep(500);
    assert.equal(await runner.drain(), "drained");
    assert.deepEqual([sandboxes, reports], [1, 1]);
    assert.ok(polls < 40, `the polling interval is kept: ${polls} polls`);
  });
});
