/**
 * What a run tells of its agent, whichever way that is driven: the activity log, and the bridge whose calls are written there.
 *
 * ```
 * <run root>/events.ndjson     the activity log
 * ```
 */
import type { BridgeListener } from "../agent_ports.ts";
import { createEventDisk } from "../agent/event_disk.ts";
import { type AgentEventLog, openAgentEvents, type SendEvents } from "../agent/agent_events.ts";
import { createToolCalls } from "../control/tool_calls.ts";
import { redactText } from "../domain/redaction.ts";
import { type Bridge, createBridge } from "../mcp/agent_tools.ts";
import type { RunContext } from "./run_context.ts";

export interface RunRecord {
  readonly events: AgentEventLog;
  createBridge(listener: BridgeListener): Bridge;
  /** Takes our secrets out of a text. */
  clean(text: string): string;
  onFault(name: string): void;
  /** What nobody waits for; that it fails is the runner's fault, not the agent's. */
  soon(act: Promise<unknown>): void;
}

/** The run's directories must be there. */
export async function openRunRecord(context: RunContext): Promise<RunRecord> {
  const { deps, dirs, secrets, run, ids } = context;
  const { clock, random } = deps;
  const clean = (text: string) => redactText(text, secrets);
  const onFault = (fault: string) => deps.log("session_fault", { ...ids, fault });
  const send: SendEvents = deps.sendEvents === undefined
    ? () => Promise.resolve({ kind: "refused" })
    : (events) => deps.sendEvents!(context.ref, events);
  const events = await openAgentEvents({
    disk: createEventDisk(dirs.root),
    clock,
    random,
    send,
    onFault: (fault) => deps.log("events_fault", { ...ids, fault }),
  });
  return {
    events,
    clean,
    onFault,
    soon: (act) => void act.catch((error) => onFault(error instanceof Error ? error.name : "unknown")),
    createBridge: (listener) =>
      createBridge({
        calls: createToolCalls(deps.address, run.runId, run.job.jobToken ?? null),
        events: { append: (type, payload) => events.append(type, cleanPayload(payload, clean)) },
        listener,
        nowMs: () => clock.nowMs(),
      }),
  };
}

function cleanPayload(
  payload: Readonly<Record<string, unknown>>,
  clean: (text: string) => string,
): Readonly<Record<string, unknown>> {
  return JSON.parse(clean(JSON.stringify(payload)));
}
