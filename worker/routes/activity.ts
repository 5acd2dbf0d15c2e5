/** What a task's agents did (Runtime 3.7): in from runners, out to people, a page at a time. */
import { Hono } from "hono";
import {
  activityPage,
  activityQuery,
  agentEventsAnswer,
  agentEventsInput,
} from "../../protocol/agent/events.ts";
import type { AppEnv } from "../app_env.ts";
import { agentNews } from "../domain/agent_wait.ts";
import { taskLog } from "../stubs/task_log.ts";
import { answer } from "./answer.ts";
import { readBody, readQuery } from "./input.ts";
import { type Operation, PROJECT_PATH } from "./operation.ts";

const IN = `${PROJECT_PATH}/runs/:runId/jobs/:jobId/events`;
const OUT = `${PROJECT_PATH}/tasks/:taskId/events`;

export function createActivityRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();

  app.post(IN, async (c) => {
    const body = await readBody(c, agentEventsInput);
    if (!body.ok) return body.error;
    const { runId, jobId } = c.req.param();
    const { events, leaseEpoch = null } = body.value;
    const news = agentNews(events);
    const admitted = await c.var.queue.admitLog(c.var.caller, { runId, jobId, leaseEpoch, news });
    if (!admitted.ok) return answer(admitted);
    const { taskId, stationId, cancel } = admitted.value;
    const { owner, project } = c.var.at;
    const nextSequence = await taskLog(c.env, owner, project, taskId).addActivity(runId, stationId, events);
    return c.json({ nextSequence, cancel });
  });

  app.get(OUT, async (c) => {
    const query = readQuery(c, activityQuery);
    if (!query.ok) return query.error;
    const task = await c.var.queue.authorizeTask(c.var.caller, c.req.param("taskId"));
    if (!task.ok) return answer(task);
    const { limit, cursor, runId = null } = query.value;
    const { owner, project } = c.var.at;
    const log = taskLog(c.env, owner, project, task.value.taskId);
    const found = await log.activity(Number(cursor ?? "0"), limit + 1, runId);
    const nextCursor = found.length > limit ? String(found[limit]!.id) : null;
    return c.json({ events: found.slice(0, limit), nextCursor });
  });
  return app;
}

export const ACTIVITY_OPERATIONS: readonly Operation[] = [
  {
    tag: "Runners at work",
    method: "post",
    paths: [IN],
    summary: "Send what a run's agent did",
    description: "A sign of life and of activity. What is known already, by its sequence, is dropped.",
    tokens: ["runner"],
    body: agentEventsInput,
    answers: { 200: agentEventsAnswer },
    refusals: ["403 not_your_runner", "404 run_not_found", "404 job_not_found", "409 stale_lease"],
  },
  {
    tag: "Output and timeline",
    method: "get",
    paths: [OUT],
    summary: "Read what a task's agents did",
    description: "In the order of arrival. `dropped` stands for older entries that were more than is kept.",
    tokens: ["user", "runner", "job"],
    scope: "tasks:read",
    query: activityQuery,
    answers: { 200: activityPage },
    refusals: ["404 task_not_found"],
  },
];
