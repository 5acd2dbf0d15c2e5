/** The demo's line with the Worker killed -9 at each station boundary, the runner killed -9, the history down. */
import assert from "node:assert/strict";
import { createClient } from "@libsql/client";
import { runCommand } from "../../tools/setup/run_command.ts";
import { openStage, type Stage } from "./stage.ts";

const STATION_MS = 60_000;
const CARD = { title: "Tidy up", description: "Format everything." };

async function submit(stage: Stage): Promise<string> {
  return (await stage.api.submit("tidy", CARD)).id;
}

async function approve(stage: Stage, taskId: string): Promise<void> {
  const task = await stage.until(
    taskId,
    STATION_MS,
    (t) => t.status === "awaiting_review" || t.status === "failed",
  );
  assert.equal(task.status, "awaiting_review", task.rejectionReason ?? "");
  await stage.api.decide(task, "approve", "");
}

/** How often each station's script has begun, as its output tells (R1: no run is started twice). */
async function starts(stage: Stage, taskId: string): Promise<number[]> {
  const { baseUrl, owner, project } = stage.api;
  const answer = await fetch(`${baseUrl}/api/owners/${owner}/projects/${project}/tasks/${taskId}/log`, {
    headers: { authorization: `Bearer ${stage.plane.adminToken}` },
  });
  const text = await answer.text();
  return [/^Formatting /gm, /^Testing /gm, /^Delivered /gm].map((first) => [...text.matchAll(first)].length);
}

async function originHead(stage: Stage, taskId: string): Promise<string> {
  const found = await runCommand("git", ["-C", stage.originDir, "rev-parse", `refs/heads/task-${taskId}`]);
  return found.stdout.trim();
}

const options = { sanitizeOps: false, sanitizeResources: false };

Deno.test({
  name: "a task completes with one run per station when the Worker is killed -9 at each station boundary",
  ...options,
  fn: async () => {
    await using stage = await openStage({ runnerCount: 1 });
    const taskId = await submit(stage);
    async function killAndRestart() {
      await stage.plane.kill9();
      await stage.plane.restart();
    }
    await killAndRestart();
    for (const [index, station] of ["format", "check"].entries()) {
      await stage.until(taskId, STATION_MS, (t) => t.history[index]?.startedAt != null);
      await killAndRestart();
      const after = await stage.until(taskId, STATION_MS, (t) => t.history[index]?.outcome != null);
      assert.equal(after.history[index]?.stationId, station);
      await killAndRestart();
    }
    await approve(stage, taskId);
    await killAndRestart();
    const task = await stage.until(
      taskId,
      STATION_MS,
      (t) => t.status === "completed" || t.status === "failed",
    );
    await killAndRestart();
    const again = await stage.until(taskId, STATION_MS, () => true);
    assert.deepEqual(again, task, "a restart changes nothing");
    assert.equal(task.status, "completed", task.rejectionReason ?? "");
    assert.deepEqual(task.history.map((h) => [h.stationId, h.attempt, h.runs, h.outcome]), [
      ["format", 1, 1, "success"],
      ["check", 1, 1, "success"],
      ["deliver", 1, 1, "success"],
    ]);
    assert.deepEqual(await starts(stage, taskId), [1, 1, 1]);
    assert.equal(await originHead(stage, taskId), task.history[2]?.headCommit);
  },
});

Deno.test({
  name: "a task completes with one run per station when its runner is killed -9 during each station",
  ...options,
  fn: async () => {
    await using stage = await openStage({ runnerCount: 1 });
    const taskId = await submit(stage);
    async function killDuring(index: number) {
      await stage.until(taskId, STATION_MS, (t) => t.history[index]?.startedAt != null);
      await stage.runners[0]!.kill9();
      stage.restartRunner(0);
    }
    await killDuring(0);
    await killDuring(1);
    await approve(stage, taskId);
    await killDuring(2);
    const task = await stage.until(
      taskId,
      STATION_MS,
      (t) => t.status === "completed" || t.status === "failed",
    );
    assert.equal(task.status, "completed", task.rejectionReason ?? "");
    assert.deepEqual(task.history.map((h) => [h.stationId, h.runs, h.outcome]), [
      ["format", 1, "success"],
      ["check", 1, "success"],
      ["deliver", 1, "success"],
    ]);
    assert.deepEqual(await starts(stage, taskId), [1, 1, 1]);
  },
});

Deno.test({
  name: "a task completes while the history is down, and the history is complete after it is back",
  ...options,
  fn: async () => {
    await using stage = await openStage({ runnerCount: 2 });
    await stage.plane.history.kill9();
    const taskId = await submit(stage);
    await approve(stage, taskId);
    const task = await stage.until(
      taskId,
      STATION_MS,
      (t) => t.status === "completed" || t.status === "failed",
    );
    assert.equal(task.status, "completed", task.rejectionReason ?? "");
    const history = await stage.plane.restartHistory();
    const client = createClient({ url: history.url, authToken: history.authToken });
    try {
      const counts = async () => {
        const one = async (sql: string) =>
          Number((await client.execute({ sql, args: [taskId] })).rows[0]?.[0] ?? 0);
        return {
          completed: await one("select count(*) from tasks where task_id = ? and status = 'completed'"),
          jobs: await one("select count(*) from jobs where task_id = ? and status = 'finished'"),
          runs: await one("select count(*) from runs where task_id = ? and status = 'finished'"),
          gates: await one("select count(*) from gates where task_id = ? and state = 'resolved'"),
          submitted: await one("select count(*) from audit where task_id = ? and action = 'task_submitted'"),
          approved: await one("select count(*) from audit where task_id = ? and action = 'gate_approve'"),
        };
      };
      const complete = { completed: 1, jobs: 3, runs: 3, gates: 1, submitted: 1, approved: 1 };
      const deadlineMs = Date.now() + STATION_MS;
      let seen = await counts();
      while (JSON.stringify(seen) !== JSON.stringify(complete) && Date.now() < deadlineMs) {
        await new Promise((resolve) => setTimeout(resolve, 200));
        seen = await counts();
      }
      assert.deepEqual(seen, complete);
    } finally {
      client.close();
    }
  },
});
