/** A run that a person wants deleted: what goes, what stays, and that a runner that was killed in between goes on with it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { AgentCommandError } from "../../runner-agent/job/control_client.ts";
import {
  deleteLeftovers,
  type DeleteWish,
  keptHomesDir,
  writeDeletion,
} from "../../runner-agent/job/deletion.ts";
import { withRunnerRig } from "../fake/runner_rig.ts";

const ARGS = ["--runtime", "process", "--polling-interval", "0.05", "--heartbeat-seconds", "0.2"];
const WISH: DeleteWish = { branch: false, home: false, stop: false };
const SCRIPT = `echo mine > "$HOME/mine"; git config user.email a@b.c; git config user.name a
  echo work > work.txt; git add work.txt; git commit -qm work; echo begun; sleep 60`;

/** A run whose runner is killed as soon as the wish is written, and started again. */
async function deleted(wish: DeleteWish) {
  let seen: { outcome: unknown; refs: string; home: string | null } | null = null;
  await withRunnerRig(async (rig) => {
    const jobId = rig.addJob({ autoGit: true, initBranch: true, operatorConfig: { command: SCRIPT } });
    const first = rig.startProcess(...ARGS);
    await rig.plane.until("output", () => rig.plane.outputOf(jobId).includes("begun"));
    const runId = rig.plane.runs.get(jobId)!.runId;
    await assert.rejects(deleteLeftovers(rig.dataDir, runId, WISH), AgentCommandError);
    await writeDeletion(join(rig.stateDir, "sandboxes", runId), wish);
    first.signal("SIGKILL");
    await first.status;
    const second = rig.startProcess(...ARGS);
    await second.seen("clean", (event) => event.phase === "cleaned");
    second.signal("SIGTERM");
    await second.status;
    const { taskId } = rig.plane.runs.get(jobId)!.job.agentDefinition;
    const { jobResult, error } = rig.plane.runs.get(jobId)!.outcome!;
    const home = join(keptHomesDir(rig.stateDir), runId);
    seen = {
      outcome: [jobResult, error],
      refs: await rig.git(rig.plane.gitDirOf(taskId), "for-each-ref", "--format=%(refname)"),
      home: await Deno.readTextFile(join(home, "mine")).catch(() => null),
    };
    if (seen.home === null) return;
    assert.match(await deleteLeftovers(rig.dataDir, runId.slice(0, 20), WISH), /its home is kept at /);
    assert.equal(await deleteLeftovers(rig.dataDir, runId, { ...WISH, home: true }), "its home is removed");
    assert.equal(
      await deleteLeftovers(rig.dataDir, runId, { ...WISH, home: true }),
      "nothing of this run is here",
    );
  });
  return seen!;
}

const FAILED = ["failed", "deleted by a person at the runner's machine"];

Deno.test("a run that is deleted ends, with its work pushed and its home kept", async () => {
  const { outcome, refs, home } = await deleted(WISH);
  assert.deepEqual(outcome, FAILED);
  assert.match(refs, /refs\/heads\/work\/task-/);
  assert.equal(home, "mine\n");
});

Deno.test("a run that is deleted with its branch and its home leaves neither", async () => {
  const { outcome, refs, home } = await deleted({ ...WISH, branch: true, home: true });
  assert.deepEqual(outcome, FAILED);
  assert.doesNotMatch(refs, /refs\/heads\/work\/task-/);
  assert.equal(home, null);
});
