/** Runners: registration, polling, claiming, reporting (Line 3 rows 1-3 and 6, with the reference's spellings). */
import { Hono } from "hono";
import { z } from "zod";
import { POLL_WAIT_MAX_MS } from "../../protocol/limits.ts";
import {
  claimBody,
  pollBody,
  runnerRegistration,
  type RunnerReport,
  runnerReport,
  type RunnerUpdate,
  runnerUpdate,
} from "../../protocol/line/runner.ts";
import type { AppEnv } from "../app_env.ts";
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
      ...(body.value.maxJobs === undefined ? {} : { maxJobs: body.value.maxJobs }),
      said: {
        capabilities: body.value.capabilities ?? null,
        version: body.value.version ?? null,
        harnesses: body.value.harnesses ?? null,
      },
      waitMs: waitMsOf(c.req.header("prefer")),
      baseUrl: baseUrlOf(c),
    });
    return polled.ok && polled.value === null ? c.body(null, 204) : answer(polled);
  });
  app.post(`${project}/runners/generate-jitconfig`, async (c) => {
    const body = await readBody(c, claimBody);
    if (!body.ok) return body.error;
    const { jobId, maxJobs } = body.value;
    const input = {
      jobId,
      capabilities: null,
      ...(maxJobs === undefined ? {} : { maxJobs }),
      baseUrl: baseUrlOf(c),
    };
    return answer(await c.var.queue.claim(c.var.caller, input));
  });
  app.get(`${project}/runners/:runnerId`, async (c) => {
    return answer(await c.var.queue.readRunner(c.var.caller, c.req.param("runnerId")));
  });
  app.delete(`${project}/runners/:runnerId`, async (c) => {
    const gone = await c.var.queue.deleteRunner(c.var.caller, c.req.param("runnerId"));
    return gone.ok ? c.body(null, 204) : answer(gone);
  });
  app.post(`${project}/runners/:runnerId/rotate`, async (c) => {
    return answer(await c.var.queue.rotateRunner(c.var.caller, c.req.param("runnerId")), 201);
  });
  for (const [word, intake] of [["pause", "paused"], ["resume", "open"], ["drain", "draining"]] as const) {
    app.post(`${project}/runners/:runnerId/${word}`, async (c) => {
      const input = { runnerId: c.req.param("runnerId"), intake };
      return answer(await c.var.queue.setRunnerIntake(c.var.caller, input));
    });
  }
  // One path for two callers: a runner's report (Line 3, row 3), and a user's change of its name or labels.
  app.patch(`${project}/runners/:runnerId`, async (c) => {
    const runnerId = c.req.param("runnerId");
    const body = await readBody(c, reportOrUpdate);
    if (!body.ok) return body.error;
    if (isUpdate(body.value)) {
      const input = { runnerId, update: body.value };
      return answer(await c.var.queue.updateRunner(c.var.caller, input));
    }
    return answer(await c.var.queue.report(c.var.caller, { runnerId, report: body.value }));
  });
  return app;
}

/** What has a name or labels and no result is a user's; everything else is judged as a report. */
const reportOrUpdate = z.unknown().transform((body, context): RunnerReport | RunnerUpdate => {
  const isForUpdate = typeof body === "object" && body !== null && !("jobResult" in body) &&
    ("name" in body || "labels" in body);
  const parsed = (isForUpdate ? runnerUpdate : runnerReport).safeParse(body);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) context.addIssue({ ...issue });
  return z.NEVER;
});

function isUpdate(body: RunnerReport | RunnerUpdate): body is RunnerUpdate {
  return !("jobResult" in body);
}

/** `Prefer: wait=N` in seconds (RFC 7240), bounded. */
function waitMsOf(prefer: string | undefined): number {
  const match = /(?:^|[,;\s])wait=(\d{1,4})/.exec(prefer ?? "");
  return match === null ? 0 : Math.min(Number(match[1]) * 1_000, POLL_WAIT_MAX_MS);
}
