/** The tools of an agent (Runtime 3.5): one route, by the job's own token. */
import { Hono } from "hono";
import { z } from "zod";
import { isAgentTool, toolParameters } from "../../protocol/agent/tools.ts";
import { toolResults } from "../../protocol/agent/tool_results.ts";
import type { AppEnv } from "../app_env.ts";
import { refusal, refusalResponse } from "../errors.ts";
import { runTool } from "../tools/run_tool.ts";
import { answer } from "./answer.ts";
import { readBody } from "./input.ts";
import { type Operation, PROJECT_PATH } from "./operation.ts";
import { PROVIDER_REFUSALS, toolRefusal } from "./tool_refusal.ts";

const PATH = `${PROJECT_PATH}/runs/:runId/tools/:tool`;

/** `POST B/runs/{runId}/tools/{tool}`. */
export function createToolRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.post(PATH, async (c) => {
    const { runId, tool } = c.req.param();
    const agent = await c.var.queue.authorizeAgent(c.var.caller, { runId });
    if (!agent.ok) return answer(agent);
    if (!isAgentTool(tool)) {
      return refusalResponse(refusal(404, "tool_not_found", `Cannot find tool '${tool.slice(0, 60)}'`));
    }
    const body = await readBody(c, toolParameters[tool]);
    if (!body.ok) return body.error;
    const { owner, project } = c.var.at;
    const { queue, caller } = c.var;
    const call = { env: c.env, owner, project, queue, caller, agent: agent.value, nowMs: Date.now() };
    const result = await runTool(tool, call, body.value as never);
    return result.ok ? c.json({ result: result.value }) : refusalResponse(toolRefusal(result.error));
  });
  return app;
}

export const TOOL_OPERATIONS: readonly Operation[] = [
  {
    tag: "Tools of agents",
    method: "post",
    paths: [PATH],
    summary: "Call a tool, as the agent of a run",
    description: "With the job's own token, which says whose work it is. The body is that of the tool: " +
      "`af_spec_read`, `af_context_search`, `af_context_get`, `af_memory_recall`, `af_subtask_state`, `af_ci_status`, " +
      "`af_issues` or `af_web_search`.",
    tokens: ["job"],
    body: z.union(Object.values(toolParameters)),
    answers: { 200: z.object({ result: z.union(Object.values(toolResults)) }) },
    refusals: [
      "404 run_not_found",
      "404 tool_not_found",
      "409 cursor_stale",
      "404 no_specs",
      "404 spec_not_found",
      "409 spec_ambiguous",
      "409 spec_not_active",
      "404 spec_artifact_not_found",
      "409 spec_invalid",
      "404 source_not_found",
      "404 subtask_not_found",
      "403 subtask_not_own",
      "409 no_own_subtask",
      "409 subtask_ambiguous",
      "400 rationale_required",
      "409 subtask_transition_refused",
      "404 issue_not_found",
      "404 tracker_not_found",
      "403 project_not_yours",
      "409 tracker_off",
      "409 ci_off",
      "404 ci_run_not_found",
      "404 ci_job_not_found",
      "404 pull_request_not_found",
      "410 ci_log_gone",
      "409 web_search_off",
      "409 web_fetch_off",
      "403 page_refused",
      "415 page_not_text",
      "422 invalid_for_provider",
      ...PROVIDER_REFUSALS,
    ],
  },
];
