/** Runners: registration, polling, claiming, reporting (Line 3 rows 1-3 and 6, with the reference's spellings). */
import { Hono } from "hono";
import { POLL_WAIT_MAX_MS } from "../../protocol/limits.ts";
import {
  claimBody,
  pollBody,
  runnerRegistration,
  runnerReport,
  runReport,
} from "../../protocol/line/runner.ts";
import type { AppEnv } from "../app_env.ts";
import { reportOfRun } from "../domain/reference_report.ts";
import { refusal, refusalResponse } from "../errors.ts";
import { answer } from "./answer.ts";
import { baseUrlOf, readBody } from "./input.ts";

export function createRunnerRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const project = "/api/owners/:owner/projects/:project";

  app.on("POST", [`${project}/runners/register`, `${project}/runners`], async (c) => {
    const body = await readBody(c, runnerRegistration);
    if (!body.ok) return body.error;
    return answer(await c.var.queue.registerRunner(c.var.caller, body.value), 201);
  });
  app.get(`${project}/runners`, async (c) => {
    return answer(await c.var.queue.listRunners(c.var.caller));
  });
  app.get(`${project}/runners/events`, async (c) => {
    const runner = await c.var.queue.authorizeRunner(c.var.caller);
    if (!runner.ok) return answer(runner);
    return c.var.queue.fetch(new Request(`https://queue/events?runner=${runner.value.runnerId}`));
  });
  // Line 3, row 7: the requests of an egress proxy that holds a call for a person. There is no such proxy yet.
  app.post(`${project}/runners/:runnerId/approval-requests`, async (c) => {
    const runner = await c.var.queue.authorizeRunner(c.var.caller);
    if (!runner.ok) return answer(runner);
    const why =
      "Cannot take an approval request: this version has no egress policies, so nothing is held for approval";
    return refusalResponse(refusal(501, "approval_requests_not_available", why));
  });
  app.post(`${project}/runners/jobs`, async (c) => {
    const body = await readBody(c, pollBody.default({}));
    if (!body.ok) return body.error;
    const polled = await c.var.queue.poll(c.var.caller, {
      capabilities: body.value.capabilities ?? null,
      waitMs: waitMsOf(c.req.header("prefer")),
      baseUrl: baseUrlOf(c),
    });
    return polled.ok && polled.value === null ? c.body(null, 204) : answer(polled);
  });
  app.post(`${project}/runners/generate-jitconfig`, async (c) => {
    const body = await readBody(c, claimBody);
    if (!body.ok) return body.error;
    const input = { jobId: body.value.jobId, capabilities: null, baseUrl: baseUrlOf(c) };
    return answer(await c.var.queue.claim(c.var.caller, input));
  });
  app.patch(`${project}/runners/:runnerId`, async (c) => {
    const body = await readBody(c, runnerReport);
    if (!body.ok) return body.error;
    const input = { runnerId: c.req.param("runnerId"), report: body.value };
    return answer(await c.var.queue.report(c.var.caller, input));
  });
  app.patch(`${project}/runs/:runId/jobs/:jobId`, async (c) => {
    const body = await readBody(c, runReport);
    if (!body.ok) return body.error;
    const report = reportOfRun(body.value, c.req.param("jobId"));
    const input = { runId: c.req.param("runId"), report };
    return answer(await c.var.queue.reportRun(c.var.caller, input));
  });
  return app;
}

/** `Prefer: wait=N` in seconds (RFC 7240), bounded. */
function waitMsOf(prefer: string | undefined): number {
  const match = /(?:^|[,;\s])wait=(\d{1,4})/.exec(prefer ?? "");
  return match === null ? 0 : Math.min(Number(match[1]) * 1_000, POLL_WAIT_MAX_MS);
}
