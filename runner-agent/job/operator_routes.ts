/**
 * How a sandbox reaches its operator: the MCP server, and two plain calls for what has no MCP client, the shell command
 * `complete_station` and the stop hooks of agent CLIs (`run_bin/complete_station`).
 */
import type { Bridge } from "../mcp/agent_tools.ts";
import { boundedText } from "../mcp/bounded_text.ts";
import { createStationTools } from "../mcp/station_tools.ts";
import { completeText } from "../domain/station_end.ts";
import { SHOPFLOOR_VERSION } from "../../protocol/version.ts";
import { type HubRoute, refusal } from "./hub.ts";
import type { StationEnd } from "./station_end.ts";

export const MCP_PATH = "/mcp";
const HEALTH_PATH = "/healthz";
const COMPLETE_PATH = "/operator/complete";
const STOP_PATH = "/operator/stop";
const EXIT_CODE = /^(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])$/;

/** Where the CLIs put the agent's last message in what they tell a hook: Claude Code and Codex, Gemini CLI. */
const LAST_MESSAGE_FIELDS = ["last_assistant_message", "prompt_response"];

/** @param bridge The agent's own tools; null: it has only the operator's. */
export function operatorRoutes(end: StationEnd, bridge: Bridge | null): readonly HubRoute[] {
  return [
    {
      path: MCP_PATH,
      handle: createStationTools({
        complete: (wish) => end.complete(wish),
        version: SHOPFLOOR_VERSION,
        bridge,
      }),
    },
    { path: HEALTH_PATH, handle: () => Response.json({ ok: true }) },
    { path: COMPLETE_PATH, handle: (request) => complete(end, request) },
    { path: STOP_PATH, handle: (request) => stop(end, request) },
  ];
}

/** `POST ?conclusion=success|failure[&exitCode=N]`; the body is the summary. 200 or 409 with a text for the agent. */
async function complete(end: StationEnd, request: Request): Promise<Response> {
  if (request.method !== "POST") return refusal(405, "method_not_allowed", "expected POST");
  const { searchParams } = new URL(request.url);
  const conclusion = searchParams.get("conclusion");
  const exitCode = searchParams.get("exitCode") ?? "0";
  if ((conclusion !== "success" && conclusion !== "failure") || !EXIT_CODE.test(exitCode)) {
    return new Response("expected success or failure, and an exit code from 0 to 255", { status: 400 });
  }
  const summary = await boundedText(request);
  if (summary === null) return new Response("the summary is too long", { status: 413 });
  const answer = await end.complete({
    conclusion,
    summary: summary === "" ? null : summary,
    exitCode: Number(exitCode),
  });
  return new Response(completeText(answer), { status: answer.kind === "refused" ? 409 : 200 });
}

/** `POST` with what the CLI tells its hook. The answer is what the hook prints: nothing, or a decision to go on. */
async function stop(end: StationEnd, request: Request): Promise<Response> {
  if (request.method !== "POST") return refusal(405, "method_not_allowed", "expected POST");
  // A message that is too long, or that is none, is no reason to keep an agent from its end.
  const answer = await end.wantsToStop(lastMessageOf(await boundedText(request) ?? ""));
  return answer === null ? new Response("{}") : Response.json({ decision: "block", reason: answer });
}

function lastMessageOf(text: string): string | null {
  let told: unknown;
  try {
    told = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof told !== "object" || told === null) return null;
  const fields = told as Record<string, unknown>;
  const found = LAST_MESSAGE_FIELDS.map((name) => fields[name]).find((value) => typeof value === "string");
  return found === undefined ? null : String(found);
}
