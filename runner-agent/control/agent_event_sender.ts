/** Brings an agent's activity log to the control plane (`protocol/agent/events.ts`). By HTTP whatever the transport. */
import { agentEventsAnswer } from "../../protocol/agent/events.ts";
import type { AgentEvent } from "../agent_ports.ts";
import { type ProjectAddress, projectPath, type RunRef } from "./control_plane.ts";
import { createCaller } from "./http_call.ts";

export type AgentEventSender = (run: RunRef, events: readonly AgentEvent[]) => Promise<
  | { readonly kind: "kept"; readonly nextSequence: number }
  | { readonly kind: "unreachable" }
  /** This server does not want them, now or ever. */
  | { readonly kind: "refused" }
>;

/** Makes the sender of a registered runner. */
export function createAgentEventSender(at: ProjectAddress, token: string): AgentEventSender {
  const call = createCaller(at.serverUrl, token);
  return async ({ runId, jobId, leaseEpoch }, events) => {
    const answer = await call({
      method: "POST",
      path: `${projectPath(at)}/runs/${runId}/jobs/${jobId}/events`,
      body: { ...(leaseEpoch === undefined ? {} : { leaseEpoch }), events },
      schema: agentEventsAnswer,
    });
    return answer.kind === "ok"
      ? { kind: "kept", nextSequence: answer.value.nextSequence }
      : { kind: answer.kind };
  };
}
