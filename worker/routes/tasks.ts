/** Task cards in, tasks out (Line 3, row 5; Line 4). `stages` and `assembly-lines` are one path (pick A2). */
import { type Context, Hono } from "hono";
import { streamInput } from "../../protocol/line/runner.ts";
import { cancelInput, moveInput, retryInput, taskCard, taskListQuery } from "../../protocol/line/task.ts";
import { readTraceparent } from "../../protocol/line/trace.ts";
import type { AppEnv } from "../app_env.ts";
import { quickCard } from "../domain/quick_card.ts";
import { liveSession } from "../stubs/live_session.ts";
import { answer, answerJson } from "./answer.ts";
import { baseUrlOf, readBody, readQuery } from "./input.ts";
import { taskAnswer, taskPageAnswer } from "../../protocol/line/answers.ts";
import { type Operation, PROJECT_PATH } from "./operation.ts";

const OF_LINE = [`${PROJECT_PATH}/stages/:lineId/tasks`, `${PROJECT_PATH}/assembly-lines/:lineId/tasks`];
const TASKS = `${PROJECT_PATH}/tasks`;
const TASK = [`${TASKS}/:taskId`, ...OF_LINE.map((path) => `${path}/:taskId`)];

export function createTaskRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();

  app.on("POST", OF_LINE, async (c) => {
    const card = await readBody(c, taskCard, quickCard);
    if (!card.ok) return card.error;
    const traceparent = readTraceparent(c.req.header("traceparent"));
    const lineId = c.req.param("lineId") ?? "";
    const input = { lineId, card: card.value, baseUrl: baseUrlOf(c), traceparent };
    return answerJson(await c.get("queue").submitTask(c.get("caller"), input), 201);
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
    return answer(await c.get("queue").readTask(c.get("caller"), input));
  });
  app.on("POST", TASK.map((path) => `${path}/streams`), async (c) => {
    const body = await readBody(c, streamInput);
    if (!body.ok) return body.error;
    const { sessionId, broadcastId = null } = body.value;
    const input = { taskId: c.req.param("taskId") ?? "", ...lineOf(c), sessionId, broadcastId };
    const linked = await c.var.queue.linkStream(c.var.caller, { ...input, baseUrl: baseUrlOf(c) });
    if (linked.ok) {
      const home = { ...c.var.at, taskId: linked.value.id, broadcastId };
      // Another project's session stays that: the card names it, and nothing is heard of it here.
      await liveSession(c.env, sessionId).bind(home);
    }
    return answer(linked);
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

const READERS = ["user", "runner"] as const;
const WRITERS = { tag: "Tasks", method: "post", tokens: ["user"] } as const;
const UNKNOWN_TASK = ["404 task_not_found"];

export const TASK_OPERATIONS: readonly Operation[] = [
  {
    ...WRITERS,
    paths: OF_LINE,
    summary: "Submit a task card",
    description:
      "Without the scope `runs:dispatch` the task waits at its station until somebody who has it retries or moves it. A header `traceparent` goes on to all its jobs; without one the task is a trace of its own.",
    scope: "tasks:write",
    body: taskCard,
    answers: { 201: taskAnswer },
    refusals: ["400 unknown_station", "404 line_not_found"],
  },
  {
    tag: "Tasks",
    method: "get",
    paths: [TASKS, ...OF_LINE],
    summary: "List living tasks, newest first",
    description: "Out of the queue's memory. Tasks that ended are in the history: `endedTasksUrl`.",
    tokens: READERS,
    scope: "tasks:read",
    query: taskListQuery,
    answers: { 200: taskPageAnswer },
  },
  {
    tag: "Tasks",
    method: "get",
    paths: TASK,
    summary: "Read a task",
    tokens: [...READERS, "job"],
    scope: "tasks:read",
    answers: { 200: taskAnswer },
    refusals: UNKNOWN_TASK,
  },
  {
    tag: "Tasks",
    method: "post",
    paths: TASK.map((path) => `${path}/streams`),
    summary: "Link a live stream to a task",
    description:
      "By the runner that holds the task's job, by the job itself, or by a user. The newest 20 are kept.",
    tokens: ["user", "runner", "job"],
    scope: "tasks:write",
    body: streamInput,
    answers: { 200: taskAnswer },
    refusals: [...UNKNOWN_TASK, "409 no_active_job", "409 task_ended"],
  },
  {
    ...WRITERS,
    paths: [`${TASKS}/:taskId/cancel`],
    summary: "Cancel what a task is doing",
    description:
      "Its job ends as `cancelled` and the rules apply. The runner hears of it at its next heartbeat.",
    scope: "tasks:write",
    body: cancelInput,
    isBodyOptional: true,
    answers: { 200: taskAnswer },
    refusals: [...UNKNOWN_TASK, "409 task_ended"],
  },
  {
    ...WRITERS,
    paths: [`${TASKS}/:taskId/retry`],
    summary: "Try a task again",
    description:
      "One that failed, completed or waits gets a new job, at its station or at the one named; it counts as an attempt.",
    scope: "runs:dispatch",
    body: retryInput,
    isBodyOptional: true,
    answers: { 200: taskAnswer },
    refusals: [
      ...UNKNOWN_TASK,
      "400 unknown_station",
      "409 task_not_retryable",
      "409 station_dispatches_nothing",
      "409 attempts_exhausted",
    ],
  },
  {
    ...WRITERS,
    paths: [`${TASKS}/:taskId/move`],
    summary: "Move a task to another station",
    description: "One that waits, is queued or awaits a review; never one in a runner's hands.",
    scope: "runs:dispatch",
    body: moveInput,
    answers: { 200: taskAnswer },
    refusals: [
      ...UNKNOWN_TASK,
      "400 unknown_station",
      "409 task_ended",
      "409 task_held",
      "409 attempts_exhausted",
    ],
  },
];
