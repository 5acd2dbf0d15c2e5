/** The subtasks of a task, for people (Runtime 3.4); agents move theirs by their tool. */
import { type Context, Hono } from "hono";
import {
  subtaskData,
  subtaskInput,
  subtaskList,
  subtaskMove,
  verificationInput,
} from "../../protocol/agent/subtask.ts";
import type { AppEnv } from "../app_env.ts";
import type { NewSubtask } from "../domain/job_queue_api.ts";
import { subtasksOfSpec } from "../domain/spec_subtasks.ts";
import { refusalResponse } from "../errors.ts";
import { taskRepository } from "../stubs/task_repository.ts";
import { openSpecs } from "../tools/spec_source.ts";
import { answer } from "./answer.ts";
import { readBody } from "./input.ts";
import { type Operation, PROJECT_PATH } from "./operation.ts";
import { toolRefusal } from "./tool_refusal.ts";

const PATH = `${PROJECT_PATH}/tasks/:taskId/subtasks`;

export function createSubtaskRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();

  app.get(PATH, async (c) => {
    const listed = await c.var.queue.listSubtasks(c.var.caller, { taskId: c.req.param("taskId") });
    return listed.ok ? c.json({ subtasks: listed.value }) : answer(listed);
  });

  app.post(PATH, async (c) => {
    const body = await readBody(c, subtaskInput);
    if (!body.ok) return body.error;
    const { taskId } = c.req.param();
    const isOfSpec = "spec" in body.value;
    let subtasks: readonly NewSubtask[];
    if ("spec" in body.value) {
      const found = await ofSpec(c, taskId, body.value);
      if (found instanceof Response) return found;
      subtasks = found;
    } else subtasks = [{ ...body.value, spec: null }];
    const input = { taskId, subtasks, isRepeatFine: isOfSpec };
    const made = await c.var.queue.createSubtasks(c.var.caller, input);
    return made.ok ? c.json({ subtasks: made.value }, 201) : answer(made);
  });

  app.post(`${PATH}/:subtaskId/transition`, async (c) => {
    const body = await readBody(c, subtaskMove);
    if (!body.ok) return body.error;
    const { taskId, subtaskId } = c.req.param();
    return answer(await c.var.queue.moveSubtask(c.var.caller, { taskId, subtaskId, ...body.value }));
  });

  app.post(`${PATH}/:subtaskId/verification`, async (c) => {
    const body = await readBody(c, verificationInput);
    if (!body.ok) return body.error;
    const { taskId, subtaskId } = c.req.param();
    return answer(await c.var.queue.verifySubtask(c.var.caller, { taskId, subtaskId, ...body.value }));
  });
  return app;
}

async function ofSpec(
  c: Context<AppEnv>,
  taskId: string,
  { spec: name, stationId, state }: {
    readonly spec: string;
    readonly stationId: string | null;
    readonly state: NewSubtask["state"];
  },
): Promise<readonly NewSubtask[] | Response> {
  const place = await c.var.queue.locateSpecs(c.var.caller, { taskId, runId: null });
  if (!place.ok) return answer(place);
  const { owner, project } = c.var.at;
  const found = await openSpecs(place.value, taskRepository(c.env, owner, project, taskId)).find(name);
  if (!found.ok) return refusalResponse(toolRefusal(found.error));
  return subtasksOfSpec(found.value.spec, { stationId, state });
}

const READ = {
  tag: "Subtasks",
  method: "get",
  tokens: ["user", "runner", "job"],
  scope: "tasks:read",
} as const;
const WRITE = { tag: "Subtasks", method: "post", tokens: ["user"], scope: "tasks:write" } as const;
const OF_ONE = ["404 task_not_found", "404 subtask_not_found", "409 subtask_transition_refused"];

export const SUBTASK_OPERATIONS: readonly Operation[] = [
  {
    ...READ,
    paths: [PATH],
    summary: "List a task's subtasks",
    answers: { 200: subtaskList },
    refusals: ["404 task_not_found"],
  },
  {
    ...WRITE,
    paths: [PATH],
    summary: "Make a subtask, or those of a spec's tasks",
    description: "Of a spec, those that are there already stay as they are.",
    body: subtaskInput,
    answers: { 201: subtaskList },
    refusals: [
      "404 task_not_found",
      "404 no_specs",
      "404 spec_not_found",
      "409 spec_not_active",
      "409 spec_invalid",
      "409 subtask_exists",
      "409 too_many_subtasks",
    ],
  },
  {
    ...WRITE,
    paths: [`${PATH}/:subtaskId/transition`],
    summary: "Move a subtask",
    body: subtaskMove,
    answers: { 200: subtaskData },
    refusals: [...OF_ONE, "400 rationale_required"],
  },
  {
    ...WRITE,
    paths: [`${PATH}/:subtaskId/verification`],
    summary: "Tell the outcomes of a subtask's verification",
    description: "`done` when a check passed and none failed, else `pending_reevaluation`.",
    body: verificationInput,
    answers: { 200: subtaskData },
    refusals: OF_ONE,
  },
];
