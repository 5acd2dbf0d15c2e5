/**
 * The real program, killed with SIGKILL again and again after a random number of its calls: whatever the moments are, each
 * job starts once and the control plane hears one outcome and the whole output (R1).
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type RunnerRig, withRunnerRig } from "../fake/runner_rig.ts";
import { createRandom } from "../fake/random.ts";

const ARGS = ["--runtime", "process", "--polling-interval", "0.05", "--heartbeat-seconds", "0.2"];
const RANDOM_KILL_JOBS = 4;
const RANDOM_KILL_LIVES_MAX = 60;
/** A job makes about twenty: heartbeats, output, git and the report. */
const RANDOM_KILL_CALLS_MAX = 14;

Deno.test("killed again and again after a random number of its calls, the runner still does each job once", async () => {
  await withRunnerRig(async (rig) => {
    const jobIds = Array.from({ length: RANDOM_KILL_JOBS }, () =>
      rig.addJob({
        operatorConfig: {
          command: `echo "$AGENTICS_JOB_ID" >> ${rig.root}/starts
            for i in 1 2 3 4 5; do echo line $i; sleep 0.05; done
            git commit -q --allow-empty -m work`,
        },
      }));
    const isDone = () => jobIds.every((jobId) => rig.plane.runs.get(jobId)?.outcome != null);
    const random = createRandom(20_261_121);
    let calls = 0;
    rig.plane.intercept = () => {
      calls++;
      return null;
    };
    for (let lives = 0; !isDone(); lives++) {
      assert.ok(lives < RANDOM_KILL_LIVES_MAX, "it gets on");
      const runner = rig.startProcess(...ARGS);
      const lastCall = calls + 1 + Math.floor(random() * RANDOM_KILL_CALLS_MAX);
      await rig.plane.until("so many calls", () => calls >= lastCall || isDone());
      runner.signal("SIGKILL");
      await runner.status;
    }
    rig.plane.intercept = () => null;
    await restartToTheEnd(rig, jobIds);
    const started = (await Deno.readTextFile(join(rig.root, "starts"))).trim().split("\n");
    assert.deepEqual(started.toSorted(), jobIds.toSorted());
    for (const jobId of jobIds) {
      assert.equal(rig.plane.outputOf(jobId), "line 1\nline 2\nline 3\nline 4\nline 5\n");
      assert.equal(rig.plane.runs.get(jobId)!.outcome?.error, null);
    }
  });
});

/** The last life: nothing is left to do but, perhaps, to clean up. */
async function restartToTheEnd(rig: RunnerRig, jobIds: readonly string[]): Promise<void> {
  const polls = rig.plane.polls.length;
  const runner = rig.startProcess(...ARGS);
  await rig.plane.until("a poll for new work", () => rig.plane.polls.length > polls);
  runner.signal("SIGTERM");
  assert.equal((await runner.status).code, 0);
  for (const jobId of jobIds) {
    const { terminalReports, outcome } = rig.plane.runs.get(jobId)!;
    for (const report of terminalReports) assert.deepEqual(report, outcome);
  }
  assert.deepEqual(rig.plane.violations, []);
  for (const dir of ["sandboxes", "runs", "processes"]) {
    assert.deepEqual(await Array.fromAsync(Deno.readDir(join(rig.stateDir, dir))), [], `${dir} is empty`);
  }
}
