/** Faults of the runner's host: they cost a run, or wait, and never the runner. */
import assert from "node:assert/strict";
import { DummyContainer, DummyWorld } from "../../runner-agent/container/dummy_container.ts";
import { systemClock } from "../../runner-agent/job/system_clock.ts";
import { withRunnerRig } from "../fake/runner_rig.ts";
import { scriptHarness } from "../fake/script_harness.ts";

Deno.test("a host that cannot say whose a run's files are fails the run, and the next one is run", async () => {
  await withRunnerRig(async (rig) => {
    let faults = 0;
    class OwnerlessContainer extends DummyContainer {
      override hostOwner() {
        return faults++ === 0 ? Promise.reject(new Error("no owner")) : super.hostOwner();
      }
    }
    const runtime = new OwnerlessContainer({ world: new DummyWorld(), instance: "test", clock: systemClock });
    const runner = await rig.startInside(runtime, { harnessByName: () => scriptHarness });
    const outcomeOf = async (jobId: string) => {
      await rig.plane.until("a report", () => rig.plane.runs.get(jobId)?.outcome != null);
      return rig.plane.runs.get(jobId)!.outcome!;
    };
    const first = await outcomeOf(rig.addJob({ operatorConfig: { command: "DUMMY_OUTPUT=1" } }));
    assert.deepEqual([first.jobResult, first.exitCode], ["failed", -1]);
    assert.match(first.error!, /no owner/);
    const second = await outcomeOf(rig.addJob({ operatorConfig: { command: "DUMMY_OUTPUT=2" } }));
    assert.equal(second.jobResult, "success");
    assert.equal(await runner.drain(), "drained");
    assert.deepEqual(rig.plane.violations, []);
  });
});

Deno.test("a runtime that hangs keeps no runner from its end, and nothing is asked for meanwhile", async () => {
  await withRunnerRig(async (rig) => {
    let isHanging = false;
    let skippedMs = 0;
    class HangingContainer extends DummyContainer {
      override list() {
        return isHanging ? new Promise<never>(() => {}) : super.list();
      }
    }
    const runtime = new HangingContainer({ world: new DummyWorld(), instance: "test", clock: systemClock });
    const runner = await rig.startInside(runtime, {
      clock: { ...systemClock, nowMs: () => systemClock.nowMs() + skippedMs },
      pollWaitMs: 0,
    });
    await rig.plane.until("a poll", () => rig.plane.polls.length > 0);
    isHanging = true;
    skippedMs += 3_600_000;
    const polls = rig.plane.polls.length;
    await systemClock.sleep(300);
    assert.ok(rig.plane.polls.length <= polls + 1, "nothing is asked for while it hangs");
    const drained = await Promise.race([runner.drain(), systemClock.sleep(3_000).then(() => "hangs")]);
    assert.equal(drained, "drained");
  });
});

Deno.test("a terminal that is gone costs neither the output on the server nor the runner", async () => {
  await withRunnerRig(async (rig) => {
    const runtime = new DummyContainer({ world: new DummyWorld(), instance: "test", clock: systemClock });
    const runner = await rig.startInside(runtime, {
      isOnce: true,
      harnessByName: () => scriptHarness,
      print: () => {
        throw new Deno.errors.BrokenPipe("nobody reads");
      },
    });
    const command = "DUMMY_OUTPUT=one\nDUMMY_DELAY_MS=100\nDUMMY_OUTPUT_AFTER=-two";
    const jobId = rig.addJob({ operatorConfig: { command } });
    assert.equal(await runner.outcome, "once");
    assert.equal(rig.plane.outputOf(jobId), "one-two");
    assert.equal(rig.plane.runs.get(jobId)!.outcome?.jobResult, "success");
    assert.equal(runner.events.filter(({ event }) => event === "print_failed").length, 1);
  });
});
