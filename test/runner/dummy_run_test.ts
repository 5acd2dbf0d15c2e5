/** What happens to a run from outside: time, cancellation, lost leases, a control plane that misbehaves, shutdown. Over the dummy driver. */
import assert from "node:assert/strict";
import { DummyContainer, DummyWorld } from "../../runner-agent/container/dummy_container.ts";
import type { DaemonDeps } from "../../runner-agent/job/daemon.ts";
import { createControlPlane } from "../../runner-agent/control/control_plane.ts";
import { systemClock } from "../../runner-agent/job/system_clock.ts";
import { ok } from "../../protocol/result.ts";
import { ABILITY_MEMO_MS } from "../../runner-agent/limits.ts";
import type { AgentDefinition } from "../../protocol/line/runner.ts";
import { type FakeRun, OWNER, PROJECT } from "../fake/control_plane.ts";
import { type InnerRunner, type RunnerRig, withRunnerRig } from "../fake/runner_rig.ts";
import { scriptHarness } from "../fake/script_harness.ts";

interface Stage {
  readonly rig: RunnerRig;
  readonly world: DummyWorld;
  readonly jobId: string;
  readonly runner: InnerRunner;
  readonly run: () => FakeRun;
}

async function withRun(
  script: string,
  work: Partial<AgentDefinition>,
  body: (stage: Stage) => Promise<void>,
  change: Partial<DaemonDeps> = {},
  before: (rig: RunnerRig) => void = () => {},
): Promise<void> {
  await withRunnerRig(async (rig) => {
    const world = new DummyWorld();
    const runtime = new DummyContainer({ world, instance: "test", clock: systemClock });
    const jobId = rig.addJob({ operatorConfig: { command: script }, ...work });
    before(rig);
    const runner = await rig.startInside(runtime, {
      isOnce: true,
      harnessByName: () => scriptHarness,
      ...change,
    });
    await body({ rig, world, jobId, runner, run: () => rig.plane.runs.get(jobId)! });
    assert.deepEqual(rig.plane.violations, []);
  });
}

const FOREVER = "DUMMY_OUTPUT=begun\nDUMMY_DELAY_MS=600000";
const started = ({ rig, jobId }: Stage) =>
  rig.plane.until("output", () => rig.plane.outputOf(jobId) === "begun");

Deno.test("an agent that is silent for longer than the idle timeout is stopped and reported as idle", async () => {
  await withRun(FOREVER, { idleTimeoutMinutes: 0.3 / 60 }, async ({ runner, run }) => {
    assert.equal(await runner.outcome, "once");
    assert.deepEqual([run().outcome?.jobResult, run().outcome?.reason, run().outcome?.exitCode], [
      "failed",
      "idle_timeout",
      -1,
    ]);
  });
});

Deno.test("an agent that takes longer than the maximum timeout is stopped and reported as timed out", async () => {
  await withRun(FOREVER, { maxTimeoutMinutes: 0.3 / 60 }, async ({ runner, run }) => {
    assert.equal(await runner.outcome, "once");
    assert.deepEqual([run().outcome?.jobResult, run().outcome?.reason], ["failed", "timeout"]);
  });
});

Deno.test("a cancel in the answer to a heartbeat stops the agent, and the run is no success", async () => {
  await withRun(FOREVER, {}, async (stage) => {
    await started(stage);
    stage.rig.plane.cancel(stage.jobId);
    assert.equal(await stage.runner.outcome, "once");
    assert.equal(stage.run().outcome?.jobResult, "failed");
    assert.match(stage.run().outcome?.error ?? "", /cancelled/);
  });
});

Deno.test("a lost lease stops the agent, and nothing is reported", async () => {
  await withRun(FOREVER, {}, async (stage) => {
    await started(stage);
    stage.rig.plane.takeLease(stage.jobId);
    assert.equal(await stage.runner.outcome, "once");
    assert.deepEqual(stage.run().terminalReports, []);
    assert.equal(stage.world.containers.size, 0);
  });
});

Deno.test("the report is repeated until the control plane answers", async () => {
  let refusals = 0;
  await withRun(
    "DUMMY_OUTPUT=x",
    {},
    async ({ runner, run }) => {
      assert.equal(await runner.outcome, "once");
      assert.equal(run().outcome?.jobResult, "success");
      assert.equal(refusals, 2);
      assert.equal(runner.events.filter((event) => event.event === "report_retried").length, 2);
    },
    {},
    (rig) => {
      rig.plane.intercept = (_method, _path, body) => {
        if (!new TextDecoder().decode(body).includes('"jobResult":"success"') || refusals === 2) return null;
        refusals++;
        return new Response("down", { status: 503 });
      };
    },
  );
});

