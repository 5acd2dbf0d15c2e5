/** Where the hooks of an agent CLI tell what happens (`container/run_bin/agent_hook`): `POST /hook?event=NAME`. */
import type { HookAnswer } from "../agent/agent_session.ts";
import type { HookEvent } from "../agent_ports.ts";
import { boundedText } from "../mcp/bounded_text.ts";
import { type HubRoute, refusal } from "./hub.ts";
import { readHook } from "./missed_hooks.ts";

/** 200 with what the hook prints, which may be nothing. */
export function hookRoute(onHook: (event: HookEvent) => Promise<HookAnswer>): HubRoute {
  return {
    path: "/hook",
    async handle(request) {
      if (request.method !== "POST") return refusal(405, "method_not_allowed", "expected POST");
      const text = await boundedText(request);
      if (text === null) return new Response(null, { status: 413 });
      const event = readHook(new URL(request.url).searchParams.get("event") ?? "", text);
      if (event === null) return refusal(400, "invalid_hook", "expected a hook's name and its JSON");
      const answer = await onHook(event);
      return answer === null ? new Response("") : Response.json(answer);
    },
  };
}
