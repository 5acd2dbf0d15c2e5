/** An agent's tools at the control plane: `POST B/runs/{runId}/tools/{tool}` with the job's token (Runtime 3.5). */
import { isAgentTool } from "../../protocol/agent/tools.ts";
import type { ToolAnswer, ToolCalls } from "../agent_ports.ts";
import { TOOL_CALL_TIMEOUT_MS } from "../limits.ts";
import { type ProjectAddress, projectPath } from "./control_plane.ts";
import { boundedText, parseJson } from "./http_call.ts";

/**
 * @param jobToken Null on a server that gives jobs no token: it has no such tools either.
 * @param signal Ends calls under way, with the run.
 */
export function createToolCalls(
  at: ProjectAddress,
  runId: string,
  jobToken: string | null,
  signal?: AbortSignal,
): ToolCalls {
  return {
    async call(tool, parameters) {
      if (jobToken === null || !isAgentTool(tool)) return notServed;
      const timeout = AbortSignal.timeout(TOOL_CALL_TIMEOUT_MS);
      try {
        const response = await fetch(
          `${at.serverUrl.replace(/\/+$/, "")}${projectPath(at)}/runs/${
            encodeURIComponent(runId)
          }/tools/${tool}`,
          {
            method: "POST",
            headers: { authorization: `Bearer ${jobToken}`, "content-type": "application/json" },
            body: JSON.stringify(parameters),
            redirect: "error",
            signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
          },
        );
        return answerOf(response.status, await boundedText(response));
      } catch {
        return { kind: "away" };
      }
    },
  };
}

const notServed: ToolAnswer = {
  kind: "refused",
  code: "tools_not_served",
  message: "This control plane has no tools for agents. Work with files, git and the shell.",
  details: {},
};

/** What says no in its own words has answered, whatever its status; a proxy's page has not. */
function answerOf(status: number, text: string): ToolAnswer {
  const body = record(parseJson(text));
  if (status === 200 && body !== null && "result" in body) return { kind: "result", result: body["result"] };
  const error = record(body?.["error"]);
  if (error === null || typeof error["code"] !== "string") return { kind: "away" };
  const { code, message, ...details } = error;
  return { kind: "refused", code, message: typeof message === "string" ? message : "", details };
}

function record(value: unknown): Record<string, unknown> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Record<string, unknown>
    : null;
}
