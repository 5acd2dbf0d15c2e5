/** The pages for people. Each route gathers what its page shows; what it looks like is in `worker/pages`. */
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { isName } from "../../protocol/ids.ts";
import { reason } from "../../protocol/line/fields.ts";
import type { AppEnv } from "../app_env.ts";
import { FORM_MAX_BYTES, PAGE_OUTPUT_TAIL_BYTES } from "../limits.ts";
import { SCRIPTS } from "../pages/assets/scripts.ts";
import { ICON, STYLE } from "../pages/assets/style.ts";
import { plainText } from "../pages/plain_text.ts";
import { TaskPage, type TaskPageView } from "../pages/task.tsx";
import { humanGate } from "../stubs/human_gate.ts";
import { jobQueue } from "../stubs/job_queue.ts";
import { taskLog } from "../stubs/task_log.ts";
import { openTask } from "./opened_task.ts";
import { missing, page, requireViewer } from "./page_response.ts";
import { commitsOf, type Evidence, loadEvidence } from "./task_evidence.ts";

/** `/p/{owner}/{project}/tasks/{taskId}` with its gate form, and `/assets/*`. */
export function createPageRoutes(nowMs: () => number = Date.now): Hono<AppEnv> {
  const app = new Hono<AppEnv>();

  app.get("/assets/:name", (c) => asset(c.req.param("name")));
  app.get("/p/:owner/:project/tasks/:taskId", async (c) => {
    const view = await taskPageView(c, nowMs());
    return view instanceof Response ? view : page(c, TaskPage({ view }));
  });

  const gateForm = "/p/:owner/:project/tasks/:taskId/gates/:gateId";
  app.post(gateForm, bodyLimit({ maxSize: FORM_MAX_BYTES }), async (c) => {
    const viewer = await requireViewer(c, "gates:decide");
    if (viewer instanceof Response) return viewer;
    const { owner, project, taskId, gateId } = c.req.param();
    if (!isName(owner) || !isName(project) || !isName(taskId)) return missing(c);
    const form = await c.req.parseBody();
    const back = (notice: string) =>
      c.redirect(`/p/${owner}/${project}/tasks/${taskId}${notice === "" ? "" : `?notice=${notice}`}`, 303);
    const given = reason.safeParse(form["reason"] ?? "");
    const action = form["action"];
    if (!given.success || (action !== "approve" && action !== "reject")) return back("form");
    if (action === "reject" && given.data.trim() === "") return back("reason");
    const ask = await jobQueue(c.env, owner, project).authorizeGate(c.var.caller, { taskId, gateId });
    if (!ask.ok) return back("gate");
    const user = { kind: "user", name: ask.value.userName } as const;
    const decided = await humanGate(c.env, ask.value.askId).decide(user, {
      action,
      reason: given.data.trim(),
    });
    return back(decided.ok ? "" : "decided");
  });
  return app;
}

/** Fixed words, so that nobody can put their own on the page through a link. */
const NOTICES: Readonly<Record<string, string>> = {
  form: "That form was not complete: choose approve or reject, and keep the reason below 4000 characters.",
  reason: "Nothing was decided: to reject, say why.",
  gate: "Nothing was decided: the task does not wait at this gate.",
  decided: "Your answer came too late: the question was already answered or taken back.",
};

const EXPIRED_OUTPUT = "[shopfloor] this output was deleted at the end of its retention\n";

async function taskPageView(c: Context<AppEnv>, nowMs: number): Promise<TaskPageView | Response> {
  const opened = await openTask(c);
  if (opened instanceof Response) return opened;
  const { owner, project, task, queue, repository, access } = opened;
  await queue.authorizeTask(c.var.caller, task.id);
  const log = taskLog(c.env, owner, project, task.id);
  const [output, timeline, evidence] = await Promise.all([
    log.read(0, 0).then(({ totalBytes }) =>
      log.read(totalBytes - PAGE_OUTPUT_TAIL_BYTES, PAGE_OUTPUT_TAIL_BYTES)
    ),
    log.timeline(),
    loadEvidence(repository, access, commitsOf(task.history)),
  ]);
  return {
    task,
    nowMs,
    output: {
      tail: output.expiredAtMs === null ? plainText(output.bytes) : EXPIRED_OUTPUT,
      tailOffset: output.offset,
      // What came since is streamed: the stream goes on where this text ends.
      totalBytes: output.offset + output.bytes.length,
    },
    timeline,
    reports: evidence.reports,
    diff: diffOf(evidence),
    notice: NOTICES[c.req.query("notice") ?? ""] ?? null,
  };
}

function diffOf(evidence: Evidence) {
  return { diff: evidence.diff, fault: evidence.diffFault };
}

function asset(name: string): Response {
  const script = Object.hasOwn(SCRIPTS, name) ? SCRIPTS[name] : undefined;
  const known = script !== undefined
    ? { text: script, type: "text/javascript; charset=utf-8" }
    : name === "style.css"
    ? { text: STYLE, type: "text/css; charset=utf-8" }
    : name === "icon.svg"
    ? { text: ICON, type: "image/svg+xml" }
    : null;
  if (known === null) return new Response("not found\n", { status: 404 });
  return new Response(known.text, {
    headers: { "content-type": known.type, "cache-control": "no-cache", "x-content-type-options": "nosniff" },
  });
}
