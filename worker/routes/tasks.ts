/** Task cards in, tasks out (Line 3, row 5). `stages` and `assembly-lines` are one path (pick A2). */
import { Hono } from "hono";
import { z } from "zod";
import { reason } from "../../protocol/line/fields.ts";
import { taskCard } from "../../protocol/line/task.ts";
import type { AppEnv } from "../app_env.ts";
import { answer } from "./answer.ts";
import { baseUrlOf, readBody } from "./input.ts";

const cancelInput = z.strictObject({ reason: reason.default("") }).default({ reason: "" });

export function createTaskRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const project = "/api/owners/:owner/projects/:project";

  app.on(
    "POST",
    [`${project}/stages/:lineId/tasks`, `${project}/assembly-lines/:lineId/tasks`],
    async (c) => {
      const card = await readBody(c, taskCard);
      if (!card.ok) return card.error;
      const input = { lineId: c.req.param("lineId") ?? "", card: card.value, baseUrl: baseUrlOf(c) };
      return answer(await c.var.queue.submitTask(c.var.caller, input), 201);
    },
  );
  app.get(`${project}/tasks/:taskId`, async (c) => {
    return answer(
      await c.var.queue.readTask(c.var.caller, { taskId: c.req.param("taskId"), baseUrl: baseUrlOf(c) }),
    );
  });
  app.post(`${project}/tasks/:taskId/cancel`, async (c) => {
    const body = await readBody(c, cancelInput);
    if (!body.ok) return body.error;
    const input = { taskId: c.req.param("taskId"), reason: body.value.reason, baseUrl: baseUrlOf(c) };
    return answer(await c.var.queue.cancelTask(c.var.caller, input));
  });
  return app;
}
