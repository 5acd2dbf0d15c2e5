/**
 * `POST /service?name=NAME&event=EVENT`: what `run_bin/run_services` tells of the programs beside an agent, for the activity
 * log; `POST /service?script=setup&event=start|stop`: the setup script before it (`domain/worktree_setup.ts`). It is said inside of the sandbox, so it is for people to read and decides nothing.
 */
import type { AgentEvents, AgentEventType } from "../agent_ports.ts";
import { boundedText } from "../mcp/bounded_text.ts";
import { type HubRoute, refusal } from "./hub.ts";

const EVENTS: ReadonlySet<string> = new Set([
  "started",
  "ready",
  "not_ready",
  "unhealthy",
  "ended",
  "given_up",
]);
const SETUP = "setup";
const SCRIPT_EVENTS = new Map<string, AgentEventType>([["start", "script_start"], ["stop", "script_stop"]]);
const NAME = /^[a-z0-9_-]{1,40}$/;
const DETAIL_MAX_CHARS = 500;

export function serviceRoute(events: AgentEvents): HubRoute {
  return {
    path: "/service",
    async handle(request) {
      if (request.method !== "POST") return refusal(405, "method_not_allowed", "expected POST");
      const { searchParams } = new URL(request.url);
      const name = searchParams.get("name") ?? "";
      const event = searchParams.get("event") ?? "";
      const script = searchParams.get("script") === SETUP ? SCRIPT_EVENTS.get(event) : undefined;
      if (script === undefined && (!NAME.test(name) || !EVENTS.has(event))) {
        return refusal(400, "invalid_input", "expected the name of a service and what happened to it");
      }
      const detail = (await boundedText(request) ?? "").slice(0, DETAIL_MAX_CHARS);
      const more = detail === "" ? {} : { detail };
      if (script !== undefined) await events.append(script, { script: SETUP, ...more });
      else await events.append("service", { name, event, ...more });
      return new Response(null, { status: 204 });
    },
  };
}
