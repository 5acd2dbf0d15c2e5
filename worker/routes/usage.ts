/**
 * What runs use of their machines: in from runners, out to readers. It goes to the task's log past the queue's state: the
 * queue is only asked whose run it is, which changes nothing there (`protocol/line/usage.ts`).
 */
import { Hono } from "hono";
import { z } from "zod";
import { err } from "../../protocol/result.ts";
import { usageAnswer, usageInput } from "../../protocol/line/usage.ts";
import type { AppEnv } from "../app_env.ts";
import { refusal, refusalResponse } from "../errors.ts";
import { taskLog } from "../stubs/task_log.ts";
import { answer } from "./answer.ts";
import { readBody } from "./input.ts";
import { type Operation, PROJECT_PATH } from "./operation.ts";

/** `POST .../runs/{runId}/jobs/{jobId}/usage`, `GET .../runs/{runId}/usage`. */
export function createUsageRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const project = "/api/owners/:owner/projects/:project";

  app.post(`${project}/runs/:runId/jobs/:jobId/usage`, async (c) => {
    const { runId, jobId } = c.req.param();
    const [runner, run] = await Promise.all([
      c.var.queue.authorizeRunner(c.var.caller),
      c.var.queue.readRun(c.var.caller, runId),
    ]);
    if (!runner.ok) return answer(runner);
    if (!run.ok) return answer(run);
    if (run.value.jobId !== jobId) return answer(err({ reason: "not_found", what: "job", id: jobId }));
    if (run.value.runnerId !== runner.value.runnerId) {
      const message = "Cannot take this run's usage as it must come from the runner that holds it";
      return refusalResponse(refusal(403, "not_your_run", message));
    }
    const body = await readBody(c, usageInput);
    if (!body.ok) return body.error;
    const { owner, project } = c.var.at;
    await taskLog(c.env, owner, project, run.value.taskId).recordUsage(runId, body.value);
    return c.json({ ok: true });
  });

  app.get(`${project}/runs/:runId/usage`, async (c) => {
    const runId = c.req.param("runId");
    const run = await c.var.queue.readRun(c.var.caller, runId);
    if (!run.ok) return answer(run);
    const { owner, project } = c.var.at;
    const usage = await taskLog(c.env, owner, project, run.value.taskId).usage(runId);
    return c.json(usage ?? { sandbox: null, points: [] });
  });
  return app;
}

export const USAGE_OPERATIONS: readonly Operation[] = [
  {
    tag: "Runners at work",
    method: "post",
    paths: [`${PROJECT_PATH}/runs/:runId/jobs/:jobId/usage`],
    tokens: ["runner"],
    summary: "Tell what a run uses of its machine",
    description:
      "A few looks at its sandbox at once, each minute or so. At most 120 of a run are kept, thinned.",
    body: usageInput,
    answers: { 200: z.object({ ok: z.literal(true) }) },
    refusals: ["403 not_your_run", "404 run_not_found", "404 job_not_found"],
  },
  {
    tag: "Jobs",
    method: "get",
    paths: [`${PROJECT_PATH}/runs/:runId/usage`],
    tokens: ["user", "runner", "job"],
    scope: "tasks:read",
    summary: "Read what a run used",
    answers: { 200: usageAnswer },
    refusals: ["404 run_not_found"],
  },
];
