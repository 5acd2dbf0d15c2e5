/** A task's page, and the forms on it: each asks the queue what the API asks, as the person who is signed in. */
import { type Context, Hono } from "hono";
import { z } from "zod";
import { isName, type StationId } from "../../protocol/ids.ts";
import { name, reason } from "../../protocol/line/fields.ts";
import type { TimelineEntry } from "../../protocol/line/log.ts";
import type { AppEnv } from "../app_env.ts";
import type { TaskLogApi } from "../domain/task_log_api.ts";
import type { AgentView } from "../pages/agent.tsx";
import type { QueueError } from "../domain/job_queue_api.ts";
import { FORM_MAX_BYTES, PAGE_ACTIVITY_ENTRIES, PAGE_OUTPUT_TAIL_BYTES } from "../limits.ts";
import { bodyLimit } from "../middleware/body_limit.ts";
import { plainText } from "../pages/plain_text.ts";
import type { StationName } from "../pages/task_actions.tsx";
import { TaskPage, type TaskPageView } from "../pages/task.tsx";
import type { AskedOfPeople } from "../pages/task_timeline.tsx";
import { createHistoryReader } from "../store/history/read.ts";
import { jobQueue } from "../stubs/job_queue.ts";
import { taskLog } from "../stubs/task_log.ts";
import { loadAgent } from "./agent_view.ts";
import { terminalNames } from "./asset_files.ts";
import { baseUrlOf } from "./input.ts";
import { type OpenedTask, openTask } from "./opened_task.ts";
import { missing, page, requireViewer } from "./page_response.ts";
import { commitsOf, loadEvidence } from "./task_evidence.ts";

const PATH = "/p/:owner/:project/tasks/:taskId";

const actionForm = z.object({
  reason: reason.trim().default(""),
  stationId: name<StationId>().optional(),
});

/** `GET /p/{owner}/{project}/tasks/{taskId}`; `POST .../retry`, `.../move` and `.../cancel`. */
export function createTaskPageRoutes(nowMs: () => number = Date.now): Hono<AppEnv> {
  const app = new Hono<AppEnv>();

  app.get(PATH, async (c) => {
    const opened = await openTask(c);
    return opened instanceof Response
      ? opened
      : page(c, TaskPage({ view: await viewOf(c, opened, nowMs()) }));
  });

  app.post(`${PATH}/:action{(?:retry|move|cancel)}`, bodyLimit(FORM_MAX_BYTES), async (c) => {
    const action = c.req.param("action");
    const viewer = await requireViewer(c, action === "cancel" ? "tasks:write" : "runs:dispatch");
    if (viewer instanceof Response) return viewer;
    const { owner, project, taskId } = c.req.param();
    if (![owner, project, taskId].every(isName)) return missing(c);
    const back = (notice: string) =>
      c.redirect(`/p/${owner}/${project}/tasks/${taskId}${notice === "" ? "" : `?notice=${notice}`}`, 303);
    const form = actionForm.safeParse(await c.req.parseBody());
    if (!form.success) return back("form");
    const queue = jobQueue(c.env, owner, project);
    const { stationId } = form.data;
    const input = { taskId, reason: form.data.reason, baseUrl: baseUrlOf(c) };
    if (action === "move" && stationId === undefined) return back("form");
    const done = action === "cancel"
      ? await queue.cancelTask(c.var.caller, input)
      : action === "retry"
      ? await queue.retryTask(c.var.caller, stationId === undefined ? input : { ...input, stationId })
      : await queue.moveTask(c.var.caller, { ...input, stationId: stationId! });
    return back(done.ok ? "" : Object.hasOwn(NOTICES, done.error.reason) ? done.error.reason : "refused");
  });
  return app;
}

/** Fixed words, so that nobody can put their own on the page through a link. Some are of the ask's page. */
const NOTICES: Readonly<
  Partial<Record<QueueError["reason"] | "form" | "reason" | "late" | "refused", string>>
> = {
  form: "Nothing was changed: that form was not complete, or its reason was longer than 4000 characters.",
  reason: "Nothing was decided: to reject, say why.",
  late: "Your answer came too late: the question was already answered or taken back.",
  refused: "Nothing was changed: it was refused.",
  task_ended: "Nothing was changed: the task has ended meanwhile.",
  task_not_retryable: "Nothing was changed: the task is under way.",
  task_held: "Nothing was changed: a runner works on the task right now. Cancel it first.",
  unknown_station: "Nothing was changed: this task's line has no such station.",
  station_dispatches_nothing: "Nothing was changed: that station gives no work to runners.",
  attempts_exhausted: "Nothing was changed: that station has had all its attempts for this task.",
};

