/** The page of a run. */
import { Hono } from "hono";
import type { AppEnv } from "../app_env.ts";
import { RunPage } from "../pages/run.tsx";
import { taskLog } from "../stubs/task_log.ts";
import { loadAgent } from "./agent_view.ts";
import { baseUrlOf } from "./input.ts";
import { openProject, refusedPage } from "./opened_project.ts";
import { page } from "./page_response.ts";

/** `/p/{owner}/{project}/runs/{runId}`. */
export function createRunPageRoutes(nowMs: () => number = Date.now): Hono<AppEnv> {
  const app = new Hono<AppEnv>();

  app.get("/p/:owner/:project/runs/:runId", async (c) => {
    const opened = await openProject(c);
    if (opened instanceof Response) return opened;
    const { at, queue } = opened;
    const run = await queue.readRun(c.var.caller, c.req.param("runId"));
    if (!run.ok) return refusedPage(c, run.error);
    const { taskId, runnerId, stationId } = run.value;
    const [task, runner] = await Promise.all([
      queue.readTask(c.var.caller, { taskId, baseUrl: baseUrlOf(c) }),
      queue.readRunner(c.var.caller, runnerId),
      // Its log is told what has happened before it is read.
      queue.authorizeTask(c.var.caller, taskId),
    ]);
    if (!task.ok) return refusedPage(c, task.error);
    const log = taskLog(c.env, at.owner, at.project, taskId);
    const atMs = nowMs();
    const stationName = task.value.history.find((entry) => entry.stationId === stationId)?.stationName ??
      stationId;
    const { id: runId, endedAt } = run.value;
    const [usage, timeline, agent] = await Promise.all([
      log.usage(runId),
      log.timeline(),
      loadAgent(c, { queue, log, at, runId, stationName, isActive: endedAt === null, nowMs: atMs }),
    ]);
    const view = {
      at,
      nowMs: atMs,
      run: run.value,
      task: task.value,
      stationName,
      agent,
      runner: runner.ok ? runner.value : null,
      usage,
      timeline: timeline.filter((entry) => entry.runId === run.value.id),
    };
    return page(c, RunPage({ view }));
  });
  return app;
}
