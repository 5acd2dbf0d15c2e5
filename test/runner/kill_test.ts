/**
 * The real program, killed with SIGKILL in each phase of a run and started again: the agent's command starts once, and
 * the control plane hears one outcome (R1). Phases are held where they wait for something that the test controls:
 * the control plane's answer, the task's repository, or the agent's own script.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type FakeRun } from "../fake/control_plane.ts";
import { type RunnerProcess, type RunnerRig, withRunnerRig } from "../fake/runner_rig.ts";

const ARGS = ["--runtime", "process", "--polling-interval", "0.05", "--heartbeat-seconds", "0.2"];

const RECORDED = "Recorded: success. The station is over: do nothing more and end.\n";

/** A script that leaves a line in `starts` each time it starts, and goes on when `go` exists. */
function gatedScript(rig: RunnerRig): string {
  return `echo "$$" >> ${rig.root}/starts
    echo begun
    while [ ! -e ${rig.root}/go ]; do sleep 0.02; done
    echo work > work.txt && git add work.txt && git commit -qm work
    echo finished`;
}

async function starts(rig: RunnerRig): Promise<number> {
  const text = await Deno.readTextFile(join(rig.root, "starts")).catch(() => "");
  return text.split("\n").filter((line) => line !== "").length;
}

async function openGate(rig: RunnerRig): Promise<void> {
  await Deno.writeTextFile(join(rig.root, "go"), "");
}

async function kill(runner: RunnerProcess): Promise<void> {
  runner.signal("SIGKILL");
  await runner.status;
}

/** Starts the runner again and waits until nothing of the run is left. */
async function restartToTheEnd(
  rig: RunnerRig,
  jobId: string,
): Promise<{ run: FakeRun; runner: RunnerProcess }> {
  const runner = rig.startProcess(...ARGS);
  await rig.plane.until("the terminal report", () => rig.plane.runs.get(jobId)?.outcome != null);
  await runner.seen("clean", (event) => event.event === "run_phase" && event.phase === "cleaned");
  const run = rig.plane.runs.get(jobId)!;
  for (const report of run.terminalReports) assert.deepEqual(report, run.outcome);
  assert.deepEqual(rig.plane.violations, []);
  runner.signal("SIGTERM");
  assert.equal((await runner.status).code, 0);
  for (const dir of ["sandboxes", "runs", "processes", "hubs"]) {
    const left = await Array.fromAsync(Deno.readDir(join(rig.stateDir, dir))).catch(() => []);
    assert.deepEqual(left, [], `${dir} is empty`);
  }
  return { run, runner };
}

/** What holds the runner in a phase: resolves `reached` when it is there, and never lets it past. */
function holdCall(
  rig: RunnerRig,
  wanted: (method: string, path: string, body: Uint8Array) => boolean,
): Promise<void> {
  const reached = Promise.withResolvers<void>();
  rig.plane.intercept = (method, path, body) => {
    if (!wanted(method, path, body)) return null;
    reached.resolve();
    return new Promise<never>(() => {});
  };
  return reached.promise;
}

function isTerminal(body: Uint8Array): boolean {
  const text = new TextDecoder().decode(body);
  return text.includes('"jobResult":"success"') || text.includes('"jobResult":"failed"');
}

Deno.test("killed while its claim is unanswered, the runner claims again and runs the job once", async () => {
  await withRunnerRig(async (rig) => {
    const jobId = rig.addJob({ operatorConfig: { command: gatedScript(rig) } });
    await openGate(rig);
    const held = holdCall(rig, (_, path) => path.endsWith("/generate-jitconfig"));
    const first = rig.startProcess(...ARGS);
    await held;
    await kill(first);
    rig.plane.intercept = () => null;
    const { run } = await restartToTheEnd(rig, jobId);
    assert.equal(run.outcome?.error, null);
    assert.equal(await starts(rig), 1);
  });
});

Deno.test("killed after a claim that was made and not heard, the runner takes the same run", async () => {
  await withRunnerRig(async (rig) => {
    const jobId = rig.addJob({ operatorConfig: { command: gatedScript(rig) } });
    await openGate(rig);
    const first = rig.startProcess(...ARGS);
    await rig.plane.until("the claim", () => rig.plane.runs.has(jobId));
    await kill(first);
    const { runId } = rig.plane.runs.get(jobId)!;
    const { run } = await restartToTheEnd(rig, jobId);
    assert.equal(run.runId, runId);
    assert.equal(run.outcome?.error, null);
    assert.equal(await starts(rig), 1);
  });
});

Deno.test("killed while it prepares the worktree, the runner prepares it again and starts the agent once", async () => {
  await withRunnerRig(async (rig) => {
    const jobId = rig.addJob({ operatorConfig: { command: gatedScript(rig) } });
    await openGate(rig);
    const held = holdCall(rig, (_, path) => path.includes("/api/git/"));
    const first = rig.startProcess(...ARGS);
    await held;
    await kill(first);
    assert.equal(await starts(rig), 0);
    rig.plane.intercept = () => null;
    const { run } = await restartToTheEnd(rig, jobId);
    assert.equal(run.outcome?.error, null);
    assert.equal(await starts(rig), 1);
  });
});

