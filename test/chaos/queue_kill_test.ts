/**
 * A crash: SIGKILL to workerd right after answers came. What was answered is there when it starts again on the same data:
 * tasks, claims with their epochs, reports, and the tokens of runs.
 */
import assert from "node:assert/strict";
import { freePort } from "../../tools/local/ports.ts";
import { type ControlPlane, startControlPlane } from "../../tools/local/control_plane.ts";
import { ADMIN_TOKEN } from "../fake/plane.ts";
import { station } from "../worker/work_fixture.ts";

const PROJECT = "/api/owners/o/projects/p";
const RUNNERS = 8;
const ROUNDS = 3;
const JOBS_PER_ROUND = 40;

Deno.test({
  name: "what was answered survives a crash of the control plane",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const dataDir = await Deno.makeTempDir();
    const options = { port: await freePort(), dataDir, historyUrl: "", adminToken: ADMIN_TOKEN };
    let plane: ControlPlane = await startControlPlane(options);
    try {
      const line = { name: "L", stations: [station("make")] };
      await must(200, "PUT", "/assembly-lines/line", ADMIN_TOKEN, line);
      const runners = await Promise.all(
        Array.from(
          { length: RUNNERS },
          (_, n) => must(201, "POST", "/runners/register", ADMIN_TOKEN, { name: `r${n}` }),
        ),
      );
      /** What was answered, by task. */
      const answered = new Map<string, { status: string; epoch: number; jobToken?: string }>();
      for (let round = 0; round < ROUNDS; round++) {
        let left = JOBS_PER_ROUND;
        const work = runners.map(async (runner) => {
          while (left-- > 0) {
            const { id } = await must(201, "POST", "/stages/line/tasks", ADMIN_TOKEN, { title: "t" });
            if (!answered.has(id)) answered.set(id, { status: "queued", epoch: 0 });
            const { jobs: [job] } = await must(200, "POST", "/runners/jobs", runner.token, {});
            const taskId = job.agentDefinition.taskId;
            answered.set(taskId, { status: "claimed", epoch: job.leaseEpoch, jobToken: job.jobToken });
            if (left % 5 === 0) return;
            await must(200, "PATCH", `/runners/${runner.id}`, runner.token, {
              jobResult: "success",
              exitCode: 0,
            });
            answered.set(taskId, { status: "completed", epoch: job.leaseEpoch });
          }
        });
        await Promise.all(work);
        await plane.kill9();
        plane = await startControlPlane(options);
        for (const [taskId, was] of answered) {
          const task = await must(200, "GET", `/tasks/${taskId}`, ADMIN_TOKEN);
          assert.deepEqual([task.status, task.history[0].runs], [was.status, was.epoch], taskId);
          if (was.jobToken !== undefined) await must(200, "GET", `/tasks/${taskId}`, was.jobToken);
        }
        for (const runner of runners) {
          await call("PATCH", `/runners/${runner.id}`, runner.token, { jobResult: "success", exitCode: 0 });
        }
        for (const was of answered.values()) {
          if (was.status !== "claimed") continue;
          was.status = "completed";
          delete was.jobToken;
        }
      }
      assert.ok(answered.size >= ROUNDS * RUNNERS, `expected many tasks, came ${answered.size}`);
    } finally {
      await plane.stop();
      await Deno.remove(dataDir, { recursive: true });
    }

    function call(method: string, path: string, token: string, body?: object): Promise<Response> {
      return fetch(`${plane.url}${PROJECT}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    }

    async function must(
      status: number,
      method: string,
      path: string,
      token: string,
      body?: object,
      // deno-lint-ignore no-explicit-any -- answers of every shape
    ): Promise<any> {
      const response = await call(method, path, token, body);
      const text = await response.text();
      assert.equal(response.status, status, `${method} ${path}: ${text}`);
      return text === "" ? null : JSON.parse(text);
    }
  },
});
