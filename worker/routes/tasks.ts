/** Task cards in, tasks out (Line 3, row 5; Line 4). `stages` and `assembly-lines` are one path (pick A2). */
import { type Context, Hono } from "hono";
import { streamInput } from "../../protocol/line/runner.ts";
import { cancelInput, moveInput, retryInput, taskCard, taskListQuery } from "../../protocol/line/task.ts";
import type { AppEnv } from "../app_env.ts";
import { answer } from "./answer.ts";
import { baseUrlOf, readBody, readQuery } from "./input.ts";

const PROJECT = "/api/owners/:owner/projects/:project";
const OF_LINE = [`${PROJECT}/stages/:lineId/tasks`, `${PROJECT}/assembly-lines/:lineId/tasks`];
const TASKS = `${PROJECT}/tasks`;
const TASK = [`${TASKS}/:taskId`, ...OF_LINE.map((path) => `${path}/:taskId`)];

export function createTaskRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();

  app.on("POST", OF_LINE, async (c) => {
    const card = await readBody(c, taskCard);
    if (!card.ok) return card.error;
    const input = { lineId: c.req.param("lineId") ?? "", card: card.value, baseUrl: baseUrlOf(c) };
    return answer(await c.var.queue.submitTask(c.var.caller, input), 201);
  });
  app.on("GET", [TASKS, ...OF_LINE], async (c) => {
    const query = readQuery(c, taskListQuery);
    if (!query.ok) return query.error;
    const { lineId } = lineOf(c);
    const input = { ...query.value, ...(lineId === undefined ? {} : { line: lineId as never }) };
    return answer(await c.var.queue.listTasks(c.var.caller, { ...input, baseUrl: baseUrlOf(c) }));
  });
  app.on("GET", TASK, async (c) => {
    const input = { taskId: c.req.param("taskId") ?? "", ...lineOf(c), baseUrl: baseUrlOf(c) };
    return answer(await c.var.queue.readTask(c.var.caller, input));
  });
  app.on("POST", TASK.map((path) => `${path}/streams`), async (c) => {
    const body = await readBody(c, streamInput);
    if (!body.ok) return body.error;
    const { sessionId, broadcastId = null } = body.value;
    const input = { taskId: c.req.param("taskId") ?? "", ...lineOf(c), sessionId, broadcastId };
    return answer(await c.var.queue.linkStream(c.var.caller, { ...input, baseUrl: baseUrlOf(c) }));
  });
  app.post(`${TASKS}/:taskId/cancel`, async (c) => {
    const body = await readBody(c, cancelInput.prefault({}));
    if (!body.ok) return body.error;
    const input = { ...body.value, taskId: c.req.param("taskId"), baseUrl: baseUrlOf(c) };
    return answer(await c.var.queue.cancelTask(c.var.caller, input));
  });
  app.post(`${TASKS}/:taskId/retry`, async (c) => {
    const body = await readBody(c, retryInput.prefault({}));
    if (!body.ok) return body.error;
    const input = { ...body.value, taskId: c.req.param("taskId"), baseUrl: baseUrlOf(c) };
    return answer(await c.var.queue.retryTask(c.var.caller, input));
  });
  app.post(`${TASKS}/:taskId/move`, async (c) => {
    const body = await readBody(c, moveInput);
    if (!body.ok) return body.error;
    const input = { ...body.value, taskId: c.req.param("taskId"), baseUrl: baseUrlOf(c) };
    return answer(await c.var.queue.moveTask(c.var.caller, input));
  });
  return app;
}

/** The line that the path names, if it does. */
function lineOf(c: Context<AppEnv>): { readonly lineId?: string } {
  const lineId = c.req.param("lineId");
  return lineId === undefined ? {} : { lineId };
}