Deno.test("killed while the agent runs, the runner adopts it: the hub answers again and no output is lost or doubled", async () => {
  await withRunnerRig(async (rig) => {
    const command = `${
      gatedScript(rig)
    }\ncurl -s -o /dev/null -w "hub %{http_code}\\n" "$AGENTICS_BASE_URL/operator/complete"
      complete_station success "across lives"`;
    const jobId = rig.addJob({ operatorConfig: { command } });
    const first = rig.startProcess(...ARGS);
    await rig.plane.until("output", () => rig.plane.outputOf(jobId).includes("begun"));
    await kill(first);
    const second = rig.startProcess(...ARGS);
    await second.seen("adoption", (event) => event.event === "run_resumed" && event.phase === "started");
    const beats = rig.plane.runs.get(jobId)!.inProgressReports;
    await rig.plane.until("a heartbeat", () => rig.plane.runs.get(jobId)!.inProgressReports > beats + 1);
    await openGate(rig);
    await second.seen("clean", (event) => event.phase === "cleaned");
    const run = rig.plane.runs.get(jobId)!;
    assert.equal(run.outcome?.error, null);
    assert.equal(run.terminalReports.length, 1);
    assert.equal(rig.plane.outputOf(jobId), "begun\nfinished\nhub 405\n" + RECORDED);
    assert.equal(run.outcome?.summary, "across lives");
    assert.equal(await starts(rig), 1);
    assert.deepEqual(rig.plane.violations, []);
  });
});

Deno.test("an agent that ended while no runner lived is reported with its own exit code", async () => {
  await withRunnerRig(async (rig) => {
    const jobId = rig.addJob({
      operatorConfig: { command: `${gatedScript(rig)}\ntouch ${rig.root}/ended; exit 5` },
    });
    const first = rig.startProcess(...ARGS);
    await rig.plane.until("output", () => rig.plane.outputOf(jobId).includes("begun"));
    await kill(first);
    await openGate(rig);
    await appeared(join(rig.root, "ended"));
    const { run } = await restartToTheEnd(rig, jobId);
    assert.deepEqual([run.outcome?.jobResult, run.outcome?.exitCode], ["failed", 5]);
    assert.equal(rig.plane.outputOf(jobId), "begun\nfinished\n");
    assert.equal(await starts(rig), 1);
  });
});

Deno.test("a conclusion that was taken before a kill stands afterwards, and a second one changes nothing", async () => {
  await withRunnerRig(async (rig) => {
    const jobId = rig.addJob({
      operatorConfig: {
        command: `complete_station success first; echo told; ${
          gatedScript(rig)
        }; complete_station failure second`,
      },
    });
    const first = rig.startProcess(...ARGS);
    await rig.plane.until("output", () => rig.plane.outputOf(jobId).includes("begun"));
    await kill(first);
    const second = rig.startProcess(...ARGS);
    await second.seen("adoption", (event) => event.event === "run_resumed" && event.phase === "started");
    await openGate(rig);
    await second.seen("clean", (event) => event.phase === "cleaned");
    const run = rig.plane.runs.get(jobId)!;
    assert.deepEqual([run.outcome?.jobResult, run.outcome?.summary], ["success", "first"]);
    assert.match(rig.plane.outputOf(jobId), /with success; that stands/);
  });
});

Deno.test("an agent whose container is gone is reported as lost and not started again", async () => {
  await withRunnerRig(async (rig) => {
    const jobId = rig.addJob({ operatorConfig: { command: gatedScript(rig) } });
    const first = rig.startProcess(...ARGS);
    await rig.plane.until("output", () => rig.plane.outputOf(jobId).includes("begun"));
    await kill(first);
    await openGate(rig);
    await removeProcesses(rig);
    const { run } = await restartToTheEnd(rig, jobId);
    assert.deepEqual([run.outcome?.jobResult, run.outcome?.exitCode, run.outcome?.error], [
      "failed",
      -1,
      "container lost",
    ]);
    assert.equal(await starts(rig), 1);
  });
});

Deno.test("killed while it pushes the work branch, the runner pushes it again", async () => {
  await withRunnerRig(async (rig) => {
    const jobId = rig.addJob({ operatorConfig: { command: gatedScript(rig) } });
    await openGate(rig);
    const held = holdCall(rig, (method, path) => method === "POST" && path.endsWith("/git-receive-pack"));
    const first = rig.startProcess(...ARGS);
    await held;
    await kill(first);
    rig.plane.intercept = () => null;
    const { run } = await restartToTheEnd(rig, jobId);
    const { taskId } = run.job.agentDefinition;
    assert.equal(run.outcome?.error, null);
    assert.equal(
      await rig.git(rig.plane.gitDirOf(taskId), "rev-parse", `work/task-${taskId}`),
      run.outcome?.headCommit,
    );
    assert.equal(await starts(rig), 1);
  });
});

