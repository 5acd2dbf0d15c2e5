/** The page of a task's subtasks, and its forms. */
import { type Context, Hono } from "hono";
import { z } from "zod";
import { subtaskId, subtaskInput, subtaskMove, verificationInput } from "../../protocol/agent/subtask.ts";
import type { AppEnv } from "../app_env.ts";
import { queueRefusal } from "../errors.ts";
import { FORM_MAX_BYTES } from "../limits.ts";
import { bodyLimit } from "../middleware/body_limit.ts";
import { SubtasksPage } from "../pages/subtasks.tsx";
import { taskPath } from "../pages/parts.tsx";
import { type OpenedTask, openTask, stationsOf } from "./opened_task.ts";
import { page, requireViewer } from "./page_response.ts";

const PATH = "/p/:owner/:project/tasks/:taskId/subtasks";
const moveForm = z.object({ move: z.string().max(200), rationale: z.string().trim().default("") });
const NOT_WHOLE = "Nothing was changed: that form was not complete.";

/** `GET /p/{owner}/{project}/tasks/{taskId}/subtasks`; `POST` adds one, `.../transition` and `.../verification` change one. */
export function createSubtaskPageRoutes(nowMs: () => number = Date.now): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.use(`${PATH}/*`, bodyLimit(FORM_MAX_BYTES));

  app.get(PATH, async (c) => {
    const opened = await openTask(c);
    return opened instanceof Response ? opened : await show(c, opened, nowMs());
  });

  app.post(PATH, async (c) => {
    const opened = await openForm(c);
    if (opened instanceof Response) return opened;
    const { stationId, ...fields } = await c.req.parseBody();
    const form = subtaskInput.safeParse({ ...fields, stationId: stationId === "" ? null : stationId });
    if (!form.success || "spec" in form.data) {
      return await show(c, opened, nowMs(), form.success ? NOT_WHOLE : faultOf(form.error), 400);
    }
    const made = await opened.queue.createSubtasks(c.var.caller, {
      taskId: opened.task.id,
      subtasks: [{ ...form.data, spec: null }],
      isRepeatFine: false,
    });
    return await done(c, opened, nowMs(), made);
  });

  app.post(`${PATH}/transition`, async (c) => {
    const opened = await openForm(c);
    if (opened instanceof Response) return opened;
    const form = moveForm.safeParse(await c.req.parseBody());
    const [state = "", id = ""] = form.success ? form.data.move.split(" ") : [];
    const move = subtaskMove.safeParse({ state, rationale: form.data?.rationale || null });
    if (!form.success || !move.success || !subtaskId.safeParse(id).success) {
      return await show(c, opened, nowMs(), NOT_WHOLE, 400);
    }
    const input = { taskId: opened.task.id, subtaskId: id, ...move.data };
    return await done(c, opened, nowMs(), await opened.queue.moveSubtask(c.var.caller, input));
  });

  app.post(`${PATH}/verification`, async (c) => {
    const opened = await openForm(c);
    if (opened instanceof Response) return opened;
    const { subtaskId: id, ...outcome } = await c.req.parseBody();
    const form = verificationInput.safeParse({ outcomes: [outcome] });
    const named = subtaskId.safeParse(id);
    if (!form.success || !named.success) return await show(c, opened, nowMs(), NOT_WHOLE, 400);
    const input = { taskId: opened.task.id, subtaskId: named.data, ...form.data };
    return await done(c, opened, nowMs(), await opened.queue.verifySubtask(c.var.caller, input));
  });
  return app;
}

async function openForm(c: Context<AppEnv>): Promise<OpenedTask | Response> {
  const viewer = await requireViewer(c, "tasks:write");
  return viewer instanceof Response ? viewer : await openTask(c);
}

function faultOf(error: z.ZodError): string {
  const [first] = error.issues.flatMap((issue) =>
    issue.code === "invalid_union" ? issue.errors[0] ?? [] : [issue]
  );
  return `Nothing was changed: ${first?.path.join(".") ?? "the form"}: ${first?.message ?? "is not right"}.`;
}

type Done = Awaited<ReturnType<OpenedTask["queue"]["createSubtasks" | "moveSubtask" | "verifySubtask"]>>;

async function done(c: Context<AppEnv>, opened: OpenedTask, nowMs: number, made: Done): Promise<Response> {
  const { owner, project, task } = opened;
  if (made.ok) return c.redirect(`${taskPath(owner, project, task.id)}/subtasks`, 303);
  const { status, body } = queueRefusal(made.error);
  return await show(c, opened, nowMs, body.error.message, status);
}

async function show(
  c: Context<AppEnv>,
  opened: OpenedTask,
  nowMs: number,
  fault: string | null = null,
  status = 200,
): Promise<Response> {
  const { task, queue } = opened;
  const [listed, stations] = await Promise.all([
    queue.listSubtasks(c.var.caller, { taskId: task.id }),
    stationsOf(c, opened),
  ]);
  const subtasks = listed.ok ? listed.value : [];
  return await page(c, SubtasksPage({ view: { task, subtasks, stations, nowMs, fault } }), status);
}
