/** Task cards in, tasks out (Line 3, row 5). `stages` and `assembly-lines` are one path (pick A2). */
import { Hono } from "hono";
import { z } from "zod";
import { reason } from "../../protocol/line/fields.ts";
import { taskCard } from "../../protocol/line/task.ts";
import type { AppEnv } from "../app_env.ts";
import { jobQueue } from "../stubs/job_queue.ts";
import { answer } from "./answer.ts";
import { baseUrlOf, projectOf, readBody } from "./input.ts";

const cancelInput = z.strictObject({ reason: reason.default("") }).default({ reason: "" });

export function createTaskRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const project = "/api/owners/:owner/projects/:project";

  app.on(
    "POST",
    [`${project}/stages/:lineId/tasks`, `${project}/assembly-lines/:lineId/tasks`],
    async (c) => {
      const at = projectOf(c);
      if (!at.ok) return at.error;
      const card = await readBody(c, taskCard);
      if (!card.ok) return card.error;
      const queue = jobQueue(c.env, at.value.owner, at.value.project);
      const input = { lineId: c.req.param("lineId") ?? "", card: card.value, baseUrl: baseUrlOf(c) };
      return answer(await queue.submitTask(c.var.caller, input), 201);
    },
  );
  app.get(`${project}/tasks/:taskId`, async (c) => {
    const at = projectOf(c);
    if (!at.ok) return at.error;
    const queue = jobQueue(c.env, at.value.owner, at.value.project);
    return answer(
      await queue.readTask(c.var.caller, { taskId: c.req.param("taskId"), baseUrl: baseUrlOf(c) }),
    );
  });
  app.post(`${project}/tasks/:taskId/cancel`, async (c) => {
    const at = projectOf(c);
    if (!at.ok) return at.error;
    const body = await readBody(c, cancelInput);
    if (!body.ok) return body.error;
    const queue = jobQueue(c.env, at.value.owner, at.value.project);
    const input = { taskId: c.req.param("taskId"), reason: body.value.reason, baseUrl: baseUrlOf(c) };
    return answer(await queue.cancelTask(c.var.caller, input));
  });
  return app;
}
