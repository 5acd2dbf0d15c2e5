/** The specs of a task, for people: which there are, and one of them as its agents read it. */
import { type Context, Hono } from "hono";
import { specListAnswer, specQuery } from "../../protocol/agent/library.ts";
import { TOOL_RESULT_DEFAULT_BYTES } from "../../protocol/agent/limits.ts";
import { specReadResult } from "../../protocol/agent/tool_results.ts";
import type { AppEnv } from "../app_env.ts";
import { refusalResponse } from "../errors.ts";
import { taskRepository } from "../stubs/task_repository.ts";
import { readSpec } from "../tools/read_spec.ts";
import { openSpecs, type SpecSource } from "../tools/spec_source.ts";
import { answer } from "./answer.ts";
import { readQuery } from "./input.ts";
import { type Operation, PROJECT_PATH } from "./operation.ts";
import { toolRefusal } from "./tool_refusal.ts";

const PATH = `${PROJECT_PATH}/tasks/:taskId/specs`;

export function createSpecRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();

  app.get(PATH, async (c) => {
    const source = await sourceOf(c);
    if (source instanceof Response) return source;
    const specs = await Promise.all((await source.names()).map(async (name) => {
      const found = await source.find(name);
      if (!found.ok) {
        const fault = toolRefusal(found.error).body.error.message;
        const status = found.error.reason === "spec_not_active" ? found.error.status : null;
        return { name, status, revision: null, requirements: 0, tests: 0, tasks: 0, fault };
      }
      const { spec, revision } = found.value;
      const counts = {
        requirements: spec.requirements.length,
        tests: spec.tests.length,
        tasks: spec.tasks.length,
      };
      return { name, status: spec.status, revision, ...counts, fault: null };
    }));
    return c.json({ specs });
  });

  app.get(`${PATH}/:spec`, async (c) => {
    const query = readQuery(c, specQuery);
    if (!query.ok) return query.error;
    const source = await sourceOf(c);
    if (source instanceof Response) return source;
    const { taskId, spec } = c.req.param();
    const subtasks = await c.var.queue.listSubtasks(c.var.caller, { taskId });
    if (!subtasks.ok) return answer(subtasks);
    const max_bytes = query.value.max_bytes ?? TOOL_RESULT_DEFAULT_BYTES;
    const read = await readSpec(
      { ...query.value, spec, max_bytes },
      source,
      () => Promise.resolve(subtasks.value),
    );
    return read.ok ? c.json(read.value) : refusalResponse(toolRefusal(read.error));
  });
  return app;
}

async function sourceOf(c: Context<AppEnv>): Promise<SpecSource | Response> {
  const taskId = c.req.param("taskId") ?? "";
  const place = await c.var.queue.locateSpecs(c.var.caller, { taskId, runId: null });
  if (!place.ok) return answer(place);
  const { owner, project } = c.var.at;
  return openSpecs(place.value, taskRepository(c.env, owner, project, taskId));
}

const READ = { tag: "Specs", method: "get", tokens: ["user", "runner", "job"], scope: "tasks:read" } as const;

export const SPEC_OPERATIONS: readonly Operation[] = [
  {
    ...READ,
    paths: [PATH],
    summary: "List a task's specs",
    description: "Those that came with its line, and over them those in its repository.",
    answers: { 200: specListAnswer },
    refusals: ["404 task_not_found"],
  },
  {
    ...READ,
    paths: [`${PATH}/:spec`],
    summary: "Read a spec as a task's agents do",
    query: specQuery,
    answers: { 200: specReadResult },
    refusals: [
      "404 task_not_found",
      "404 no_specs",
      "404 spec_not_found",
      "404 spec_artifact_not_found",
      "409 spec_not_active",
      "409 spec_invalid",
      "409 cursor_stale",
    ],
  },
];