const EXPIRED_OUTPUT = "[shopfloor] this output was deleted at the end of its retention\n";

async function viewOf(c: Context<AppEnv>, opened: OpenedTask, nowMs: number): Promise<TaskPageView> {
  const { owner, project, task, queue, repository, access } = opened;
  const known = await queue.authorizeTask(c.var.caller, task.id);
  const log = taskLog(c.env, owner, project, task.id);
  const [output, timeline, activity, subtasks, evidence, stations, asks, assets] = await Promise.all([
    log.read(0, 0).then(({ totalBytes }) =>
      log.read(totalBytes - PAGE_OUTPUT_TAIL_BYTES, PAGE_OUTPUT_TAIL_BYTES)
    ),
    log.timeline(),
    log.activity(null, PAGE_ACTIVITY_ENTRIES, null),
    queue.listSubtasks(c.var.caller, { taskId: task.id }),
    loadEvidence(repository, access, commitsOf(task.history)),
    stationsOf(c, opened),
    asksOf(c, opened),
    queue.listAssets(c.var.caller, { taskId: task.id, baseUrl: baseUrlOf(c) }),
  ]);
  const isExpired = output.expiredAtMs !== null;
  return {
    task,
    nowMs,
    output: {
      tail: isExpired ? EXPIRED_OUTPUT : plainText(output.bytes),
      tailOffset: output.offset,
      totalBytes: output.offset + output.bytes.length,
      isExpired,
    },
    terminal: terminalNames(),
    timeline,
    agents: { activity, subtasks: subtasks.ok ? subtasks.value : [] },
    agent: await agentOf(c, opened, log, timeline, nowMs),
    stations,
    assets: assets.ok ? assets.value : [],
    asks,
    pendingAskId: known.ok ? known.value.askId : null,
    reports: evidence.reports,
    diff: { diff: evidence.diff, fault: evidence.diffFault },
    notice: (NOTICES as Readonly<Record<string, string>>)[c.req.query("notice") ?? ""] ?? null,
  };
}

/** That of the newest run, while the run is active and its agent tells of itself, or asks people. */
async function agentOf(
  c: Context<AppEnv>,
  { owner, project, task, queue }: OpenedTask,
  log: TaskLogApi,
  timeline: readonly TimelineEntry[],
  nowMs: number,
): Promise<AgentView | null> {
  const { currentJobId } = task;
  const newest = timeline.findLast(({ jobId, runId }) => runId !== null && jobId === currentJobId);
  if (currentJobId === null || newest === undefined) return null;
  const run = await queue.readRun(c.var.caller, newest.runId!);
  if (!run.ok || run.value.endedAt !== null) return null;
  const stationName = task.history.findLast((entry) => entry.jobId === currentJobId)?.stationName ??
    run.value.stationId;
  const at = { owner, project };
  const known = { queue, log, at, runId: run.value.id, stationName, isActive: true, nowMs };
  const agent = await loadAgent(c, known);
  return agent.facts.status === null && agent.questions.length === 0 ? null : agent;
}

/** Of the version that the task is on; none when it cannot be read. */
async function stationsOf(c: Context<AppEnv>, { queue, task }: OpenedTask): Promise<readonly StationName[]> {
  const version = String(task.assemblyLineVersion);
  const line = await queue.readLineVersion(c.var.caller, { lineId: task.assemblyLineId, version });
  return line.ok ? line.value.definition.stations.map(({ id, name }) => ({ id, name })) : [];
}

/** All that were ever asked about the task, as far as the history knows. */
async function asksOf(
  c: Context<AppEnv>,
  { owner, project, task }: OpenedTask,
): Promise<readonly AskedOfPeople[]> {
  const history = createHistoryReader({ url: c.env.HISTORY_URL, authToken: c.env.HISTORY_AUTH_TOKEN });
  const gates = await history.listGatesOfTask({ owner, project, taskId: task.id });
  return gates.kind === "ok" ? gates.value.map(({ askId, openedAtMs }) => ({ askId, openedAtMs })) : [];
}
