/**
 * The agent's own tools of the bridge (Runtime 3.5): the eight that the control plane answers, and `af_status`.
 *
 * 1. Nothing here decides or knows who asks: parameters go to the control plane as they came, answers come back as they are.
 * 2. A refusal is an error of the tool, in words that say what to do; so is a control plane that is away.
 * 3. Each call and its answer is an entry of the activity log, `bridge_disconnected` one for each time that the control plane
 *    goes away.
 */
import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { z } from "zod";
import { AGENT_TOOLS, type AgentTool, TOOL_DESCRIPTIONS, toolShapes } from "../../protocol/agent/tools.ts";
import type { AgentEvents, BridgeListener, ToolAnswer, ToolCalls } from "../agent_ports.ts";
import { TOOL_EVENT_TEXT_MAX_CHARS, TOOL_STATUS_MAX_CHARS } from "../limits.ts";

/** What an MCP client gets of a call. */
export interface ToolResult {
  readonly [key: string]: unknown;
  readonly content: { readonly type: "text"; readonly text: string }[];
  readonly isError?: true;
}

export interface BridgeDeps {
  readonly calls: ToolCalls;
  readonly events: AgentEvents;
  /** Null where the agent has no session. */
  readonly listener: BridgeListener | null;
  readonly nowMs: () => number;
}

/** The bridge of one run; it outlives the servers of single requests. */
export interface Bridge {
  /** Puts the agent's tools on a server. */
  register(server: McpServer): void;
  toolsListed(): void;
  /** Writes a call of any tool and its answer into the activity log. */
  noted(tool: string, parameters: unknown, answer: () => Promise<ToolResult>): Promise<ToolResult>;
}

const statusShape = {
  state: z.enum(["waiting", "blocked", "completed"])
    .describe("waiting: for a person's answer; blocked: cannot go on; completed: the task is done"),
  message: z.string().max(TOOL_STATUS_MAX_CHARS).optional().describe("what for, why, or what was done"),
};
type StatusInput = z.infer<z.ZodObject<typeof statusShape>>;

const STATUS_DESCRIPTION =
  "Say that you wait for a person, are blocked, or have completed the task. People see it at once. It does not end the " +
  "station: complete_station does.";

export function createBridge({ calls, events, listener, nowMs }: BridgeDeps): Bridge {
  let isAway = false;
  let lastCall = 0;

  /** Invariant 3. */
  async function noteWay(answer: ToolAnswer, tool: AgentTool): Promise<void> {
    const wasAway = isAway;
    isAway = answer.kind === "away";
    if (isAway && !wasAway) await events.append("bridge_disconnected", { tool });
  }

  async function ask(tool: AgentTool, parameters: Record<string, unknown>): Promise<ToolResult> {
    const answer = await calls.call(tool, parameters);
    await noteWay(answer, tool);
    if (answer.kind !== "result") return failed(answerText(answer, tool));
    if (tool === "af_subtask_state" && parameters["state"] === "awaiting_verification") {
      const note = parameters["note"];
      await listener?.declared("completed", typeof note === "string" ? note : null);
    }
    return said(JSON.stringify(answer.result));
  }

  const bridge: Bridge = {
    register(server) {
      for (const tool of AGENT_TOOLS) {
        server.registerTool(
          tool,
          { description: TOOL_DESCRIPTIONS[tool], inputSchema: toolShapes[tool] },
          (parameters: Record<string, unknown>) =>
            bridge.noted(tool, parameters, () => ask(tool, parameters)),
        );
      }
      server.registerTool(
        "af_status",
        { description: STATUS_DESCRIPTION, inputSchema: statusShape },
        (input: StatusInput) =>
          bridge.noted("af_status", input, async () => {
            await listener?.declared(input.state, input.message ?? null);
            return said(`noted: ${input.state}`);
          }),
      );
    },
    toolsListed: () => listener?.toolsListed(),
    async noted(tool, parameters, answer) {
      const startedMs = nowMs();
      const callId = `bridge-${startedMs}-${++lastCall}`;
      listener?.called(tool);
      await events.append("tool_call", { callId, tool, by: "bridge", input: shortened(parameters) });
      let result: ToolResult;
      try {
        result = await answer();
      } catch (error) {
        await events.append("tool_result", { callId, tool, by: "bridge", isError: true, output: "failed" });
        throw error;
      }
      await events.append("tool_result", {
        callId,
        tool,
        by: "bridge",
        isError: result.isError === true,
        durationMs: nowMs() - startedMs,
        output: shortened(result.content.map(({ text }) => text).join("\n")),
      });
      return result;
    },
  };
  return bridge;
}

/** Tools that change something: what nobody answered may have happened. */
const WRITES: ReadonlySet<AgentTool> = new Set<AgentTool>(["af_subtask_state", "af_issues"]);

function answerText(answer: Exclude<ToolAnswer, { kind: "result" }>, tool: AgentTool): string {
  if (answer.kind === "away") {
    return "control_plane_away: nobody answered. Files, git and the shell are not touched by this: go on with what needs no " +
      "tool, and call again in a minute" +
      (WRITES.has(tool) ? "; look first whether it has happened." : ".");
  }
  const { code, message, details } = answer;
  const more = Object.keys(details).length === 0 ? "" : ` ${JSON.stringify(details)}`;
  return `${code}: ${message}${more}${ADVICE[code] === undefined ? "" : ` ${ADVICE[code]}`}`;
}

/** What to do about a refusal that does not say so by itself. */
const ADVICE: Readonly<Record<string, string>> = {
  invalid_input: "Correct the parameters and call again.",
  cursor_stale: "Begin to read anew, without a cursor.",
  rate_limited: "Wait a minute before you call again.",
  run_not_found: "This run is over: finish by complete_station.",
  unauthenticated: "This run is over: finish by complete_station.",
};

/** What a tool says, and what it says when it could not. */
export function said(text: string): ToolResult {
  return { content: [{ type: "text", text }] };
}

export function failed(text: string): ToolResult {
  return { content: [{ type: "text", text }], isError: true };
}

/** An entry of the log is for people to see what happened, not a copy of every page that was read. */
function shortened(value: unknown): unknown {
  const text = typeof value === "string" ? value : JSON.stringify(value) ?? "";
  if (text.length <= TOOL_EVENT_TEXT_MAX_CHARS) return value;
  return `${text.slice(0, TOOL_EVENT_TEXT_MAX_CHARS)}… (${text.length} characters)`;
}
