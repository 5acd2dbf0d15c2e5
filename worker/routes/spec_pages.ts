/** The pages of a task's specs. */
import { type Context, Hono } from "hono";
import type { AppEnv } from "../app_env.ts";
import { coverage, renderSpec, traceability } from "../domain/spec_view.ts";
import { queueRefusal } from "../errors.ts";
import { SpecPage, SpecsPage } from "../pages/specs.tsx";
import { openSpecs, type SpecSource } from "../tools/spec_source.ts";
import { type OpenedTask, openTask } from "./opened_task.ts";
import { missing, page } from "./page_response.ts";
import { toolRefusal } from "./tool_refusal.ts";

const PATH = "/p/:owner/:project/tasks/:taskId/specs";
/** Longer ones exist nowhere. */
const NAME_MAX_CHARS = 200;

/** `GET /p/{owner}/{project}/tasks/{taskId}/specs` and `/specs/{spec}`. */
export function createSpecPageRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();

  app.get(PATH, async (c) => {
    const opened = await open(c);
    if (opened instanceof Response) return opened;
    const { source, task } = opened;
    const specs = await Promise.all((await source.names()).map(async (name) => {
      const found = await source.find(name);
      if (!found.ok) {
        return { name, status: null, counts: "", fault: toolRefusal(found.error).body.error.message };
      }
      const { status, requirements, tests, tasks } = found.value.spec;
      const counts = `${requirements.length} requirements, ${tests.length} tests, ${tasks.length} tasks`;
      return { name, status, counts, fault: null };
    }));
    return page(c, SpecsPage({ view: { task, specs } }));
  });

  app.get(`${PATH}/:spec`, async (c) => {
    const opened = await open(c);
    if (opened instanceof Response) return opened;
    const { source, task } = opened;
    const name = c.req.param("spec");
    if (name.length > NAME_MAX_CHARS) return missing(c, "There is no such spec.");
    const found = await source.find(name);
    if (!found.ok) return missing(c, toolRefusal(found.error).body.error.message);
    const { spec, texts, revision } = found.value;
    const existing = await source.existing(spec.tests.flatMap(({ path }) => path ?? []));
    const view = {
      task,
      name,
      status: spec.status,
      revision: /^[0-9a-f]{40}$/.test(revision) ? revision.slice(0, 10) : revision,
      text: renderSpec(name, texts),
      rows: traceability(spec, existing),
      coverage: coverage(spec, existing),
    };
    return page(c, SpecPage({ view }));
  });
  return app;
}

async function open(c: Context<AppEnv>): Promise<OpenedTask & { readonly source: SpecSource } | Response> {
  const opened = await openTask(c);
  if (opened instanceof Response) return opened;
  const place = await opened.queue.locateSpecs(c.var.caller, { taskId: opened.task.id, runId: null });
  if (!place.ok) return missing(c, queueRefusal(place.error).body.error.message);
  return { ...opened, source: openSpecs(place.value, opened.repository) };
}