Deno.test("a control plane that is away for a while costs neither the run nor its output", async () => {
  let isDown = true;
  await withRun(
    "DUMMY_OUTPUT=begun\nDUMMY_DELAY_MS=400\nDUMMY_OUTPUT_AFTER= and done",
    {},
    async (stage) => {
      await stage.rig.plane.until("the claim", () => stage.rig.plane.runs.has(stage.jobId));
      const ended = () =>
        stage.runner.events.some((event) => event.event === "run_phase" && event.phase === "started");
      await stage.rig.plane.until("start", ended);
      isDown = false;
      assert.equal(await stage.runner.outcome, "once");
      assert.equal(stage.run().outcome?.jobResult, "success");
      assert.equal(stage.rig.plane.outputOf(stage.jobId), "begun and done");
    },
    {},
    (rig) => {
      rig.plane.intercept = (_method, path, body) => {
        const isAboutRun = path.endsWith("/logs") || new TextDecoder().decode(body).includes("in_progress");
        return isDown && isAboutRun ? new Response("down", { status: 503 }) : null;
      };
    },
  );
});

Deno.test("a drain lets the running job finish and takes no other", async () => {
  await withRun("DUMMY_OUTPUT=begun\nDUMMY_DELAY_MS=500", {}, async (stage) => {
    stage.rig.addJob({ operatorConfig: { command: "DUMMY_OUTPUT=x" } });
    await started(stage);
    assert.equal(await stage.runner.drain(), "drained");
    assert.equal(stage.run().outcome?.jobResult, "success");
    assert.equal(stage.rig.plane.runs.size, 1);
  }, { isOnce: false });
});

Deno.test("the order to stop ends the running job at once and reports it", async () => {
  await withRun(FOREVER, {}, async (stage) => {
    await started(stage);
    stage.runner.stop.abort();
    assert.equal(await stage.runner.drain(), "drained");
    assert.deepEqual([stage.run().outcome?.jobResult, stage.run().outcome?.reason], [
      "failed",
      "runner_stopped",
    ]);
  }, { isOnce: false });
});

Deno.test("a job that this runner cannot run is left to others", async () => {
  await withRun("DUMMY_OUTPUT=x", { operatorConfig: { agent: "claude" } }, async (stage) => {
    await stage.rig.plane.until("three polls", () => stage.rig.plane.polls.length >= 3);
    assert.equal(await stage.runner.drain(), "drained");
    assert.equal(stage.rig.plane.runs.size, 0);
    assert.equal(
      stage.runner.events.filter((event) => event.event === "offer_passed").length,
      1,
      "said once",
    );
  }, { isOnce: false });
});

Deno.test("a runner polls with honest capabilities", async () => {
  await withRun("DUMMY_OUTPUT=x", {}, async ({ rig, runner }) => {
    await runner.outcome;
    assert.deepEqual(rig.plane.polls[0], ["harness:command", "alp_operator", "runtime:dummy"]);
  });
});

Deno.test("an agent killed for memory fails its run and says so", async () => {
  await withRun("DUMMY_OOM=1", {}, async ({ runner, run }) => {
    await runner.outcome;
    assert.deepEqual([run().outcome?.jobResult, run().outcome?.exitCode], ["failed", 137]);
    assert.match(run().outcome?.error ?? "", /out of memory/);
  });
});

Deno.test("a container that belongs to no run of the journal is removed at the start", async () => {
  await withRunnerRig(async (rig) => {
    const world = new DummyWorld();
    const runtime = new DummyContainer({ world, instance: "test", clock: systemClock });
    await runtime.create({
      runId: "orphan",
      jobId: "job",
      attempt: 1,
      image: "",
      command: [],
      env: {},
      workDir: "/",
      mounts: [],
      limits: { memoryBytes: 1, pids: 1, cpus: 1 },
      tmpfs: {},
      networkProfile: "sealed",
      shadows: [],
      forwards: {},
    });
    const runner = await rig.startInside(runtime);
    await rig.plane.until("a poll", () => rig.plane.polls.length > 0);
    assert.equal(world.containers.size, 0);
    assert.equal(await runner.drain(), "drained");
  });
});

Deno.test("a runner whose token is not accepted any more ends instead of polling on", async () => {
  await withRun(
    "DUMMY_OUTPUT=x",
    {},
    async ({ runner }) => {
      assert.equal(await runner.outcome, "token_refused");
    },
    {},
    (rig) => {
      rig.plane.intercept = (_method, path) =>
        path.endsWith("/runners/jobs")
          ? Response.json({ error: { code: "unauthenticated", message: "" } }, { status: 401 })
          : null;
    },
  );
});

