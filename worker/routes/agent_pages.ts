/** The forms about a run's agent, and the page of a task's activity. Each form asks the queue what the API asks. */
import { type Context, Hono } from "hono";
import { z } from "zod";
import type { AgentCommandKind } from "../../protocol/agent/commands.ts";
import { type ActivityEntry, AGENT_EVENT_TYPES } from "../../protocol/agent/events.ts";
import { AGENT_MESSAGE_MAX_BYTES } from "../../protocol/agent/limits.ts";
import { textUpToBytes } from "../../protocol/line/fields.ts";
import type { AppEnv } from "../app_env.ts";
import type { CommandWish } from "../domain/agent_command.ts";
import type { TaskLogApi } from "../domain/task_log_api.ts";
import { AGENT_FORM_MAX_BYTES, PAGE_ACTIVITY_ENTRIES, PAGE_ACTIVITY_LOOKED_MAX } from "../limits.ts";
import { bodyLimit } from "../middleware/body_limit.ts";
import { type ActivityFilter, ActivityPage } from "../pages/activity.tsx";
import { runPath, taskPath } from "../pages/parts.tsx";
import { MessagePage } from "../pages/sign_in.tsx";
import { taskLog } from "../stubs/task_log.ts";
import { plainLines } from "./input.ts";
import { openProject, refusedPage } from "./opened_project.ts";
import { openTask } from "./opened_task.ts";
import { page } from "./page_response.ts";

const messageForm = z.object({
  text: textUpToBytes(AGENT_MESSAGE_MAX_BYTES).min(1),
  interrupt: z.literal("true").optional(),
});
/** Entries that are read at once. */
const WINDOW = 200;

/** `POST /p/{owner}/{project}/runs/{runId}/agent/{message|interrupt|suspend|resume}`; `GET .../tasks/{taskId}/activity`. */
export function createAgentPageRoutes(nowMs: () => number = Date.now): Hono<AppEnv> {
  const app = new Hono<AppEnv>();

  app.post(
    "/p/:owner/:project/runs/:runId/agent/:action{(?:message|interrupt|suspend|resume)}",
    bodyLimit(AGENT_FORM_MAX_BYTES),
    async (c) => {
      const opened = await openProject(c, "tasks:write");
      if (opened instanceof Response) return opened;
      const { at, queue } = opened;
      const { runId } = c.req.param();
      const run = await queue.readRun(c.var.caller, runId);
      if (!run.ok) return refusedPage(c, run.error);
      const fields = await c.req.parseBody();
      const kind = c.req.param("action") as AgentCommandKind;
      const wish = wishOf(kind, fields);
      if (wish === null) {
        const message = `Nothing was sent: a message has 1 to ${AGENT_MESSAGE_MAX_BYTES} bytes.`;
        return page(c, MessagePage({ title: "Not sent", message }), 400);
      }
      const made = await queue.commandAgent(c.var.caller, { runId, wish });
      if (!made.ok) return refusedPage(c, made.error);
      const back = fields["from"] === "task"
        ? taskPath(at.owner, at.project, run.value.taskId)
        : runPath(at.owner, at.project, runId);
      return c.redirect(`${back}#agent-heading`, 303);
    },
  );

  app.get("/p/:owner/:project/tasks/:taskId/activity", async (c) => {
    const opened = await openTask(c);
    if (opened instanceof Response) return opened;
    const { owner, project, task } = opened;
    const filter = filterOf(c);
    const log = taskLog(c.env, owner, project, task.id);
    const found = await pageOf(log, filter, c.req.query("before"));
    const runs = [
      ...new Map(
        (await log.timeline()).flatMap(({ runId, stationId }) =>
          runId === null ? [] : [[runId, stationId ?? ""] as const]
        ),
      ),
    ];
    return page(c, ActivityPage({ view: { task, nowMs: nowMs(), filter, runs, ...found } }));
  });
  return app;
}

function wishOf(
  kind: AgentCommandKind,
  fields: Readonly<Record<string, unknown>>,
): CommandWish | null {
  const nothing = { kind, text: null, interrupt: false, keys: [] };
  if (kind !== "message") return nothing;
  const text = plainLines(fields["text"]);
  const form = messageForm.safeParse({ ...fields, text });
  return form.success
    ? { ...nothing, text: form.data.text, interrupt: form.data.interrupt !== undefined }
    : null;
}

function filterOf(c: Context<AppEnv>): ActivityFilter {
  const run = c.req.query("run") ?? "";
  return {
    type: AGENT_EVENT_TYPES.find((type) => type === c.req.query("type")) ?? null,
    runId: run === "" || run.length > 100 ? null : run,
  };
}

/** The newest entries before an id, the newest first; looks through a bounded number of them. */
async function pageOf(
  log: TaskLogApi,
  { type, runId }: ActivityFilter,
  cursor: string | undefined,
): Promise<{ readonly entries: readonly ActivityEntry[]; readonly olderBefore: number | null }> {
  const [last] = (await log.activity(null, 1, null)).slice(-1);
  const wanted = /^\d{1,15}$/.test(cursor ?? "") ? Number(cursor) : Infinity;
  let before = Math.min(wanted, (last?.id ?? 0) + 1);
  const entries: ActivityEntry[] = [];
  for (let looked = 0; before > 1 && looked < PAGE_ACTIVITY_LOOKED_MAX; looked += WINDOW) {
    const from = Math.max(1, before - WINDOW);
    const some = (await log.activity(from, before - from + 1, null)).filter(({ id }) => id < before);
    const dropped = some.find((entry) => entry.type === "dropped");
    const fits = some.filter((entry) =>
      entry.type !== "dropped" && (type === null || entry.type === type) &&
      (runId === null || entry.runId === runId)
    ).toReversed();
    const room = PAGE_ACTIVITY_ENTRIES - entries.length;
    entries.push(...fits.slice(0, room));
    if (fits.length > room) return { entries, olderBefore: entries.at(-1)!.id };
    before = from;
    if (dropped !== undefined) {
      entries.push(dropped);
      return { entries, olderBefore: null };
    }
  }
  return { entries, olderBefore: before > 1 ? before : null };
}
