/** What continuous integration says of the project's repository, for people. */
import { type Context, Hono } from "hono";
import { ciLogQuery, ciRunAnswer, ciRunsAnswer, ciRunsQuery } from "../../protocol/agent/library.ts";
import { TOOL_RESULT_MAX_BYTES } from "../../protocol/agent/limits.ts";
import type { ToolParameters } from "../../protocol/agent/tools.ts";
import { ciStatusResult } from "../../protocol/agent/tool_results.ts";
import type { AppEnv } from "../app_env.ts";
import { refusalResponse } from "../errors.ts";
import { askCi } from "../tools/ci.ts";
import { githubActions } from "../tools/config.ts";
import { answer } from "./answer.ts";
import { readQuery } from "./input.ts";
import { type Operation, PROJECT_PATH } from "./operation.ts";
import { PROVIDER_REFUSALS, toolRefusal } from "./tool_refusal.ts";

const RUNS = `${PROJECT_PATH}/ci/runs`;
const LOG = `${PROJECT_PATH}/ci/jobs/:ciJobId/log`;

export function createCiRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.get(RUNS, async (c) => {
    const query = readQuery(c, ciRunsQuery);
    return query.ok ? await asked(c, { action: "list", ...query.value }) : query.error;
  });
  app.get(`${RUNS}/:ciRunId`, (c) => asked(c, { action: "run", run_id: c.req.param("ciRunId") }));
  app.get(LOG, async (c) => {
    const query = readQuery(c, ciLogQuery);
    return query.ok
      ? await asked(c, { action: "log", job_id: c.req.param("ciJobId"), ...query.value })
      : query.error;
  });
  return app;
}

async function asked(
  c: Context<AppEnv>,
  input: Omit<ToolParameters<"af_ci_status">, "max_bytes"> & { readonly max_bytes?: number | undefined },
): Promise<Response> {
  const who = await c.var.queue.authorizeScope(c.var.caller, { scope: "tasks:read", isLineFine: false });
  if (!who.ok) return answer(who);
  const settings = await c.var.queue.readProject(c.var.caller);
  if (!settings.ok) return answer(settings);
  const provider = githubActions(c.env, settings.value.gitUrl);
  if (!provider.ok) return refusalResponse(toolRefusal(provider.error));
  const found = await askCi(
    { ...input, max_bytes: input.max_bytes ?? TOOL_RESULT_MAX_BYTES },
    provider.value,
  );
  if (!found.ok) return refusalResponse(toolRefusal(found.error));
  const { action: _, ...body } = found.value;
  return c.json(body);
}

const READ = { tag: "Continuous integration", method: "get", tokens: ["user"], scope: "tasks:read" } as const;
const REFUSALS = [
  "404 project_not_found",
  "409 ci_off",
  ...PROVIDER_REFUSALS,
];
const logAnswer = ciStatusResult.options[2].omit({ action: true });

export const CI_OPERATIONS: readonly Operation[] = [
  {
    ...READ,
    paths: [RUNS],
    summary: "List runs of pipelines, the newest first",
    query: ciRunsQuery,
    answers: { 200: ciRunsAnswer },
    refusals: [...REFUSALS, "404 pull_request_not_found", "409 cursor_stale"],
  },
  {
    ...READ,
    paths: [`${RUNS}/:ciRunId`],
    summary: "Read a run with its jobs",
    answers: { 200: ciRunAnswer },
    refusals: [...REFUSALS, "404 ci_run_not_found"],
  },
  {
    ...READ,
    paths: [LOG],
    summary: "Read the end of a job's log",
    query: ciLogQuery,
    answers: { 200: logAnswer },
    refusals: [...REFUSALS, "404 ci_job_not_found", "409 cursor_stale", "410 ci_log_gone"],
  },
];
