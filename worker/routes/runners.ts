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
import { quickReport } from "../domain/socket_quick_read.ts";
import { answer, answerJson } from "./answer.ts";
import { baseUrlOf, readBody } from "./input.ts";
import {
  pollAnswer,
  polledJobAnswer,
  reportAnswer,
  runnerAnswer,
  runnerRegisteredAnswer,
} from "../../protocol/line/answers.ts";
import { type Operation, PROJECT_PATH } from "./operation.ts";

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
  app.post(`${project}/runners/jobs`, async (c) => {
    const body = await readBody(c, pollBody.default({}));
    if (!body.ok) return body.error;
    const polled = await c.get("queue").poll(c.get("caller"), {
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
    return answerJson(polled);
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
    return answerJson(await c.get("queue").claim(c.get("caller"), input));
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
    const body = await readBody(c, reportOrUpdate, quickReport);
    if (!body.ok) return body.error;
    if (isUpdate(body.value)) {
      const input = { runnerId, update: body.value };
      return answer(await c.var.queue.updateRunner(c.var.caller, input));
    }
    return answer(await c.get("queue").report(c.get("caller"), { runnerId, report: body.value }));
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

const RUNNERS = `${PROJECT_PATH}/runners`;
const KEEP = { tag: "Runners", tokens: ["user"], scope: "runners:write" } as const;
const WORK = { tag: "Runners at work", tokens: ["runner"] } as const;
const UNKNOWN_RUNNER = ["404 runner_not_found"];

export const RUNNER_OPERATIONS: readonly Operation[] = [
  {
    ...KEEP,
    method: "post",
    paths: [`${RUNNERS}/register`, RUNNERS],
    summary: "Register a runner",
    description:
      "The same name again keeps the id and gives a new token; the old one is nobody's from then on.",
    body: runnerRegistration,
    answers: { 201: runnerRegisteredAnswer },
  },
  {
    ...KEEP,
    method: "get",
    paths: [RUNNERS],
    summary: "List runners, by name",
    tokens: ["user", "runner"],
    scope: "tasks:read",
    answers: { 200: z.array(runnerAnswer) },
  },
  {
    ...KEEP,
    method: "get",
    paths: [`${RUNNERS}/:runnerId`],
    summary: "Read a runner",
    tokens: ["user", "runner"],
    scope: "tasks:read",
    answers: { 200: runnerAnswer },
    refusals: UNKNOWN_RUNNER,
  },
  {
    ...KEEP,
    method: "delete",
    paths: [`${RUNNERS}/:runnerId`],
    summary: "Delete a runner",
    description: "Its runs end as lost, and their jobs wait for another runner.",
    answers: { 204: null },
    refusals: UNKNOWN_RUNNER,
  },
  {
    ...KEEP,
    method: "post",
    paths: [`${RUNNERS}/:runnerId/rotate`],
    summary: "Give a runner a new token",
    answers: { 201: runnerRegisteredAnswer },
    refusals: UNKNOWN_RUNNER,
  },
  ...([
    ["pause", "Give a runner no new work"],
    ["resume", "Give a runner work again"],
    ["drain", "Let a runner finish what it holds, and tell it to end then"],
  ] as const).map(([word, summary]): Operation => ({
    ...KEEP,
    method: "post",
    paths: [`${RUNNERS}/:runnerId/${word}`],
    summary,
    answers: { 200: runnerAnswer },
    refusals: UNKNOWN_RUNNER,
  })),
  {
    tag: "Runners at work",
    method: "patch",
    paths: [`${RUNNERS}/:runnerId`],
    summary: "Report on a run (a runner), or change name and labels (a user)",
    description:
      "A runner's `in_progress` is a heartbeat. A body with `name` or `labels` and no `jobResult` is a user's change.",
    tokens: ["runner", "user"],
    scope: "runners:write",
    body: z.union([runnerReport, runnerUpdate]),
    answers: { 200: z.union([reportAnswer, runnerAnswer]) },
    refusals: [
      ...UNKNOWN_RUNNER,
      "403 not_your_runner",
      "404 run_not_found",
      "404 job_not_found",
      "409 no_active_job",
      "409 ambiguous_job",
      "409 stale_lease",
      "409 run_finished",
      "409 runner_name_taken",
    ],
  },
  {
    ...WORK,
    method: "post",
    paths: [`${RUNNERS}/jobs`],
    summary: "Poll for work",
    description:
      "Without `capabilities` it claims, with them it offers. `Prefer: wait=N` waits up to 25 s. 204: nothing to do.",
    body: pollBody,
    isBodyOptional: true,
    answers: { 200: pollAnswer, 204: null },
  },
  {
    ...WORK,
    method: "post",
    paths: [`${RUNNERS}/generate-jitconfig`],
    summary: "Claim a job that was offered",
    description: "Its holder gets the same run again.",
    body: claimBody,
    answers: { 200: polledJobAnswer },
    refusals: [
      "404 job_not_found",
      "409 job_not_queued",
      "409 runner_busy",
      "409 runner_takes_no_work",
      "409 runner_does_not_match",
    ],
  },
  {
    ...WORK,
    method: "get",
    paths: [`${RUNNERS}/events`],
    summary: "Hear of jobs as they come",
    answers: {
      200: { contentType: "text/event-stream", description: 'Events `job_available` with `{"jobId"}`.' },
    },
  },
];
