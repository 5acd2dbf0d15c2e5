/** Jobs and runs: looked at by people, reported on by runners in the reference's words (Line 4.2). */
import { createHash } from "node:crypto";
import { type Context, Hono } from "hono";
import { jobListQuery } from "../../protocol/line/job.ts";
import { progressInput, runReport } from "../../protocol/line/runner.ts";
import type { AppEnv } from "../app_env.ts";
import { reportOfRun } from "../domain/reference_report.ts";
import { liveSession } from "../stubs/live_session.ts";
import { taskLog } from "../stubs/task_log.ts";
import { answer } from "./answer.ts";
import { readBody, readQuery } from "./input.ts";
import { jobAnswer, jobPageAnswer, reportAnswer, runAnswer } from "../../protocol/line/answers.ts";
import { type Operation, PROJECT_PATH } from "./operation.ts";

export function createJobRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const project = "/api/owners/:owner/projects/:project";

  app.get(`${project}/jobs`, async (c) => {
    const query = readQuery(c, jobListQuery);
    if (!query.ok) return query.error;
    return answer(await c.var.queue.listJobs(c.var.caller, query.value));
  });
  app.get(`${project}/jobs/:jobId`, async (c) => {
    return answer(await c.var.queue.readJob(c.var.caller, c.req.param("jobId")));
  });
  app.get(`${project}/runs/:runId`, async (c) => {
    return answer(await c.var.queue.readRun(c.var.caller, c.req.param("runId")));
  });
  app.post(`${project}/runs/:runId/jobs/:jobId/progress`, async (c) => {
    const body = await readBody(c, progressInput);
    if (!body.ok) return body.error;
    const { runId, jobId } = c.req.param();
    return answer(await c.var.queue.tellProgress(c.var.caller, { ...body.value, runId, jobId }));
  });
  app.patch(`${project}/runs/:runId/jobs/:jobId`, async (c) => {
    const body = await readBody(c, runReport);
    if (!body.ok) return body.error;
    const { runId, jobId } = c.req.param();
    const { logs, sessionId, broadcastId, leaseEpoch } = body.value;
    if (logs) {
      const refused = await appendLogs(c, { runId, jobId, leaseEpoch: leaseEpoch ?? null, logs });
      if (refused !== null) return refused;
    }
    const stream = sessionId == null ? {} : { stream: { sessionId, broadcastId: broadcastId ?? null } };
    const report = reportOfRun(body.value, jobId);
    const reported = await c.var.queue.reportRun(c.var.caller, { runId, report, ...stream });
    if (reported.ok && sessionId != null && report.jobResult === "in_progress") {
      await bindSession(c, runId, sessionId, broadcastId ?? null);
    }
    return answer(reported);
  });
  return app;
}

/** The session learns whose it is: its operator's calls name no project. */
async function bindSession(
  c: Context<AppEnv>,
  runId: string,
  sessionId: string,
  broadcastId: string | null,
): Promise<void> {
  const run = await c.var.queue.readRun(c.var.caller, runId);
  if (!run.ok) return;
  await liveSession(c.env, sessionId).bind({ ...c.var.at, taskId: run.value.taskId, broadcastId });
}

/** Output that comes with a report. A run that is over has had it: then the report came before and is repeated. */
async function appendLogs(
  c: Context<AppEnv>,
  input: {
    readonly runId: string;
    readonly jobId: string;
    readonly leaseEpoch: number | null;
    readonly logs: string;
  },
): Promise<Response | null> {
  const { runId, jobId, leaseEpoch } = input;
  const admitted = await c.var.queue.admitLog(c.var.caller, { runId, jobId, leaseEpoch });
  if (!admitted.ok) return answer(admitted);
  const { taskId, stationId, cancel } = admitted.value;
  if (cancel) return null;
  const { owner, project } = c.var.at;
  const log = taskLog(c.env, owner, project, taskId);
  const bytes = new TextEncoder().encode(input.logs);
  const digest = createHash("sha256").update(bytes).digest("base64url");
  await log.appendReport({ runId, stationId, bytes, digest });
  return null;
}

const READ = { tag: "Jobs", method: "get", scope: "tasks:read" } as const;
const OF_RUN = `${PROJECT_PATH}/runs/:runId/jobs/:jobId`;
const REPORT_REFUSALS = ["403 not_your_runner", "404 run_not_found", "404 job_not_found", "409 stale_lease"];

export const JOB_OPERATIONS: readonly Operation[] = [
  {
    ...READ,
    paths: [`${PROJECT_PATH}/jobs`],
    summary: "List open jobs, newest first",
    tokens: ["user", "runner"],
    query: jobListQuery,
    answers: { 200: jobPageAnswer },
  },
  {
    ...READ,
    paths: [`${PROJECT_PATH}/jobs/:jobId`],
    summary: "Read a job",
    tokens: ["user", "runner", "job"],
    answers: { 200: jobAnswer },
    refusals: ["404 job_not_found"],
  },
  {
    ...READ,
    paths: [`${PROJECT_PATH}/runs/:runId`],
    summary: "Read a run",
    tokens: ["user", "runner", "job"],
    answers: { 200: runAnswer },
    refusals: ["404 run_not_found"],
  },
  {
    tag: "Runners at work",
    method: "post",
    paths: [`${OF_RUN}/progress`],
    summary: "Tell a stage of a run",
    description: "A sign of life and of activity. A stage is a line of the timeline when it is new.",
    tokens: ["runner"],
    body: progressInput,
    answers: { 200: reportAnswer },
    refusals: REPORT_REFUSALS,
  },
  {
    tag: "Runners at work",
    method: "patch",
    paths: [OF_RUN],
    summary: "Report on a run, in the reference's words",
    description:
      "`cancelled`, `timeout` and `idle_timeout` end the job as cancelled, `incomplete` as failure.",
    tokens: ["runner"],
    body: runReport,
    answers: { 200: reportAnswer },
    refusals: [...REPORT_REFUSALS, "409 run_finished"],
  },
];
