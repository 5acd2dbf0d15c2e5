/**
 * How a sandbox reaches its operator: the MCP server, and a plain call for what has no MCP client, the shell command
 * `complete_station` (`run_bin/complete_station`). Hooks of agent CLIs have a way of their own (`hook_route.ts`).
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
const EXIT_CODE = /^(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])$/;

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
