/** How a run's agent is driven (Runtime 2.2.9). Pure. */
import type { AgentTransport, SessionHarnessName } from "../../agent_ports.ts";
import type { HarnessName } from "../../ports.ts";

/** What is used where nothing is configured. */
export const DEFAULT_AGENT_TRANSPORT: AgentTransport = "tmux";

/** A terminal needs a sandbox with tmux, which only a container driver's image has for sure; a script needs none. */
export function chooseTransport(
  wanted: AgentTransport | null,
  harness: HarnessName,
  runtime: string,
): { readonly kind: "tmux"; readonly harness: SessionHarnessName } | { readonly kind: "structured" } {
  const transport = wanted ?? DEFAULT_AGENT_TRANSPORT;
  return transport === "tmux" && harness !== "command" && runtime === "podman"
    ? { kind: "tmux", harness }
    : { kind: "structured" };
}