Deno.test("killed before its report arrives, the runner sends it after the restart", async () => {
  await withRunnerRig(async (rig) => {
    const jobId = rig.addJob({ operatorConfig: { command: gatedScript(rig) } });
    await openGate(rig);
    const held = holdCall(rig, (_, __, body) => isTerminal(body));
    const first = rig.startProcess(...ARGS);
    await held;
    await kill(first);
    rig.plane.intercept = () => null;
    const { run } = await restartToTheEnd(rig, jobId);
    assert.equal(run.terminalReports.length, 1);
    assert.equal(run.outcome?.error, null);
    assert.equal(await starts(rig), 1);
  });
});

Deno.test("killed right after its report was taken, the runner says the same again and cleans up", async () => {
  await withRunnerRig(async (rig) => {
    const jobId = rig.addJob({ operatorConfig: { command: gatedScript(rig) } });
    await openGate(rig);
    const first = rig.startProcess(...ARGS);
    await rig.plane.until("the report", () => rig.plane.runs.get(jobId)?.outcome != null);
    await kill(first);
    const { run } = await restartToTheEnd(rig, jobId);
    assert.equal(run.outcome?.error, null);
    assert.equal(await starts(rig), 1);
  });
});

Deno.test("a run whose lease went to somebody else meanwhile is ended and dropped without a report", async () => {
  await withRunnerRig(async (rig) => {
    const jobId = rig.addJob({ operatorConfig: { command: gatedScript(rig) } });
    const first = rig.startProcess(...ARGS);
    await rig.plane.until("output", () => rig.plane.outputOf(jobId).includes("begun"));
    await kill(first);
    rig.plane.takeLease(jobId);
    const second = rig.startProcess(...ARGS);
    await second.seen("clean", (event) => event.phase === "cleaned");
    assert.deepEqual(rig.plane.runs.get(jobId)!.terminalReports, []);
    assert.equal(await starts(rig), 1);
    assert.ok(!(await Deno.stat(join(rig.root, "go")).then(() => true, () => false)));
  });
});

Deno.test("a runner that ends after one job ends after the one that it goes on with, and takes no other", async () => {
  await withRunnerRig(async (rig) => {
    const jobId = rig.addJob({ operatorConfig: { command: gatedScript(rig) } });
    const first = rig.startProcess(...ARGS);
    await rig.plane.until("output", () => rig.plane.outputOf(jobId).includes("begun"));
    await kill(first);
    const otherId = rig.addJob({ operatorConfig: { command: "true" } });
    const second = rig.startProcess(...ARGS, "--once");
    await openGate(rig);
    assert.equal((await second.status).code, 0);
    assert.equal(rig.plane.runs.get(jobId)!.outcome?.error, null);
    assert.ok(!rig.plane.runs.has(otherId));
    const third = rig.startProcess(...ARGS, "--once");
    assert.equal((await third.status).code, 0);
    assert.ok(rig.plane.runs.has(otherId), "without one of before it looks for one");
  });
});

for (const phase of ["prepared", "created", "started", "exited", "harvested", "pushed", "reported"]) {
  Deno.test(`killed as soon as '${phase}' is journalled, the agent starts once and one outcome is reported`, async () => {
    await withRunnerRig(async (rig) => {
      const jobId = rig.addJob({ operatorConfig: { command: gatedScript(rig) } });
      await openGate(rig);
      const first = rig.startProcess(...ARGS);
      await first.seen(phase, (event) => event.event === "run_phase" && event.phase === phase);
      await kill(first);
      // It may have got further than the phase, even to its end, before the signal arrived.
      if (
        rig.plane.runs.get(jobId)?.outcome == null || !first.events.some((event) => event.phase === "cleaned")
      ) {
        await restartToTheEnd(rig, jobId);
      }
      assert.equal(rig.plane.runs.get(jobId)!.outcome?.error, null);
      assert.equal(await starts(rig), 1);
    });
  });
}

/** Waits for a file that a process of the test makes. */
async function appeared(path: string): Promise<void> {
  const untilMs = Date.now() + 20_000;
  for (;;) {
    if (await Deno.stat(path).then(() => true, () => false)) return;
    if (Date.now() > untilMs) throw new Error(`Cannot go on as ${path} must appear: it did not`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Ends the agents of the process driver and takes away its directory, as a reboot with a fresh /run would. */
async function removeProcesses(rig: RunnerRig): Promise<void> {
  const dir = join(rig.stateDir, "processes");
  for await (const entry of Deno.readDir(dir)) {
    const pid = Number.parseInt(await Deno.readTextFile(join(dir, entry.name, "started")));
    Deno.kill(-pid, "SIGKILL");
    await Deno.remove(join(dir, entry.name), { recursive: true });
  }
}