Deno.test("a runner whose runtime does not answer asks for nothing, and asks once it does", async () => {
  await withRunnerRig(async (rig) => {
    const world = new DummyWorld();
    let isUp = true;
    let skippedMs = 0;
    class AwayContainer extends DummyContainer {
      override list() {
        return isUp ? super.list() : Promise.reject(new Error("no answer"));
      }
    }
    const runtime = new AwayContainer({ world, instance: "test", clock: systemClock });
    const runner = await rig.startInside(runtime, {
      clock: { ...systemClock, nowMs: () => systemClock.nowMs() + skippedMs },
      pollWaitMs: 0,
    });
    await rig.plane.until("a poll", () => rig.plane.polls.length > 0);
    isUp = false;
    skippedMs += ABILITY_MEMO_MS;
    const unable = () => runner.events.some((event) => event.event === "runner_unable");
    for (let waits = 0; !unable() && waits < 1_000; waits++) await systemClock.sleep(5);
    assert.ok(unable());
    const polls = rig.plane.polls.length;
    await systemClock.sleep(200);
    assert.equal(rig.plane.polls.length, polls);
    isUp = true;
    skippedMs += ABILITY_MEMO_MS;
    await rig.plane.until("a poll again", () => rig.plane.polls.length > polls);
    assert.equal(runner.events.filter((event) => event.event === "runner_unable").length, 1);
    await runner.drain();
  });
});

Deno.test("a runner that may hold two jobs runs two at once, says so, and takes a third only after one ended", async () => {
  await withRunnerRig(async (rig) => {
    const bodies: string[] = [];
    rig.plane.intercept = (_method, path, body) => {
      if (/jitconfig$|runners\/jobs$/.test(path)) bodies.push(new TextDecoder().decode(body));
      return null;
    };
    const world = new DummyWorld();
    const runtime = new DummyContainer({ world, instance: "test", clock: systemClock });
    const jobs = [1, 2, 3].map(() => rig.addJob({ operatorConfig: { command: FOREVER } }));
    const { registration: { id, token }, plane } = rig;
    const address = { serverUrl: plane.url, owner: OWNER, project: PROJECT };
    const runner = await rig.startInside(runtime, {
      harnessByName: () => scriptHarness,
      jobsMax: 2,
      controlPlane: createControlPlane(address, id, token, 2),
    });
    const begun = () => jobs.filter((jobId) => plane.outputOf(jobId) === "begun");
    await plane.until("two runs", () => begun().length === 2);
    await systemClock.sleep(200);
    assert.equal(plane.runs.size, 2, "there is no room for the third");
    plane.cancel(begun()[0]!);
    await plane.until("the third", () => begun().length === 3);
    assert.ok(bodies.every((body) => JSON.parse(body).maxJobs === 2));
    runner.stop.abort();
    assert.equal(await runner.drain(), "drained");
    assert.ok(jobs.every((jobId) => plane.runs.get(jobId)!.outcome?.jobResult === "failed"));
    assert.deepEqual(plane.violations, []);
  });
});

Deno.test("what an agent without a terminal is told is in its activity log", async () => {
  const prompts: string[] = [];
  const harness = {
    ...scriptHarness,
    name: "claude" as const,
    plan: ({ appendSystemPrompt }: { readonly appendSystemPrompt: string }) => {
      prompts.push(appendSystemPrompt);
      return ok({
        command: ["dummy"],
        env: { DUMMY_OUTPUT: "x" },
        homeFiles: { "a/prompt.md": "Do it.", "c.json": "{}" },
      });
    },
  };
  await withRun(
    "",
    { operatorConfig: { agent: "claude" }, appendSystemPrompt: "Be kind." },
    async ({ rig, runner }) => {
      await runner.outcome;
      const told = [...rig.plane.agentEvents.values()].flat().filter(({ type }) =>
        type === "prompt_assembled"
      )
        .map(({ payload }) => [payload["what"], payload["text"]]);
      assert.deepEqual(told, [["a/prompt.md", "Do it."], ["system_prompt", "Be kind."]]);
      // Where it is, that it is alone, and how it ends its station.
      assert.match(prompts[0]!, /^Be kind\.\n\n# Where you are\n[^]*nobody can send you[^]*complete_station/);
    },
    {
      harnessByName: () => harness,
      ability: { harnesses: ["claude"], forcedHarness: null, runtime: "dummy" },
    },
  );
});
