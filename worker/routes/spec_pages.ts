/** The pages of a task's specs, and the form that makes subtasks of one's tasks. */
import { type Context, Hono } from "hono";
import { subtaskInput } from "../../protocol/agent/subtask.ts";
import type { AppEnv } from "../app_env.ts";
import { subtasksOfSpec } from "../domain/spec_subtasks.ts";
import { coverage, renderSpec, traceability } from "../domain/spec_view.ts";
import { queueRefusal } from "../errors.ts";
import { FORM_MAX_BYTES } from "../limits.ts";
import { bodyLimit } from "../middleware/body_limit.ts";
import { taskPath } from "../pages/parts.tsx";
import { SpecPage, SpecsPage } from "../pages/specs.tsx";
import { type FoundSpec, openSpecs, type SpecSource } from "../tools/spec_source.ts";
import { type OpenedTask, openTask, stationsOf } from "./opened_task.ts";
import { missing, page, requireViewer } from "./page_response.ts";
import { toolRefusal } from "./tool_refusal.ts";

const PATH = "/p/:owner/:project/tasks/:taskId/specs";
/** Longer ones exist nowhere. */
const NAME_MAX_CHARS = 200;

/** `GET /p/{owner}/{project}/tasks/{taskId}/specs` and `/specs/{spec}`; `POST /specs/{spec}/subtasks`. */
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
      const counts = [
        counted(requirements.length, "requirement"),
        counted(tests.length, "test"),
        counted(tasks.length, "task"),
      ].join(", ");
      return { name, status, counts, fault: null };
    }));
    return page(c, SpecsPage({ view: { task, specs } }));
  });

  app.get(`${PATH}/:spec`, async (c) => {
    const opened = await openSpec(c);
    return opened instanceof Response ? opened : await show(c, opened);
  });

  app.post(`${PATH}/:spec/subtasks`, bodyLimit(FORM_MAX_BYTES), async (c) => {
    const viewer = await requireViewer(c, "tasks:write");
    if (viewer instanceof Response) return viewer;
    const opened = await openSpec(c);
    if (opened instanceof Response) return opened;
    const { task, queue, found: { spec } } = opened;
    const { stationId, state } = await c.req.parseBody();
    const station = stationId === "" ? null : stationId;
    const form = subtaskInput.safeParse({ spec: spec.name, stationId: station, state });
    if (!form.success) return await show(c, opened, "Nothing was made: that form was not complete.", 400);
    const subtasks = subtasksOfSpec(spec, form.data);
    const made = await queue.createSubtasks(c.var.caller, { taskId: task.id, subtasks, isRepeatFine: true });
    if (made.ok) {
      const path = taskPath(task.owner, task.projectId, task.id);
      return c.redirect(`${path}/specs/${encodeURIComponent(spec.name)}#subtasks`, 303);
    }
    const { status, body } = queueRefusal(made.error);
    return await show(c, opened, body.error.message, status);
  });
  return app;
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

type OpenedSpecs = OpenedTask & { readonly source: SpecSource };
type OpenedSpec = OpenedSpecs & { readonly found: FoundSpec };

async function open(c: Context<AppEnv>): Promise<OpenedSpecs | Response> {
  const opened = await openTask(c);
  if (opened instanceof Response) return opened;
  const place = await opened.queue.locateSpecs(c.var.caller, { taskId: opened.task.id, runId: null });
  if (!place.ok) return missing(c, queueRefusal(place.error).body.error.message);
  return { ...opened, source: openSpecs(place.value, opened.repository) };
}

async function openSpec(c: Context<AppEnv>): Promise<OpenedSpec | Response> {
  const opened = await open(c);
  if (opened instanceof Response) return opened;
  const name = c.req.param("spec") ?? "";
  if (name.length > NAME_MAX_CHARS) return missing(c, "There is no such spec.");
  const found = await opened.source.find(name);
  if (!found.ok) return missing(c, toolRefusal(found.error).body.error.message);
  return { ...opened, found: found.value };
}

async function show(
  c: Context<AppEnv>,
  opened: OpenedSpec,
  fault: string | null = null,
  status = 200,
): Promise<Response> {
  const { task, queue, source, found: { spec, texts, revision } } = opened;
  const [existing, listed, stations] = await Promise.all([
    source.existing(spec.tests.flatMap(({ path }) => path ?? [])),
    queue.listSubtasks(c.var.caller, { taskId: task.id }),
    stationsOf(c, opened),
  ]);
  const view = {
    task,
    name: spec.name,
    status: spec.status,
    revision: /^[0-9a-f]{40}$/.test(revision) ? revision.slice(0, 10) : revision,
    text: renderSpec(spec.name, texts),
    rows: traceability(spec, existing),
    coverage: coverage(spec, existing),
    tasks: spec.tasks,
    subtasks: listed.ok ? listed.value : [],
    stations,
    fault,
  };
  return await page(c, SpecPage({ view }), status);
}
